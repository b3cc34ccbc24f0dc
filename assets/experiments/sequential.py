"""What may be concluded while an experiment runs, from several metrics, or for a campaign of limited size.

Pure functions. Looking every day with a fixed threshold of 5 % names a false winner in 22 of 100 tests within two
weeks; the boundaries here keep it at 5.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
from scipy import optimize, special

# Nodes of the numerical integral: 301 give the constants to four digits.
_NODES = 301


@lru_cache(maxsize=64)
def obrien_fleming_constant(looks: int, alpha: float = 0.05) -> float:
    """C such that |z_k| > C·√(looks/k) happens at any of equally spaced looks with probability alpha under no effect.

    O'Brien and Fleming 1979; computed by the recursion of Armitage, McPherson and Rowe 1969. 14 looks: 2.105.
    """
    if looks < 1:
        raise ValueError("At least one look must be planned.")

    def excess(constant: float) -> float:
        return _crossing_probability(constant * math.sqrt(looks), looks) - alpha

    return float(optimize.brentq(excess, 1.0, 6.0, xtol=1e-5))


def boundary(look: int, looks: int, alpha: float = 0.05) -> float:
    """The |z| that look number `look` (from 1) must exceed. Strict early, mild at the end."""
    if not 1 <= look <= looks:
        raise ValueError(f"Look {look} is not one of the {looks} planned looks.")
    return obrien_fleming_constant(looks, alpha) * math.sqrt(looks / look)


def confidence_sequence_z(n: int, alpha: float = 0.05, planned_n: int = 1_000) -> float:
    """The |z| that holds for looks at any time (asymptotic confidence sequence; Waudby-Smith et al. 2024).

    Tightest near `planned_n` customers. √((nρ²+1)/(nρ²) · ln((nρ²+1)/α²)), ρ² chosen for `planned_n`.
    """
    if n < 1:
        return math.inf
    rho2 = (-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / planned_n
    scaled = n * rho2
    return math.sqrt((scaled + 1) / scaled * math.log((scaled + 1) / alpha**2))


def test_and_roll_size(population: int, outcome_deviation: float, effect_deviation: float) -> int:
    """Customers per arm to test on before the better arm goes to the rest of a finite campaign (Feit and Berman 2019).

    n* = √(N/4·k + (¾k)²) − ¾k with k = (s/σ)²; s = standard deviation of the outcome, σ = of the arms' true means.
    The better one is then *chosen*; nothing is said of significance.
    """
    if effect_deviation <= 0 or outcome_deviation < 0 or population < 2:
        raise ValueError("A population of at least 2 and a positive deviation of effects are needed.")
    k = (outcome_deviation / effect_deviation) ** 2
    size = math.sqrt(population / 4 * k + (0.75 * k) ** 2) - 0.75 * k
    return max(1, min(population // 2, round(size)))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values over several decision metrics (Holm 1979): keeps the chance of any false claim."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted, worst = [1.0] * len(p_values), 0.0
    for position, index in enumerate(order):
        worst = max(worst, min(1.0, (len(p_values) - position) * p_values[index]))
        adjusted[index] = worst
    return adjusted


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values over segments (Benjamini and Hochberg 1995): keeps the share of false ones among claims."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i], reverse=True)
    adjusted, best = [1.0] * len(p_values), 1.0
    for position, index in enumerate(order):
        best = min(best, p_values[index] * len(p_values) / (len(p_values) - position))
        adjusted[index] = best
    return adjusted


@cache
def _quadrature() -> tuple[np.ndarray, np.ndarray]:
    """Gauss–Legendre points and weights on (−1, 1): dear to find, and the same for every barrier."""
    return np.polynomial.legendre.leggauss(_NODES)


def _crossing_probability(barrier: float, looks: int) -> float:
    """Probability that a random walk of standard normal steps leaves (−barrier, barrier) within `looks` steps."""
    if looks == 1:
        return 2 * float(special.ndtr(-barrier))
    points, weights = (values * barrier for values in _quadrature())
    density = np.exp(-(points**2) / 2) / math.sqrt(2 * math.pi)
    kernel = np.exp(-((points[:, None] - points[None, :]) ** 2) / 2) / math.sqrt(2 * math.pi)
    for _ in range(looks - 1):
        density = kernel @ (weights * density)
    return 1 - float(weights @ density)
