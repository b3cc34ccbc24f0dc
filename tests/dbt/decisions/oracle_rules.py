"""Vocabulary of the oracle: reasons, keys, buckets, instants, and the record of one message under test."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from tests.dbt.decisions.relations import Row

TENANT = "demo"
HOME_ZONE = ZoneInfo("Europe/Oslo")
REASONS = {
    "ERASED": "suppress",
    "NO_ADDRESS": "suppress",
    "ADDRESS_SUPPRESSED": "suppress",
    "NO_PERMISSION": "suppress",
    "WRONG_AUDIENCE": "suppress",
    "ALREADY_SENT": "suppress",
    "EXPIRED": "suppress",
    "GOAL_REACHED": "suppress",
    "CONDITION_FAILED": "suppress",
    "OPEN_SERVICE_CASE": "hold",
    "OFFER_GUARD": "suppress",
    "NOTHING_TO_SAY": "suppress",
    "HOLDOUT": "suppress",
    "PAUSED": "hold",
    "QUARANTINED": "hold",
    "RESERVED": "hold",
    "OUTRANKED": "hold",
    "DUPLICATE_ADDRESS": "suppress",
    "OUTSIDE_WINDOW": "hold",
}
Touch = tuple[str, str, str]


@dataclass(frozen=True)
class Sent:
    """One message that a customer has received."""

    message_id: str
    class_: str
    channel: str
    touch: Touch
    at: datetime


@dataclass
class Message:
    """One candidate in one channel, and what is found out about it."""

    customer_id: str
    anchor_row: Row
    journey: Row
    step: Row
    channel: str
    position: int
    is_fallback: bool
    is_exclusive: bool
    due_at: datetime
    expires_at: datetime
    is_due: bool
    failed: set[str] = field(default_factory=set)
    address: str | None = None
    zone: ZoneInfo = HOME_ZONE
    country: str = "NO"
    permission_basis: str | None = None
    permission_id: str | None = None
    experiment: str | None = None
    variant: str | None = None
    earliest_at: datetime | None = None
    possible_at: datetime | None = None
    broken_rules: list[str] = field(default_factory=list)
    winner_message_id: str | None = None
    is_fixed: bool = False

    @property
    def class_(self) -> str:
        """The class of the message."""
        return str(self.journey["class"])

    @property
    def touch(self) -> Touch:
        """Journey, step and anchor."""
        return str(self.journey["journey"]), str(self.step["step"]), str(self.anchor_row["anchor"])

    @property
    def message_id(self) -> str:
        """The key that never changes between runs."""
        journey, step, anchor = self.touch
        return digest(journey, step, self.channel, anchor, self.customer_id)

    @property
    def rank(self) -> tuple[int, datetime, str, str, str]:
        """The order of arbitration."""
        journey, step, anchor = self.touch
        return self.journey["priority"], self.due_at, journey, anchor, step

    def passes(self, last: int) -> bool:
        """No gate from the first to the `last` fails."""
        return not self.failed & set(list(REASONS)[:last])


def digest(*parts: str) -> str:
    """First 32 hex digits over version, tenant and the parts."""
    return hashlib.sha256("\x1f".join(("v1", TENANT, *parts)).encode()).hexdigest()[:32]


def bucket(salt: str, customer_id: str) -> int:
    """0-9999 from a salted hash."""
    return int(hashlib.md5(f"{salt}:{customer_id}".encode()).hexdigest()[:8], 16) % 10_000


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """A local time of a local day, in UTC."""
    return datetime.combine(day, at, zone).astimezone(UTC)


def known_zone(name: str | None) -> ZoneInfo:
    """The customer's zone, or the retailer's where it is unknown or nonsense."""
    try:
        return ZoneInfo(name) if name else HOME_ZONE
    except (KeyError, ValueError):
        return HOME_ZONE
