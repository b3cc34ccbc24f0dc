"""Standard Webhooks: genuine calls become rows of the landing contract, all else is refused before it is read."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.landing.contract import contract_of
from assets.messaging import signatures
from assets.messaging.signatures import Forged
from assets.messaging.webhooks import COLUMNS, Call, Unreadable, signed, sms
from tests.unit.messaging.webhooks.calls import KEY, MESSAGE, NOW, ODD, bounce, signed_call


def test_signatures_are_those_of_the_specification() -> None:
    """The example of the Standard Webhooks documentation."""
    key = signatures.secret_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1_614_265_330, UTC)
    made = signatures.sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', at)
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_genuine_call_becomes_rows_of_the_landing_contract() -> None:
    """The columns are those that provider/events is landed with; no others get in."""
    [event] = signed.parse(signed_call([bounce(surprise="x")]), [b"an older key", KEY], NOW)
    assert tuple(event) == COLUMNS
    assert (event["message_id"], event["bounce_type"]) == (MESSAGE, "hard")
    assert event["occurred_at"] == datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    assert set(COLUMNS) == {column.name for column in contract_of("provider", "events").columns}


@pytest.mark.parametrize(
    "forge",
    [
        lambda call: replace(call, body=call.body.replace(b"hard", b"soft")),
        lambda call: replace(call, headers={**call.headers, "webhook-id": "call-2"}),
        lambda call: replace(call, headers={**call.headers, "webhook-timestamp": "1900000000"}),
        lambda call: replace(call, headers={**call.headers, "webhook-signature": "v1,AAAA"}),
        lambda call: replace(call, headers={**call.headers, "webhook-signature": "v2," + "A" * 44}),
        lambda call: replace(call, headers={}),
        lambda call: signed_call([bounce()], key=b"another key"),
        lambda call: signed_call([bounce()], at=NOW - timedelta(minutes=6)),
        lambda call: signed_call([bounce()], at=NOW + timedelta(minutes=6)),
    ],
)
def test_a_forged_or_recorded_call_is_refused(forge: Any) -> None:
    """Anybody can find the address; only a fresh signature makes an event."""
    with pytest.raises(Forged):
        signed.parse(forge(signed_call([bounce()])), [KEY], NOW)


@pytest.mark.parametrize(
    "changes",
    [{"event": "exploded"}, {"occurred_at": "yesterday"}, {"occurred_at": "2026-11-20T09:30:00"}, {"channel": "fax"}],
)
def test_a_genuine_call_without_sense_is_named_and_not_quoted(changes: dict[str, Any]) -> None:
    """An error message may end in a log, so nothing of the content stands in it."""
    with pytest.raises(Unreadable) as caught:
        signed.parse(signed_call([bounce(**changes, address="canary@kunde.example")]), [KEY], NOW)
    assert "canary" not in str(caught.value)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys((*COLUMNS, "surprise"), ODD)))
def test_a_genuine_call_of_any_content_is_read_or_refused_in_words(changes: dict[str, Any]) -> None:
    """A provider's mistake is answered with 400, once, and never with a crash that it would retry for days."""
    with suppress(Unreadable):
        for event in signed.parse(signed_call([bounce(**changes)]), [KEY], NOW):
            assert all(value is None or isinstance(value, str | datetime) for value in event.values())


@pytest.mark.parametrize("timestamp", ["²", "١٧", "-1", "1e9", " 1", "9" * 13, "0x10", ""])
def test_a_timestamp_that_only_looks_like_a_number_is_forged(timestamp: str) -> None:
    """What Python takes for a digit and what it can count with are not the same."""
    call = signed_call([bounce()])
    with pytest.raises(Forged):
        signed.parse(replace(call, headers={**call.headers, "webhook-timestamp": timestamp}), [KEY], NOW)
    with pytest.raises((Forged, Unreadable)):
        sms.parse_kannel(Call(f"https://x.example/events/kannel/{'A' * 40}?status={timestamp}"), [b"key"], NOW)
