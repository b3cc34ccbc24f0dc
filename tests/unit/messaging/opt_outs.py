"""An opt-out as a provider tells it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.faults import kit

NOON = datetime(2026, 11, 20, 11, tzinfo=UTC)


def opt_out(number: int, at: datetime, event: str = "unsubscribed", **changes: Any) -> dict[str, Any]:
    return {
        "event": event,
        "channel": "email",
        "address": f"{kit.CANARY}{number}@kunde.example",
        "occurred_at": at,
        "message_id": None,
        **changes,
    }
