"""Reports of SMS gateways: Twilio signs them, Kannel proves itself by the address that it was given."""

from __future__ import annotations

import base64
import hmac
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from assets.messaging import reports
from assets.messaging.signatures import Forged
from assets.messaging.webhooks import Call, Unreadable, sms
from tests.faults import kit
from tests.unit.messaging.webhooks.calls import MESSAGE, NOW

SECRET = kit.SECRET.encode()
REPORT = f"https://fredning.example/events/twilio/{reports.token(SECRET, MESSAGE)}"


def twilio_call(token: str = "auth", **form: str) -> Call:
    said = {"MessageSid": "SM1", "To": "+4799900000", "MessageStatus": "delivered", **form}
    text = REPORT + "".join(f"{name}{value}" for name, value in sorted(said.items()))
    mac = base64.b64encode(hmac.digest(token.encode(), text.encode(), "sha1")).decode()
    return Call(REPORT, {"X-Twilio-Signature": mac}, urlencode(said).encode())


@pytest.mark.parametrize(
    ("form", "event", "bounce_type"),
    [
        ({}, "delivered", None),
        ({"MessageStatus": "undelivered", "ErrorCode": "30003"}, "bounced", "soft"),
        ({"MessageStatus": "undelivered", "ErrorCode": "30005"}, "bounced", "hard"),
        ({"MessageStatus": "failed", "ErrorCode": "21610"}, "unsubscribed", None),
    ],
)
def test_a_status_report_of_twilio(form: dict[str, str], event: str, bounce_type: str | None) -> None:
    """A number that does not exist is given up, a phone that is off is not; a STOP is an opt-out."""
    [one] = sms.parse_twilio(twilio_call(**form), "auth", [SECRET], NOW)
    assert (one["event"], one["bounce_type"], one["message_id"]) == (event, bounce_type, MESSAGE)


def test_a_forged_status_report_of_twilio_is_refused() -> None:
    """Another key, another body, or an address that we never gave out."""
    genuine = twilio_call()
    for call in (
        twilio_call("another"),
        replace(genuine, body=genuine.body.replace(b"delivered", b"failed")),
        replace(genuine, headers={}),
    ):
        with pytest.raises(Forged):
            sms.parse_twilio(call, "auth", [SECRET], NOW)


def test_a_report_of_kannel_counts_only_at_an_address_that_we_gave_out() -> None:
    """The gateway signs nothing, so the address is the proof."""
    token = reports.token(SECRET, MESSAGE)
    address = f"https://fredning.example/events/kannel/{token}?status="
    assert sms.parse_kannel(Call(address + "1"), [SECRET], NOW)[0]["event"] == "delivered"
    assert sms.parse_kannel(Call(address + "2"), [SECRET], NOW)[0]["bounce_type"] == "soft"
    with pytest.raises(Unreadable):
        sms.parse_kannel(Call(address + "77"), [SECRET], NOW)
    for forged in (
        address.replace(token, MESSAGE),
        address.replace(token, token[:-1] + "x"),
        address.replace(token, "é"),
    ):
        with pytest.raises(Forged):
            sms.parse_kannel(Call(forged + "1"), [SECRET], NOW)
