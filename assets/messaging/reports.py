"""Where a provider's reports about one message come back to: an address that only we could have made.

Gateways that cannot sign call a plain address; this one names the message and carries a keyed hash of it.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable

from orchestration.settings import Settings

_MAC_DIGITS = 20


def token(secret: bytes, message_id: str) -> str:
    mac = hmac.digest(secret, f"fredning:report:{message_id}".encode(), "sha256").hex()[:_MAC_DIGITS]
    return f"{message_id}.{mac}"


def message_of(known: Iterable[bytes], text: str) -> str | None:
    """The message of a token that is genuine under one of these keys, or None."""
    message_id = text.partition(".")[0]
    genuine = [hmac.compare_digest(token(secret, message_id).encode(), text.encode()) for secret in known]
    return message_id if any(genuine) else None


def address_maker(settings: Settings, style: str) -> Callable[[str], str]:
    """message id → the address for reports of this style, below the installation's public one."""
    secret = settings.require_secret_key()
    return lambda message_id: f"{settings.public_url}/events/{style}/{token(secret, message_id)}"
