"""Calls as providers make them: genuine until a test forges them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from assets.messaging import signatures
from assets.messaging.webhooks import Call
from tests.faults.kit import row

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
KEY = b"a key that the provider and we share"
MESSAGE = row(0)["message_id"]


def signed_call(events: list[dict[str, Any]], key: bytes = KEY, at: datetime = NOW) -> Call:
    body = json.dumps({"events": events}).encode()
    return Call("https://x.example/events/signed", signatures.sign(key, "call-1", body, at), body)


def bounce(**changes: Any) -> dict[str, Any]:
    made = {
        "event_id": "e1",
        "occurred_at": "2026-11-20T09:30:00Z",
        "channel": "email",
        "event": "bounced",
        "message_id": MESSAGE,
        "bounce_type": "hard",
    }
    return {**made, **changes}


# Whatever JSON can hold, and a time that no calendar has.
ODD = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.just("0001-01-01T00:00+14:00")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
