"""Statistics of experiments, from sums only: n, Σy, Σy², and with a covariate or denominator Σx, Σx², Σxy.

Pure functions over exact integers (minor units, or 0 and 1); no data access, no words, no decisions.
What may be concluded while an experiment is still running is in `sequential.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from scipy import special

CONFIDENCE = 0.95

# Below this probability the split itself is broken, and differences between the arms mean nothing.
MISMATCH_P = 0.001


@dataclass(frozen=True, slots=True)
class Sums:
    """What SQL delivers of one arm. Integers of any size, so that no variance cancels to nonsense."""

    n: int
    sum_y: int
    sum_y2: int
    sum_x: int | None = None
    sum_x2: int | None = None
    sum_xy: int | None = None

    @property
    def has_x(self) -> bool:
        return None not in (self.sum_x, self.sum_x2, self.sum_xy)

    @property
    def mean_y(self) -> float:
        return self.sum_y / self.n if self.n else math.nan

    @property
    def mean_x(self) -> float:
        return self.sum_x / self.n if self.n and self.sum_x is not None else math.nan

    @property
    def var_y(self) -> float:
        return _moment(self.n, self.sum_y2, self.sum_y, self.sum_y)

    @property
    def var_x(self) -> float:
        if self.sum_x is None or self.sum_x2 is None:
            return math.nan
        return _moment(self.n, self.sum_x2, self.sum_x, self.sum_x)

    @property
    def cov_xy(self) -> float:
        if self.sum_x is None or self.sum_xy is None:
            return math.nan
        return _moment(self.n, self.sum_xy, self.sum_x, self.sum_y)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A quantity with its uncertainty, in the unit of y (ratios and relative lifts: 1 = 100 %).

    `problem` says in words why nothing can be computed; all figures are None then.
    """

    value: float | None
    standard_error: float | None = None
    low: float | None = None
    high: float | None = None
    z: float | None = None
    p_value: float | None = None
    problem: str | None = None

    @classmethod
    def impossible(cls, problem: str, value: float | None = None) -> Self:
        return cls(value=value, problem=problem)


@dataclass(frozen=True, slots=True)
class SampleRatio:
    """Do the arms have the planned sizes? `is_mismatch` forbids naming a winner."""

    chi_square: float
    p_value: float
    is_mismatch: bool


def welch(control: Sums, treatment: Sums, confidence: float = CONFIDENCE) -> Estimate:
    """Difference of means, treatment − control, in the unit of y (Welch 1947, unequal variances).

    se² = v_A/n_A + v_B/n_B, Student's t with Welch–Satterthwaite degrees of freedom.
    """
    if problem := _too_few(control, treatment):
        return Estimate.impossible(problem)
    difference = treatment.mean_y - control.mean_y
    part_a, part_b = control.var_y / control.n, treatment.var_y / treatment.n
    if part_a + part_b <= 0:
        return Estimate.impossible("all values of an arm are the same", difference)
    freedom = (part_a + part_b) ** 2 / (part_a**2 / (control.n - 1) + part_b**2 / (treatment.n - 1))
    return _estimate(difference, math.sqrt(part_a + part_b), confidence, freedom)


def relative_lift(control: Sums, treatment: Sums, confidence: float = CONFIDENCE) -> Estimate:
    """ȳ_B / ȳ_A − 1 (delta method; 0.1 = 10 % more): v_B/(n_B ȳ_A²) + v_A ȳ_B²/(n_A ȳ_A⁴)."""
    if problem := _too_few(control, treatment):
        return Estimate.impossible(problem)
    if control.sum_y == 0:
        return Estimate.impossible("the control arm's mean is 0")
    mean_a, mean_b = control.mean_y, treatment.mean_y
    variance = treatment.var_y / (treatment.n * mean_a**2)
    variance += control.var_y * mean_b**2 / (control.n * mean_a**4)
    if variance <= 0:
        return Estimate.impossible("all values of an arm are the same", mean_b / mean_a - 1)
    return _estimate(mean_b / mean_a - 1, math.sqrt(variance), confidence)


def ratio_of_sums(arm: Sums, confidence: float = CONFIDENCE) -> Estimate:
    """Pooled ratio R = Σy/Σx of one arm (delta method; Deng et al. 2018).

    (v_y − 2R·cov + R²·v_x) / (n·x̄²). A binomial test of such a ratio has 9 % false positives at 5 %.
    """
    if not arm.has_x:
        return Estimate.impossible("the metric has no denominator")
    if arm.n < 2:
        return Estimate.impossible("fewer than two customers in the arm")
    if arm.sum_x == 0:
        return Estimate.impossible("the denominator is 0")
    ratio = arm.mean_y / arm.mean_x
    variance = (arm.var_y - 2 * ratio * arm.cov_xy + ratio**2 * arm.var_x) / (arm.n * arm.mean_x**2)
    if variance <= 0:
        return Estimate.impossible("the ratio does not vary", ratio)
    return _estimate(ratio, math.sqrt(variance), confidence)


def ratio_difference(control: Sums, treatment: Sums, confidence: float = CONFIDENCE) -> Estimate:
    """Difference of two pooled ratios, treatment − control; each by `ratio_of_sums`."""
    a, b = ratio_of_sums(control, confidence), ratio_of_sums(treatment, confidence)
    if a.value is None or b.value is None:
        return Estimate.impossible(a.problem or b.problem or "the ratio cannot be computed")
    variance = (a.standard_error or 0.0) ** 2 + (b.standard_error or 0.0) ** 2
    if variance <= 0:
        return Estimate.impossible("the ratio does not vary", b.value - a.value)
    return _estimate(b.value - a.value, math.sqrt(variance), confidence)


def cuped(control: Sums, treatment: Sums, confidence: float = CONFIDENCE) -> Estimate:
    """Difference of means with what was known before taken out (CUPED; Deng et al. 2013), in the unit of y.

    θ = cov(y, x) / var(x) within the arms, pooled; ȳ is moved by −θ·(x̄ − common x̄), its variance becomes
    v_y − 2θ·cov + θ²·v_x. Falls back to `welch` when the covariate says nothing.
    """
    if problem := _too_few(control, treatment):
        return Estimate.impossible(problem)
    if not (control.has_x and treatment.has_x):
        return welch(control, treatment, confidence)
    spread = (control.n - 1) * control.var_x + (treatment.n - 1) * treatment.var_x
    if spread <= 0:
        return welch(control, treatment, confidence)
    theta = ((control.n - 1) * control.cov_xy + (treatment.n - 1) * treatment.cov_xy) / spread
    difference = treatment.mean_y - control.mean_y - theta * (treatment.mean_x - control.mean_x)
    variance = sum((arm.var_y - 2 * theta * arm.cov_xy + theta**2 * arm.var_x) / arm.n for arm in (control, treatment))
    if variance <= 0:
        return Estimate.impossible("nothing varies that the covariate does not explain", difference)
    return _estimate(difference, math.sqrt(variance), confidence)


def sample_ratio(assigned: Mapping[str, int], planned_share: Mapping[str, float]) -> SampleRatio | None:
    """χ² test of assigned customers per arm against the planned shares. None while nobody is assigned.

    Raises `ValueError` when an arm has no planned share, since then the test would pass unseen.
    """
    if unknown := sorted(set(assigned) - set(planned_share)):
        raise ValueError(f"No planned share for: {', '.join(unknown)}. Compare with the journey's file.")
    total, shares = sum(assigned.values()), sum(planned_share.values())
    if total == 0 or shares <= 0:
        return None
    chi_square, n_arms = 0.0, 0
    for arm, share in planned_share.items():
        expected = total * share / shares
        if expected > 0:
            chi_square += (assigned.get(arm, 0) - expected) ** 2 / expected
            n_arms += 1
        elif assigned.get(arm, 0) > 0:
            return SampleRatio(math.inf, 0.0, True)
    p_value = float(special.chdtrc(n_arms - 1, chi_square)) if n_arms > 1 else 1.0
    return SampleRatio(chi_square, p_value, p_value < MISMATCH_P)


def detectable_difference(control: Sums, treatment: Sums, power: float = 0.8, alpha: float = 0.05) -> float | None:
    """The smallest true difference (unit of y) that today's numbers show with this power: (z_α/2 + z_power)·se."""
    if _too_few(control, treatment):
        return None
    error = math.sqrt(control.var_y / control.n + treatment.var_y / treatment.n)
    return float(special.ndtri(1 - alpha / 2) + special.ndtri(power)) * error if error > 0 else None


def _moment(n: int, sum_ab: int, sum_a: int, sum_b: int) -> float:
    """Sample (co)variance; the cancelling subtraction happens in integers."""
    return (n * sum_ab - sum_a * sum_b) / (n * (n - 1)) if n > 1 else math.nan


def _too_few(control: Sums, treatment: Sums) -> str | None:
    return "fewer than two customers in an arm" if min(control.n, treatment.n) < 2 else None


def _estimate(value: float, error: float, confidence: float, freedom: float = math.inf) -> Estimate:
    z = value / error
    tail = (1 + confidence) / 2
    if math.isinf(freedom):
        quantile, p_value = float(special.ndtri(tail)), 2 * float(special.ndtr(-abs(z)))
    else:
        quantile, p_value = float(special.stdtrit(freedom, tail)), 2 * float(special.stdtr(freedom, -abs(z)))
    return Estimate(value, error, value - quantile * error, value + quantile * error, z, p_value)
