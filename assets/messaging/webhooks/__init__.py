"""What providers call back with: verified, and turned into rows of the dataset provider/events. Pure functions.

One module a style. Each takes a `Call` and returns rows, or raises `signatures.Forged`; `intake` does the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

# The columns of provider/events (landing contract).
COLUMNS = (
    *("event_id", "occurred_at", "channel", "event", "message_id", "address", "campaign_id", "class"),
    *("url", "user_agent", "ip_network", "bounce_type", "reason"),
)
EVENTS = frozenset(
    {
        *("queued", "sent", "rejected", "failed", "bounced", "deferred", "delivered"),
        *("opened", "clicked", "complained", "unsubscribed"),
    }
)


class Unreadable(ValueError):
    """A genuine call whose content makes no sense; the message says what is missing, never what stood there."""


@dataclass(frozen=True, slots=True)
class Call:
    """An HTTP request as it came: the address as the provider wrote it, headers in any case, the raw body."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def event_row(event_id: str, occurred_at: datetime, channel: str, event: str, **more: Any) -> dict[str, Any]:
    """One row with every column. Raises `Unreadable` for an event that the vocabulary does not know."""
    if event not in EVENTS:
        raise Unreadable("an unknown kind of event")
    if not event_id:
        raise Unreadable("an event without an id")
    if any(not isinstance(value, str | None) or "\0" in (value or "") for value in more.values()):
        raise Unreadable("a value that is no text")
    given = {"event_id": event_id, "occurred_at": occurred_at, "channel": channel, "event": event, **more}
    return {name: given.get(name) for name in COLUMNS}


def instant(text: object) -> datetime:
    """An ISO instant with its zone. Raises `Unreadable`."""
    try:
        at = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
        if at.tzinfo is None:
            raise Unreadable("an instant without a zone")
        return at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("an instant that is none") from None
