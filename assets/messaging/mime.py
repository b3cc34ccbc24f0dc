"""One mail as bytes with the headers that mailbox providers ask for. Knows mail, nothing of journeys or files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

# A one-click link must stay on one line: folded into encoded words, mailbox providers do not see it.
POLICY = SMTP.clone(max_line_length=998, cte_type="7bit")

_PLAIN_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+\Z")


class UnsafeHeader(ValueError):
    """A value that cannot stand in a header; the message names the header, never the value."""


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
    text: str
    html: str | None
    unsubscribe_link: str | None
    feedback_id: str
    reply_to: str | None = None
    language: str | None = None


def mail_bytes(mail: Mail) -> bytes:
    """The mail in CRLF lines, pure ASCII. Equal mails give equal bytes: the boundary is derived, not drawn.

    Raises `UnsafeHeader` for line breaks and control characters in a header, and for an address that
    is not plain ASCII (no server here speaks SMTPUTF8).
    """
    for name, value in (
        ("Subject", mail.subject),
        ("From", mail.sender_name),
        ("List-Unsubscribe", mail.unsubscribe_link or ""),
        ("Feedback-ID", mail.feedback_id),
    ):
        if any(ord(character) < 32 or ord(character) == 127 for character in value):
            raise UnsafeHeader(f"control character in {name}")
    addresses = (("To", mail.recipient), ("From", mail.sender_address), ("Reply-To", mail.reply_to))
    for name, address in addresses:
        if address is None and name == "Reply-To":
            continue
        if not address or not address.isascii() or not _PLAIN_ADDRESS.fullmatch(address):
            raise UnsafeHeader(f"unusable address in {name}")

    message = EmailMessage(policy=POLICY)
    message["From"] = Address(mail.sender_name, addr_spec=mail.sender_address)
    message["To"] = Address(addr_spec=mail.recipient)
    if mail.reply_to:
        message["Reply-To"] = Address(addr_spec=mail.reply_to)
    message["Date"] = format_datetime(mail.sent_at.astimezone(UTC))
    message["Subject"] = mail.subject
    message["Message-ID"] = f"<{mail.message_id}@{mail.host}>"
    message["Feedback-ID"] = mail.feedback_id
    if mail.unsubscribe_link:
        message["List-Unsubscribe"] = f"<{mail.unsubscribe_link}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if mail.language:
        message["Content-Language"] = mail.language
    message.set_content(mail.text, cte="quoted-printable")
    if mail.html is not None:
        message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
        message.set_boundary(f"=_{mail.message_id}")
    return message.as_bytes()
