"""Keyed hashes and names of messages: what the ledger keeps instead of an address, and what mails are known by.

Everything secret-dependent is derived here from one key, with a label per use, so that a value made
for one purpose is worthless for another.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from urllib.parse import urlsplit

from assets.messaging.tokens import hmac_sha256, make_token
from orchestration.settings import Settings

# Hashes name customers' messages; that one of them begins so is out of the question.
_OF_A_TEST = "0" * 16


def _mac(secret: bytes, label: str, value: str) -> bytes:
    return hmac_sha256(secret, f"{label}\x1f{value}".encode())


def address_key(secret: bytes, channel: str, address: str) -> str:
    """The address as the ledger knows it: comparable, and not to be turned back without the key."""
    return _mac(secret, "address", f"{channel}\x1f{address}").hex()[:32]


def key_name(secret: bytes) -> str:
    """By which a key is known again without being told; says nothing about it."""
    return _mac(secret, "key-name", "").hex()[:12]


def unsubscribe_link(settings: Settings, message_id: str, channel: str) -> str:
    """The signed link of one message; it names the message, and only the ledger knows whose that was."""
    token = make_token(settings.require_secret_key(), message_id, channel)
    return f"{settings.public_url}/u/{token}"


def mail_host(settings: Settings) -> str:
    """The host behind the @ of our Message-IDs: the tenant's public name."""
    return urlsplit(settings.public_url).hostname or f"{settings.tenant}.invalid"


def request_hash(content: bytes) -> str:
    """Names the exact bytes of one message, so that a repeated attempt can be proved to be the same."""
    return hashlib.sha256(content).hexdigest()


def batch_hash(members: Iterable[tuple[str, str]]) -> str:
    """What a person approves: every message of the batch and its exact bytes, in one hash."""
    # Texts are sorted, not pairs: the separator comes before anything an id is made of, so the order is that of ids.
    listed = sorted([f"{message_id}\x1f{content_hash}\n" for message_id, content_hash in members])
    return hashlib.sha256("".join(listed).encode()).hexdigest()


def message_id_of_a_test() -> str:
    """An id for a test message: new each time, and known to be one by its looks."""
    return _OF_A_TEST + secrets.token_hex(8)


def is_of_a_test(message_id: str) -> bool:
    """Whether a message went to a seed list and to no customer."""
    return message_id.startswith(_OF_A_TEST)
