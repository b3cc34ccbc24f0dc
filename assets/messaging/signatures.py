"""Signatures of HTTP messages as the Standard Webhooks specification has them, made and checked. Pure.

Signed is `<id>.<timestamp>.<body>` by HMAC-SHA256; a signature is `v1,<base64>`, several are separated by spaces.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

TOLERANCE = timedelta(minutes=5)


class Forged(ValueError):
    """Not signed by anybody who knows a key, or signed too long ago; the message says which, never the content."""


def secret_key(secret: str) -> bytes:
    """The key's bytes: base64 after `whsec_`, else the text itself."""
    if secret.startswith("whsec_"):
        return base64.b64decode(secret.removeprefix("whsec_"))
    return secret.encode()


def sign(key: bytes, message_id: str, body: bytes, at: datetime) -> dict[str, str]:
    """The three headers of a signed message."""
    timestamp = str(int(at.timestamp()))
    mac = _mac(key, message_id, timestamp, body)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }


def check(keys: Iterable[bytes], headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """The id of a genuine message. Raises `Forged`. Header names may be written in any case."""
    given = {name.lower(): value for name, value in headers.items()}
    message_id, timestamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not message_id or not re.fullmatch(r"[0-9]{1,12}", timestamp):
        raise Forged("a header of the signature is missing")
    # Old messages that somebody recorded are not taken again, genuine or not.
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        raise Forged("its timestamp is not of now")
    offered = []
    for word in given.get("webhook-signature", "").split():
        version, _, encoded = word.partition(",")
        if version == "v1":
            try:
                offered.append(base64.b64decode(encoded, validate=True))
            except (binascii.Error, ValueError):
                continue
    for key in keys:
        wanted = _mac(key, message_id, timestamp, body)
        if any(hmac.compare_digest(wanted, one) for one in offered):
            return message_id
    raise Forged("no signature fits")


def _mac(key: bytes, message_id: str, timestamp: str, body: bytes) -> bytes:
    return hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, "sha256")
