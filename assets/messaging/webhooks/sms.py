"""Delivery reports of SMS gateways: Twilio's signed forms, and Kannel's calls of an address that only we could make.

The address ends in our report token, which names the message; the body says what became of it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from assets.messaging import reports
from assets.messaging.signatures import Forged
from assets.messaging.webhooks import Call, Unreadable, event_row

_TWILIO = {
    "queued": "queued",
    "accepted": "queued",
    "sending": "queued",
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "bounced",
    "failed": "failed",
}
# The number does not exist, is a landline, or cannot be reached for good.
_TWILIO_HARD = frozenset({"21211", "21217", "21614", "30005", "30006"})
_TWILIO_OPT_OUT = frozenset({"21610"})
# Kannel's bits: 1 delivered, 2 failed, 4 buffered, 8 accepted by the network, 16 refused by it.
_KANNEL = {"1": "delivered", "2": "bounced", "4": "deferred", "8": "sent", "16": "rejected"}


def parse_twilio(call: Call, token: str, known: Collection[bytes], now: datetime) -> list[dict[str, Any]]:
    """The status report of one of our messages. Raises `Forged` or `Unreadable`."""
    form = parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True)
    text = call.url + "".join(f"{name}{value}" for name, value in sorted(set(form)))
    wanted = base64.b64encode(hmac.digest(token.encode(), text.encode(), "sha1"))
    given = {name.lower(): value for name, value in call.headers.items()}.get("x-twilio-signature", "")
    if not hmac.compare_digest(wanted, given.encode()):
        raise Forged("no signature fits")
    said = dict(form)
    status, code = said.get("MessageStatus", ""), said.get("ErrorCode", "")
    event = "unsubscribed" if code in _TWILIO_OPT_OUT else _TWILIO.get(status)
    if event is None:
        raise Unreadable("an unknown status")
    more: dict[str, Any] = {"address": said.get("To"), "reason": code or None}
    if event in ("bounced", "failed"):
        more["bounce_type"] = "hard" if code in _TWILIO_HARD else "soft"
    return [_row(call, known, now, event, said.get("MessageSid", "") + status, more)]


def parse_kannel(call: Call, known: Collection[bytes], now: datetime) -> list[dict[str, Any]]:
    """The delivery report of one of our messages. Raises `Forged` or `Unreadable`."""
    said = dict(parse_qsl(urlsplit(call.url).query))
    event = _KANNEL.get(said.get("status", ""))
    # Forged before unreadable: nobody learns from the answer which statuses there are.
    row = _row(call, known, now, event or "sent", said.get("status", ""), {})
    if event is None:
        raise Unreadable("an unknown status")
    # A network says no for many reasons; none of them gives a number up for good.
    return [row | {"bounce_type": "soft"} if event in ("bounced", "rejected") else row]


def _row(
    call: Call, known: Collection[bytes], now: datetime, event: str, what: str, more: Mapping[str, Any]
) -> dict[str, Any]:
    message_id = reports.message_of(known, urlsplit(call.url).path.rpartition("/")[2])
    if message_id is None:
        raise Forged("not a report address of ours")
    # The same status of the same message is one event, however often it is reported.
    event_id = hashlib.sha256(f"{message_id}\x1f{what}".encode()).hexdigest()[:32]
    return event_row(event_id, now, "sms", event, message_id=message_id, **more)
