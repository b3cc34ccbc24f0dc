"""Chance without a state: every draw is a hash of the seed and of what the draw is about.

So a household gets the same people, sessions and consents whether the whole demo is generated or a
part of it, in any order and on any machine. `Dice` is used from Python, the macro `unit(key)` from
SQL; the two need not agree, because no fact is drawn in both.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import md5
from typing import TypeVar

T = TypeVar("T")

UNIT_MACRO = """
create or replace macro unit(key) as
    ('0x' || substr(md5('{seed}|' || key), 1, 13))::ubigint::double / 4503599627370496.0
"""


class Dice:
    """Draws that depend on the seed and the key alone."""

    def __init__(self, seed: int) -> None:
        self._prefix = f"{seed}|"

    def unit(self, *key: object) -> float:
        """A number in [0, 1)."""
        text = self._prefix + "|".join(map(str, key))
        return int(md5(text.encode()).hexdigest()[:13], 16) / 16**13

    def chance(self, share: float, *key: object) -> bool:
        return self.unit(*key) < share

    def between(self, low: int, high: int, *key: object) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self.unit(*key) * (high - low + 1))

    def pick(self, items: Sequence[T], *key: object) -> T:
        return items[int(self.unit(*key) * len(items))]

    def weighted(self, weights: dict[str, float], *key: object) -> str:
        """A key of `weights`, as often as its weight says."""
        point = self.unit(*key) * sum(weights.values())
        for name, weight in weights.items():
            point -= weight
            if point < 0:
                return name
        return next(reversed(weights))

    def moment(self, start: datetime, end: datetime, *key: object) -> datetime:
        """An instant in [start, end), in whole seconds."""
        seconds = max(int((end - start).total_seconds()), 1)
        return (start + timedelta(seconds=int(self.unit(*key) * seconds))).astimezone(UTC)
