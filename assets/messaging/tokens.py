"""Signed tokens for the links at a message's foot: who asked is known by message id and channel, never by address.

A token is header byte, key id (2), message id (16), MAC (10), in URL-safe base64: 39 characters, short enough for
an SMS. It has no expiry: an unsubscribe link must work for as long as the message lies in someone's inbox.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

_VERSION = 1
_CHANNELS = {"email": 1, "sms": 2}
_MAC_BYTES, _BLOCK_BYTES = 10, 64
# Fills a token up to whole groups of three bytes.
_FILL, _DIGITS = b"\0", 39
_PURPOSE = b"fredning:unsubscribe:"
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class TokenError(ValueError):
    """Not a token of ours: forged, cut off, or signed with a key that is no longer known."""


@lru_cache(maxsize=16)
def key_id(key: bytes) -> bytes:
    """Two bytes by which a key is found again after it was rotated; they say nothing about the key."""
    return hmac.digest(key, b"fredning:key-id", "sha256")[:2]


@lru_cache(maxsize=64)  # the mail's header, its foot and the batch's record name the same link
def make_token(key: bytes, message_id: str, channel: str) -> str:
    """The token of one message and channel. The same arguments give the same token, for repeatable hand-off bytes."""
    body = _head(key, channel) + _message_bytes(message_id)
    return binascii.b2a_base64(body + _mac(key, body), newline=False).translate(_URL_SAFE, b"=").decode()


def make_tokens(key: bytes, message_ids: Sequence[str], channel: str) -> list[str]:
    """`make_token` of many messages at two thirds of its cost: what they have in common is hashed once."""
    head = _head(key, channel)
    keyed_inner, keyed_outer = _keyed(key)
    begun = keyed_inner.copy()
    begun.update(_PURPOSE + head)
    pieces: list[bytes] = []
    for raw in _bytes_of_all(message_ids):
        inner, outer = begun.copy(), keyed_outer.copy()
        inner.update(raw)
        outer.update(inner.digest())
        pieces += (head, raw, outer.digest()[:_MAC_BYTES], _FILL)
    # 29 bytes and one that fills up are 40 digits: all tokens are written in one go, and each loses its last digit.
    written = binascii.b2a_base64(b"".join(pieces), newline=False).translate(_URL_SAFE).decode()
    return [written[start : start + _DIGITS] for start in range(0, len(written), _DIGITS + 1)]


def read_token(keys: Iterable[bytes], token: str) -> tuple[str, str]:
    """(message_id, channel) of a genuine token. Raises `TokenError` for everything else.

    `keys` holds the present key and any former ones whose links must still work.
    """
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise TokenError("not a token") from None
    body, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    if len(body) != 19 or body[0] >> 4 != _VERSION:
        raise TokenError("not a token")
    channel = next((name for name, code in _CHANNELS.items() if code == body[0] & 0x0F), None)
    genuine = [key for key in keys if key_id(key) == body[1:3] and hmac.compare_digest(_mac(key, body), mac)]
    if channel is None or not genuine:
        raise TokenError("not a token of this installation")
    return body[3:].hex(), channel


@lru_cache(maxsize=16)
def _head(key: bytes, channel: str) -> bytes:
    return bytes([_VERSION << 4 | _CHANNELS[channel]]) + key_id(key)


def _mac(key: bytes, body: bytes) -> bytes:
    return hmac_sha256(key, _PURPOSE + body)[:_MAC_BYTES]


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """HMAC as `hmac.digest` computes it, at a third of its cost: what the key alone decides is computed once."""
    keyed_inner, keyed_outer = _keyed(key)
    inner, outer = keyed_inner.copy(), keyed_outer.copy()
    inner.update(message)
    outer.update(inner.digest())
    return outer.digest()


@lru_cache(maxsize=16)
def _keyed(key: bytes) -> tuple[Any, Any]:
    # RFC 2104: a key longer than a block is hashed, a shorter one filled up.
    block = (hashlib.sha256(key).digest() if len(key) > _BLOCK_BYTES else key).ljust(_BLOCK_BYTES, b"\0")
    inner, outer = (hashlib.sha256(bytes(byte ^ pad for byte in block)) for pad in (0x36, 0x5C))
    return inner, outer


def _bytes_of_all(message_ids: Sequence[str]) -> Iterator[bytes]:
    """`_message_bytes` of each, read in one go."""
    raw = bytes.fromhex("".join(message_ids)) if {*map(len, message_ids)} <= {32} else b""
    if len(raw) != 16 * len(message_ids):
        raise ValueError("a message id has 32 hex digits")
    return (raw[start : start + 16] for start in range(0, len(raw), 16))


def _message_bytes(message_id: str) -> bytes:
    raw = bytes.fromhex(message_id)
    if len(raw) != 16:
        raise ValueError("a message id has 32 hex digits")
    return raw
