"""Channels: small adapters over one way of handing messages over, each declaring what it can promise.

What a channel promises decides what may be done when an answer is missing; the hand-off never guesses.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Promise:
    """What the hand-off may rely on.

    `idempotency_ttl`: how long the same bytes may be sent again without a second message (None: never).
    `can_lookup`: our own message id can be looked up afterwards, which gives positive evidence.
    `proves_absence`: not finding it is evidence too (only where acceptance is one atomic, local step).
    `rate`: messages a second (None: no limit of its own).
    """

    name: str
    max_batch: int
    idempotency_ttl: timedelta | None
    can_lookup: bool
    proves_absence: bool
    rate: float | None

    @classmethod
    def one_by_one(cls, name: str, *, rate: float | None, has_log: bool = False) -> Promise:
        """One message a request, and no key to repeat it with; only a log of one's own says what became of it."""
        return cls(name, 1, idempotency_ttl=None, can_lookup=has_log, proves_absence=has_log, rate=rate)
