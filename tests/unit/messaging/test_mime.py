"""Mails, judged by parsing their bytes with the standard library, as a mailbox provider would."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from assets.messaging.mime import Mail, UnsafeHeader, mail_bytes

LINK = "https://fredning.example/u/" + "a" * 120
MAIL = Mail(
    message_id="0123456789abcdef0123456789abcdef",
    host="fredning.example",
    sender_name="Butikken på hjørnet",
    sender_address="hei@butikk.example",
    recipient="kari.nordmann@kunde.example",
    sent_at=datetime(2026, 11, 20, 9, 0, 7, tzinfo=UTC),
    subject="Takk for handelen, Kåre – vi håper kaffen smaker ☕",
    text="Hei Kåre\n.\nFrom here on: " + "æøå " * 400 + "\n",
    html="<!doctype html><html lang=nb><body><p>Hei Kåre</p>" + "<p>æøå = 100 %</p>\n" * 900 + "</body></html>",
    unsubscribe_link=LINK,
    feedback_id="thanks:post_purchase_coffee:post_purchase:demo",
    reply_to="svar@butikk.example",
    language="nb",
)
REQUIRED = (
    *("From", "To", "Date", "Subject", "Message-ID", "Feedback-ID"),
    *("List-Unsubscribe", "List-Unsubscribe-Post", "MIME-Version"),
)


def parsed(mail: Mail) -> EmailMessage:
    message = message_from_bytes(mail_bytes(mail), policy=SMTP)
    assert isinstance(message, EmailMessage)
    return message


def test_every_required_header_stands_exactly_once() -> None:
    """A second From or Date makes a mail look forged, a missing one costs the inbox."""
    message = parsed(MAIL)
    for name in REQUIRED:
        assert len(message.get_all(name, [])) == 1, name
    assert message["Message-ID"] == "<0123456789abcdef0123456789abcdef@fredning.example>"
    assert message["Date"].datetime == MAIL.sent_at
    assert message["Subject"] == MAIL.subject
    assert message["From"].addresses[0].display_name == MAIL.sender_name


def test_the_one_click_link_stays_on_one_line_as_it_is() -> None:
    """Folded into an encoded word, as the standard policy does beyond 78 characters, nobody finds it."""
    head = mail_bytes(MAIL).split(b"\r\n\r\n")[0].split(b"\r\n")
    assert f"List-Unsubscribe: <{LINK}>".encode() in head
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head


def test_text_and_html_come_back_as_they_were() -> None:
    """Dots, equal signs and "From " at the start of a line are what quoted-printable must protect."""
    text = parsed(MAIL).get_body(("plain",))
    html = parsed(MAIL).get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n") == MAIL.text
    assert html.get_content().replace("\r\n", "\n") == f"{MAIL.html}\n"


def test_the_standard_library_would_have_written_the_same_mail() -> None:
    """An independent writer of mails is the oracle: equal headers and contents after parsing both."""
    oracle = EmailMessage(policy=SMTP.clone(max_line_length=998))
    oracle["From"] = Address(MAIL.sender_name, addr_spec=MAIL.sender_address)
    oracle["To"] = MAIL.recipient
    oracle["Subject"] = MAIL.subject
    oracle.set_content(MAIL.text, cte="quoted-printable")
    oracle.add_alternative(MAIL.html, subtype="html", cte="quoted-printable")
    theirs, ours = message_from_bytes(oracle.as_bytes(), policy=SMTP), parsed(MAIL)
    assert isinstance(theirs, EmailMessage)
    for name in ("From", "To", "Subject"):
        assert str(ours[name]) == str(theirs[name])
    for kind in ("plain", "html"):
        mine, other = ours.get_body((kind,)), theirs.get_body((kind,))
        assert mine is not None
        assert other is not None
        assert mine.get_content().splitlines() == other.get_content().splitlines()


def test_bytes_are_ascii_with_crlf_and_short_lines() -> None:
    """Some server on the way speaks neither 8 bits nor long lines, and would change the bytes."""
    content = mail_bytes(MAIL)
    assert content.isascii()
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert max(len(line) for line in content.split(b"\r\n")) <= 998
    body = content.split(b"\r\n\r\n", 1)[1]
    assert max(len(line) for line in body.split(b"\r\n")) <= 78


def test_equal_mails_give_equal_bytes() -> None:
    """A repeated attempt has to be provably the same; a drawn boundary would make it another mail."""
    assert mail_bytes(MAIL) == mail_bytes(replace(MAIL))


@pytest.mark.parametrize("poison", ["Hei\r\nBcc: all@kunde.example", "Hei\nX: y", "Hei\x00", "Hei\x7f"])
@pytest.mark.parametrize("header", ["subject", "sender_name", "feedback_id"])
def test_line_breaks_in_headers_are_refused_without_quoting_them(header: str, poison: str) -> None:
    """A name with a line break in it would otherwise add recipients of its own."""
    with pytest.raises(UnsafeHeader) as refused:
        mail_bytes(replace(MAIL, **{header: poison}))
    assert "Bcc" not in str(refused.value)


@pytest.mark.parametrize(
    "address",
    ["", "kåre@kunde.example", "a@b", "a b@kunde.example", "a@kunde.example, b@kunde.example", "<a@kunde.example>"],
)
def test_an_address_that_is_not_one_plain_address_is_refused_without_quoting_it(address: str) -> None:
    """The address is personal data, and the refusal ends up in logs."""
    with pytest.raises(UnsafeHeader) as refused:
        mail_bytes(replace(MAIL, recipient=address))
    assert not address or address not in str(refused.value)


def test_a_huge_or_exotic_subject_survives() -> None:
    """Long words and four-byte characters must fold into valid encoded words."""
    subject = "Å" * 300 + " 🐦" * 50
    assert parsed(replace(MAIL, subject=subject))["Subject"] == subject
    assert not re.search(rb"\r\n\r\n", mail_bytes(replace(MAIL, subject=subject)).split(b"MIME-Version")[0])
