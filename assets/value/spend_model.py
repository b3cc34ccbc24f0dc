"""How much people spend on a purchase: the gamma-gamma model of spend, fitted by maximum likelihood. Pure.

Fader, Hardie (2013), "The gamma-gamma model of monetary value", equation 1a. A customer is described by x (purchases
after the first) and m (mean amount of these, greater than zero).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaln

from assets.value.search import NoFit, most_likely

Floats: TypeAlias = NDArray[np.float64]

# Means that differ by less than this share are one: they were rounded on their way.
_EQUAL = 1e-9
_STARTS = ((6.0, 4.0, 4.0), (1.0, 2.0, 1.0), (2.0, 10.0, 9.0))


@dataclass(frozen=True)
class GammaGamma:
    """Amounts vary around a customer's mean by gamma(p), means over customers by q and gamma (in units of m).

    `log_likelihood` is nan where everybody pays the same (`all_pay`).
    """

    p: float
    q: float
    gamma: float
    log_likelihood: float

    def expected_mean(self, x: Floats, m: Floats) -> Floats:
        """A customer's true mean: their own, drawn towards everybody's. Without purchases, everybody's; nan where that
        is not finite (q <= 1)."""
        weight = self.p * x + self.q - 1
        return np.asarray(self.p * (self.gamma + x * m) / np.where(weight > 0, weight, np.nan))


def log_likelihood(parameters: Floats, x: Floats, m: Floats) -> tuple[float, Floats]:
    """Sum over customers and its gradient by (p, q, gamma)."""
    p, q, gamma = parameters
    total = gamma + m * x
    value = (
        gammaln(p * x + q) - gammaln(p * x) - gammaln(q)
        + q * np.log(gamma) + (p * x - 1) * np.log(m) + p * x * np.log(x) - (p * x + q) * np.log(total)
    )  # fmt: skip
    by_p = x * (digamma(p * x + q) - digamma(p * x) + np.log(m) + np.log(x) - np.log(total))
    by_q = digamma(p * x + q) - digamma(q) + np.log(gamma) - np.log(total)
    by_gamma = q / gamma - (p * x + q) / total
    return float(value.sum()), np.array([by_p.sum(), by_q.sum(), by_gamma.sum()])


def fit(x: object, m: object) -> GammaGamma:
    """The most likely parameters of customers with x > 0 and m > 0. Raises `NoFit` if these are fewer than three."""
    frequency, mean = np.asarray(x, dtype=np.float64), np.asarray(m, dtype=np.float64)
    usable = (frequency > 0) & (mean > 0)
    frequency, mean = frequency[usable], mean[usable]
    if len(mean) < 3:
        raise NoFit(f"{len(mean)} customers with a spend after their first purchase: at least 3 are needed")
    unit = float(mean.mean())
    if np.ptp(mean) <= _EQUAL * unit:
        return all_pay(unit, float(frequency.sum()))

    def objective(logs: Floats) -> tuple[float, Floats]:
        value, gradient = log_likelihood(np.exp(logs), frequency, mean / unit)
        return -value / len(mean), -gradient * np.exp(logs) / len(mean)

    best = most_likely(objective, _STARTS)
    p, q, gamma = best
    gamma *= unit
    value, _ = log_likelihood(np.array([p, q, gamma]), frequency, mean)
    return GammaGamma(float(p), float(q), float(gamma), value)


def all_pay(amount: float, n_purchases: float) -> GammaGamma:
    """The model of a shop with one price, where the likelihood has no maximum (a subscription, one product).

    By gamma = amount (q - 1) / p whoever paid the amount is expected to pay it again, and so is everybody unseen; of
    somebody who pays another one day, the own purchases weigh against all `n_purchases` seen so far.
    """
    return GammaGamma(1.0, 1.0 + n_purchases, amount * n_purchases, float("nan"))
