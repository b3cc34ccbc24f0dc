"""How drawn worlds are tried on compiled SQL: the same ones in every run, and a failing one is not made smaller.

Each try runs a chain of statements, so that shrinking would take minutes; worlds are drawn small to begin with.
"""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings


def tried(n: int) -> settings:
    """Settings of a property that is held to `n` drawn worlds and all explicit ones."""
    return settings(
        max_examples=n,
        deadline=None,
        derandomize=True,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=[HealthCheck.too_slow],
    )
