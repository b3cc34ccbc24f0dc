"""Channels as the environment names them: an address is read, or refused in words, and promises what its kind can."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from assets.messaging.channels import configured
from assets.messaging.channels.addresses import AddressError, parse
from assets.messaging.channels.signed_http import SignedHttpChannel
from orchestration.settings import SettingsError
from tests.faults import kit


def test_an_address_names_server_secret_and_options() -> None:
    """Percent-encoded secrets come out as they are, and stay out of the repr."""
    found = parse("email", "smtp://relay:p%40ss@mail.example:2525?rate=50&return_path=b%2B{id}@post.example")
    assert (found.host, found.port, found.user, found.password) == ("mail.example", 2525, "relay", "p@ss")
    assert found.number("rate") == 50
    assert found.options["return_path"] == "b+{id}@post.example"
    assert "p@ss" not in repr(found)


@pytest.mark.parametrize(
    ("channel", "text", "why"),
    [
        ("email", "mail.example:25", "neither"),
        ("email", "ftp://mail.example", "is none of"),
        ("email", "kannel://gateway.example", "cannot carry email"),
        ("sms", "smtp://mail.example", "cannot carry sms"),
        ("email", "smtp://mail.example?speed=1", "no option speed"),
        ("email", "smtp://mail.example?rate=fast", "number above 0"),
        ("email", "smtp://", "names no host"),
        ("email", "smtp://mail.example:x", "is no address"),
        ("email", "http://api.example/send", "without TLS"),
        ("email", "smtp://user:secret@mail.example?tls=none", "without TLS"),
    ],
)
def test_an_address_that_cannot_be_used_says_why_and_not_what_it_was(channel: str, text: str, why: str) -> None:
    """It may hold a password, and the sentence ends in a log."""
    with pytest.raises(AddressError, match=why) as caught:
        parse(channel, text)
    assert "secret" not in str(caught.value)


def test_both_wrong_addresses_are_named_at_once(tmp_path: Path) -> None:
    """One start, one list."""
    wrong = kit.settings(tmp_path, email_via="ftp://a", sms_via="smtp://b")
    with pytest.raises(SettingsError, match=r"(?s)FREDNING_EMAIL_VIA .*FREDNING_SMS_VIA ") as caught:
        configured.one_by_one(wrong)
    assert "ftp://a" not in str(caught.value)


@pytest.mark.parametrize(
    ("channel", "text", "name", "can_lookup"),
    [
        ("email", "smtp://127.0.0.1:25?tls=none", "smtp", False),
        ("email", "smtp://127.0.0.1:25?tls=none&log=/var/log/mail.log", "smtp", True),
        ("email", "https://:whsec_c2VjcmV0@api.example/send", "http", False),
        ("email", "ses://eu-north-1", "ses", False),
        ("sms", "twilio://AC1:token@api.twilio.com", "twilio", False),
        ("sms", "kannel://u:p@127.0.0.1:13013?log=/var/log/kannel/access.log&admin_port=13000", "kannel", True),
    ],
)
def test_every_kind_of_channel_opens_and_says_what_it_promises(
    tmp_path: Path, channel: str, text: str, name: str, can_lookup: bool
) -> None:
    """Opening connects to nothing; only a log of one's own server proves that something is absent."""
    setting = kit.settings(tmp_path, **{f"{channel}_via": text})
    promise = configured.message_channels(setting)[channel].promise
    assert (promise.name, promise.can_lookup, promise.proves_absence) == (name, can_lookup, can_lookup)


def test_an_idempotency_time_is_for_single_messages_only() -> None:
    """A request of several cannot be made again as it was once one of them has been answered."""
    with pytest.raises(ValueError, match="max_batch=1"):
        SignedHttpChannel(None, "/", b"", max_batch=2, idempotency_ttl=timedelta(hours=1))  # type: ignore[arg-type]
