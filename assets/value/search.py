"""The search for the most likely parameters, all of them positive. Pure; used by both models of value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Floats: TypeAlias = NDArray[np.float64]

# Parameters between 1e-6 and 1e6 of their unit: beyond, the likelihood is flat.
_BOUND = 14.0
_AGREES = 1e-9


class NoFit(ValueError):
    """The data cannot tell the parameters; the message says why."""


def most_likely(objective: Callable[[Floats], tuple[float, Floats]], starts: Sequence[Sequence[float]]) -> Floats:
    """Parameters with the smallest objective (value and gradient by the parameters' logarithms).

    Further starts are tried until two searches end at the same height, because the likelihood is flat where hardly
    anybody drops out. Raises `NoFit` when no search ends.
    """
    best: tuple[float, Floats] | None = None
    for start in starts:
        result = minimize(
            objective,
            np.log(start),
            jac=True,
            method="L-BFGS-B",
            bounds=[(-_BOUND, _BOUND)] * len(start),
            options={"maxiter": 2000, "ftol": 1e-13, "gtol": 1e-8},
        )
        if not np.isfinite(result.fun):
            continue
        if best is not None and abs(best[0] - result.fun) < _AGREES:
            return np.asarray(np.exp(best[1]))
        if best is None or result.fun < best[0]:
            best = (float(result.fun), result.x)
    if best is None:
        raise NoFit("the search for parameters does not end")
    return np.asarray(np.exp(best[1]))
