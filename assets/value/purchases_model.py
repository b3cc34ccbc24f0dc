"""How often people buy and whether they still do: the BG/NBD model, fitted by maximum likelihood. Pure.

Fader, Hardie, Lee (2005), "Counting your customers" the easy way, equations 6, 7 and 10. A customer is described by
x (purchases after the first), t_x (time of the last purchase since the first) and T (time observed since the first);
purchases of one day are one. Any unit of time will do: `alpha` comes out in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, expit, gammaln, hyp2f1, log_expit

from assets.value.search import NoFit, most_likely

Floats: TypeAlias = NDArray[np.float64]

# Several starts, because the likelihood is flat where hardly anybody drops out.
_STARTS = ((0.5, 1.0, 0.5, 2.0), (1.0, 0.3, 1.0, 1.0), (0.2, 0.1, 2.0, 6.0))


@dataclass(frozen=True)
class Purchases:
    """Customers grouped by equal (x, t_x, T); `n` is how many each group has. All arrays have one length."""

    x: Floats
    t_x: Floats
    T: Floats
    n: Floats

    @staticmethod
    def of(x: object, t_x: object, T: object, n: object | None = None) -> Purchases:
        counted = np.asarray(x, dtype=np.float64)
        frame = Purchases(
            x=counted,
            t_x=np.asarray(t_x, dtype=np.float64),
            T=np.asarray(T, dtype=np.float64),
            n=np.ones_like(counted) if n is None else np.asarray(n, dtype=np.float64),
        )
        if np.any(frame.x < 0) or np.any(frame.t_x < 0) or np.any(frame.t_x > frame.T):
            raise NoFit("every customer needs x >= 0 and 0 <= t_x <= T")
        return frame


@dataclass(frozen=True)
class BgNbd:
    """Rates are gamma(r, alpha) over customers; the chance to drop out after a purchase is beta(a, b)."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float

    def p_alive(self, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """Chance that a customer still buys; 1 at x = 0, where the model knows no dropout."""
        later = np.maximum(x, 1.0)
        log_odds = np.log(self.a / (self.b + later - 1)) + (self.r + x) * np.log((self.alpha + T) / (self.alpha + t_x))
        return np.asarray(np.where(x > 0, expit(-log_odds), 1.0))

    def expected_purchases(self, t: float, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """Purchases in the t after T. Euler's transformation keeps the series small for frequent buyers."""
        a = self.a if abs(self.a - 1) > 1e-6 else 1 + 1e-6
        kept = (self.alpha + T) / (self.alpha + T + t)
        series = hyp2f1(a + self.b - 1 - self.r, a - 1, a + self.b + x - 1, 1 - kept)
        with np.errstate(invalid="ignore", over="ignore"):
            whole = (a + self.b + x - 1) / (a - 1) * (1 - kept ** (a - 1) * series)
        # Where nearly everybody leaves equally often, the series overflows.
        lost = ~np.isfinite(whole)
        whole[lost] = self._mean_over_dropout(x[lost], t / (self.alpha + T[lost]))
        return np.asarray(whole * self.p_alive(x, t_x, T))

    def _mean_over_dropout(self, x: Floats, ahead: Floats) -> Floats:
        """Purchases of the living in `ahead` (time ahead by alpha + T), as the mean over a chance to leave that is
        beta(a, b + x): a sum over points of its log odds that lie close where it is likely and reach far."""
        b = self.b + x[:, None]
        steps = np.arange(-30, 31) / 5
        log_odds = np.log(self.a / b) + np.sqrt(1 / self.a + 1 / b) * np.sinh(steps)
        log_p, log_q = log_expit(log_odds), log_expit(-log_odds)
        # Relative to the likeliest chance, so that no power is too small.
        relative = self.a * (log_p - np.log(self.a / (self.a + b))) + b * (log_q - np.log(b / (self.a + b)))
        weights = np.cosh(steps) * np.exp(relative)
        # A chance too small for a double is never reached with any weight.
        p = np.maximum(np.exp(log_p), 1e-300)
        each = -np.expm1(-(self.r + x)[:, None] * np.log1p(p * ahead[:, None])) / p
        return np.asarray((weights * each).sum(axis=1) / weights.sum(axis=1))


def log_likelihood(parameters: Floats, data: Purchases) -> tuple[float, Floats]:
    """Sum over customers and its gradient by (r, alpha, a, b)."""
    r, alpha, a, b = parameters
    x, repeated = data.x, data.x > 0
    later = np.maximum(x, 1.0)
    stayed = -(r + x) * np.log(alpha + data.T)
    left = np.where(repeated, np.log(a) - np.log(b + later - 1) - (r + x) * np.log(alpha + data.t_x), -np.inf)
    either = np.logaddexp(stayed, left)
    share = np.exp(left - either)
    value = (
        gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        + gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x) + either
    )  # fmt: skip
    by_r = digamma(r + x) - digamma(r) + np.log(alpha)
    by_r += -(1 - share) * np.log(alpha + data.T) - share * np.log(alpha + data.t_x)
    by_alpha = r / alpha - (r + x) * ((1 - share) / (alpha + data.T) + share / (alpha + data.t_x))
    both = digamma(a + b) - digamma(a + b + x)
    by_a = both + share / a
    by_b = both + digamma(b + x) - digamma(b) - share / (b + later - 1)
    gradient = np.array([np.dot(data.n, part) for part in (by_r, by_alpha, by_a, by_b)])
    return float(np.dot(data.n, value)), gradient


def fit(data: Purchases) -> BgNbd:
    """The most likely parameters. Raises `NoFit` where nobody bought again or the search does not end."""
    if not np.any(data.x > 0):
        raise NoFit("nobody bought again: there is no rhythm to learn")
    # In units of the mean time observed, so that every parameter is of the order of one.
    unit = float(np.average(data.T, weights=data.n)) or 1.0
    scaled = Purchases(data.x, data.t_x / unit, data.T / unit, data.n)
    total = float(data.n.sum())

    def objective(logs: Floats) -> tuple[float, Floats]:
        value, gradient = log_likelihood(np.exp(logs), scaled)
        return -value / total, -gradient * np.exp(logs) / total

    best = most_likely(objective, _STARTS)
    r, alpha, a, b = best
    alpha *= unit
    value, _ = log_likelihood(np.array([r, alpha, a, b]), data)
    return BgNbd(float(r), float(alpha), float(a), float(b), value)
