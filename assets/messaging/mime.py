"""One mail as bytes with the headers that mailbox providers ask for. Knows mail, nothing of journeys or files.

Written out by hand because the standard library's generator takes seven milliseconds a mail, fifty times
this; the tests hold every part of it against that library's parser.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

# All of these may stand in a JSON text as they are.
PLAIN_ADDRESS = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
MAX_ADDRESS = 254
_PLAIN_ADDRESS = re.compile(PLAIN_ADDRESS)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# An encoded word has at most 75 characters; this many bytes fit into it as base64.
_WORD_BYTES = 42
# RFC 8058: what tells a mail program that a POST to the link is enough.
ONE_CLICK = "List-Unsubscribe=One-Click"


class UnsafeHeader(ValueError):
    """A value that cannot stand in a header; the message names the header, never the value."""


class QuotedPrintable(bytes):
    """A part's content that has been encoded already: whole lines, each ended by CRLF."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Mail:
    """Everything that goes into one mail."""

    message_id: str
    host: str
    sender_name: str
    sender_address: str
    recipient: str
    sent_at: datetime
    subject: str
    text: str | QuotedPrintable
    html: str | QuotedPrintable | None
    unsubscribe_link: str | None
    feedback_id: str
    reply_to: str | None = None
    language: str | None = None


def mail_bytes(mail: Mail) -> bytes:
    """The mail in CRLF lines, pure ASCII. Equal mails give equal bytes: the boundary is derived, not drawn.

    Raises `UnsafeHeader` for line breaks and control characters in a header, and for an address that is
    not plain ASCII (no server here speaks SMTPUTF8).
    """
    headers = [
        f"From: {_mailbox(mail.sender_name, mail.sender_address)}",
        f"To: {plain_address('To', mail.recipient)}",
        f"Date: {_date(mail.sent_at)}",
        f"Subject: {_words('Subject', mail.subject)}",
        f"Message-ID: <{mail.message_id}@{mail.host}>",
        f"Feedback-ID: {_plain('Feedback-ID', mail.feedback_id)}",
        "MIME-Version: 1.0",
    ]
    if mail.reply_to:
        headers.insert(1, f"Reply-To: {plain_address('Reply-To', mail.reply_to)}")
    if mail.unsubscribe_link:
        # One line, whatever its length: folded into encoded words, nobody finds it.
        headers.append(f"List-Unsubscribe: <{_plain('List-Unsubscribe', mail.unsubscribe_link)}>")
        headers.append(f"List-Unsubscribe-Post: {ONE_CLICK}")
    if mail.language:
        headers.append(f"Content-Language: {_plain('Content-Language', mail.language)}")
    if mail.html is None:
        return "\r\n".join(headers).encode() + b"\r\n" + _part("plain", mail.text)
    boundary = f"=_{mail.message_id}"
    headers.append(f'Content-Type: multipart/alternative; boundary="{boundary}"')
    line = f"--{boundary}".encode()
    return b"\r\n".join(
        (
            "\r\n".join(headers).encode() + b"\r\n",
            line,
            _part("plain", mail.text),
            line,
            _part("html", mail.html),
            line + b"--\r\n",
        )
    )


@lru_cache(maxsize=4_096)
def _date(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC))


def _part(subtype: str, content: str | QuotedPrintable) -> bytes:
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    if isinstance(content, QuotedPrintable):
        return head.encode() + content
    if "\r" in content:
        content = content.replace("\r\n", "\n").replace("\r", "\n")
    lines = content.removesuffix("\n").split("\n")
    return head.encode() + b"\r\n".join(map(_encoded_line, lines)) + b"\r\n"


@lru_cache(maxsize=1 << 15)
def _encoded_line(line: str) -> bytes:
    # Most lines of a mail are the template's own: encoded once, they cost a look-up in every other mail.
    # Without its line end, because the C function leaves spaces alone that stand before CR LF.
    return binascii.b2a_qp(line.encode(), istext=True).replace(b"\n", b"\r\n")


def _plain(header: str, value: str) -> str:
    if _CONTROL.search(value) or not value.isascii():
        raise UnsafeHeader(f"unusable character in {header}")
    return value


def plain_address(header: str, value: str | None) -> str:
    """The address, if it is one that every server takes. Raises `UnsafeHeader`."""
    if not value or len(value) > MAX_ADDRESS or not _PLAIN_ADDRESS.fullmatch(value):
        raise UnsafeHeader(f"unusable address in {header}")
    return value


@lru_cache(maxsize=256)
def _mailbox(name: str, address: str) -> str:
    address = plain_address("From", address)
    if not name:
        return address
    if name.isascii() and not _CONTROL.search(name):
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{address}>'
    return f"{_words('From', name)} <{address}>"


@lru_cache(maxsize=4_096)
def _words(header: str, value: str) -> str:
    """The value as it may stand in a header: as it is if short and plain, else as encoded words."""
    if _CONTROL.search(value):
        raise UnsafeHeader(f"control character in {header}")
    if value.isascii() and len(value) <= 60 and "=?" not in value and value == value.strip():
        return value
    words, word = [], b""
    for character in value:
        encoded = character.encode()
        if len(word) + len(encoded) > _WORD_BYTES:
            words.append(word)
            word = b""
        word += encoded
    words.append(word)
    return "\r\n ".join(f"=?utf-8?B?{base64.b64encode(word).decode()}?=" for word in words)
