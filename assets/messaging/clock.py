"""What "now" means at the hand-off. Decisions never read the wall clock themselves; they are given one of these."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Protocol

from orchestration.settings import Settings


class Clock(Protocol):
    """Anything that tells the instant of sending, in UTC."""

    def now(self) -> datetime: ...


class WallClock:
    """Real time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class FixedClock:
    """One instant for good: replays, the demo, tests."""

    at: datetime

    def now(self) -> datetime:
        return self.at


def clock_for(settings: Settings, run_date: date) -> Clock:
    """The clock that the installation asks for; `run_date` stands still at 06:00 local of the run's day."""
    if settings.clock == "wall":
        return WallClock()
    six = datetime.combine(run_date, time(6), tzinfo=settings.zone)
    return FixedClock(six.astimezone(UTC))
