"""The breaker: whether today's volume is so far from the usual that a person should look first. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caps:
    """When a run is held back for a person; the numbers in force stand in `policy.yml`.

    `max_messages` caps one journey's messages of one day outright. `max_ratio` compares them with the
    median of the journey's past days; with fewer than `min_past_runs` of them there is no verdict,
    and a day of at most `always_fine` messages is never far from anything.
    """

    max_messages: int = 250_000
    max_ratio: float = 5.0
    min_past_runs: int = 5
    always_fine: int = 200


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a journey is held back (None: it is not), and whether it is worth a remark."""

    held_because: str | None = None
    remark: str | None = None


def judge(caps: Caps, n_today: int, past: Sequence[int]) -> Verdict:
    """Compare a journey's messages of today with those of its past days that had any."""
    if n_today > caps.max_messages:
        return Verdict(f"{n_today} messages are more than the cap of {caps.max_messages}")
    if len(past) < caps.min_past_runs:
        return Verdict()
    usual = statistics.median(past)
    if n_today > caps.always_fine and n_today > caps.max_ratio * usual:
        return Verdict(f"{n_today} messages against {usual:g} on a usual day")
    if usual > caps.always_fine and n_today * caps.max_ratio < usual:
        return Verdict(remark=f"only {n_today} messages against {usual:g} on a usual day")
    return Verdict()
