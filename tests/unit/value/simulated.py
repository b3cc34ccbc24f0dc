"""Customers drawn from the models' own story, purchase by purchase: slow, obvious, with known parameters."""

from __future__ import annotations

import numpy as np

from assets.value.purchases_model import Purchases


def purchases(seed: int, n: int, r: float, alpha: float, a: float, b: float) -> Purchases:
    """Everybody buys at a rate of their own and may leave for ever after each purchase."""
    dice = np.random.default_rng(seed)
    rows = []
    for _ in range(n):
        rate, leaves = dice.gamma(r, 1 / alpha), dice.beta(a, b)
        observed, now, x, last = dice.uniform(27, 39), 0.0, 0, 0.0
        while (now := now + dice.exponential(1 / rate)) < observed:
            x, last = x + 1, now
            if dice.random() < leaves:
                break
        rows.append((x, last, observed))
    return Purchases.of(*np.array(rows).T)


def spend(seed: int, n: int, p: float, q: float, gamma: float) -> tuple[np.ndarray, np.ndarray]:
    """x and mean amount: amounts gamma(p), with a scale of the customer's own."""
    dice = np.random.default_rng(seed)
    x = dice.integers(1, 12, n).astype(float)
    scale = dice.gamma(q, 1 / gamma, n)
    return x, dice.gamma(p * x, 1 / (scale * x))
