"""Events by the Standard Webhooks specification: `{"events": [{…}]}` in the columns of provider/events."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from assets.messaging import signatures
from assets.messaging.webhooks import COLUMNS, Call, Unreadable, event_row, instant

_CHANNELS = ("email", "sms")


def parse(call: Call, keys: Iterable[bytes], now: datetime) -> list[dict[str, Any]]:
    """Raises `Forged` for anybody else's call, `Unreadable` for one whose content cannot be used."""
    signatures.check(keys, call.headers, call.body, now)
    try:
        events = json.loads(call.body)["events"]
        return [_row(event) for event in events]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"not a list of events: {type(error).__name__}") from None


def _row(event: dict[str, Any]) -> dict[str, Any]:
    if event["channel"] not in _CHANNELS:
        raise Unreadable("an unknown channel")
    more = {name: event[name] for name in COLUMNS[4:] if event.get(name) is not None}
    return event_row(str(event["event_id"]), instant(event["occurred_at"]), event["channel"], event["event"], **more)
