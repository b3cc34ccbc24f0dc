"""Provider webhooks: each style's verification and parsing, chosen by the path, with what this installation shares."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from assets.messaging import signatures
from assets.messaging.channels import configured
from assets.messaging.outbox import Outbox
from assets.messaging.webhooks import Call, ses, signed, sms
from assets.service.recipients import address_of
from orchestration.settings import Settings

STYLES = ("signed", "ses", "twilio", "kannel")
_TIMEOUT_SECONDS = 5
_MOST_BYTES = 65_536


class NotSetUp(LookupError):
    """A style that this installation shares no secret for: nobody's call can be genuine."""


def rows_of(settings: Settings, style: str, call: Call, now: datetime) -> list[dict[str, Any]]:
    """The events of a genuine call. Raises `Forged`, `Unreadable` or `NotSetUp`."""
    if style == "signed":
        if not settings.webhook_keys:
            raise NotSetUp("FREDNING_WEBHOOK_KEYS is not set")
        return signed.parse(call, [signatures.secret_key(key) for key in settings.webhook_keys], now)
    if style == "ses":
        if not settings.sns_topics:
            raise NotSetUp("FREDNING_SNS_TOPICS is not set")
        note = ses.verify(call, certificate, settings.sns_topics)
        confirm(ses.subscribe_url(note))
        return ses.events(note)
    # Reports of messages that left before the key was changed come back under the former one.
    known, address = settings.known_secret_keys(), configured.addresses(settings)["sms"]
    # A report address of the one gateway must prove nothing to the other, which asks for no signature.
    if style != address.scheme:
        raise NotSetUp(f"FREDNING_SMS_VIA is not {style}://")
    if style == "kannel":
        return sms.parse_kannel(call, known, now)
    if not address.password:
        raise NotSetUp("FREDNING_SMS_VIA names no token of Twilio's")
    return sms.parse_twilio(call, address.password, known, now)


def with_addresses(settings: Settings, outbox: Outbox, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with the address that some gateways leave out, which the warehouse needs to know whom it is about."""
    return [
        row
        if row["address"] or not row["message_id"]
        else row | {"address": address_of(settings, outbox, row["message_id"], row["channel"])}
        for row in rows
    ]


@lru_cache(maxsize=16)
def certificate(url: str) -> bytes:
    """The signing certificate at an address that `ses.verify` has found to be Amazon's."""
    return _fetched(url)


def confirm(url: str | None, fetch: Callable[[str], bytes] | None = None) -> None:
    """Confirm a topic's subscription: genuine by its signature, and still only ever at Amazon's own host."""
    if url is None:
        return
    host = urlsplit(url).hostname or ""
    if urlsplit(url).scheme != "https" or not host.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        raise signatures.Forged("a subscription elsewhere")
    (fetch or _fetched)(url)


def _fetched(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as answer:
        content: bytes = answer.read(_MOST_BYTES)
    return content
