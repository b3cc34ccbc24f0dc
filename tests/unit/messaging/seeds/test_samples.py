"""Test messages: byte for byte what production would write, but for their mark; of nobody, and new each time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from assets.messaging import keys
from assets.messaging.channels.messages import Letter
from assets.messaging.journeys import load_templates
from assets.messaging.messages import RenderedEmail
from assets.messaging.prepared import prepare
from assets.messaging.render import Renderer
from assets.messaging.rendering import RenderedMessages
from assets.messaging.seeds.addresses import Seed
from assets.messaging.seeds.samples import NothingWanted, SeedMessages, Wanted, write_messages
from assets.messaging.template_samples import Shop
from assets.messaging.tokens import read_token
from tests.unit.messaging.template_root import SETTINGS, SHIPPED

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
TEMPLATES = load_templates(SHIPPED, check_texts=False)
SHOP = Shop.of(TEMPLATES.brand)
RENDERER = Renderer(SETTINGS, TEMPLATES)
KARI, OLA, PHONE = (
    Seed(1, "email", "kari@butikk.example"),
    Seed(2, "email", "ola@butikk.example"),
    Seed(3, "sms", "+4740000001"),
)
CARTS = Wanted(journey="cart_abandoned", step="reminder", language="nb").samples(TEMPLATES, SHOP)


def written(*seeds: Seed) -> SeedMessages:
    return write_messages(SETTINGS, RENDERER, CARTS, seeds, NOW)


def parsed(letter: Letter) -> EmailMessage:
    mail = message_from_bytes(letter.mime or b"", policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def test_a_mail_is_what_a_customer_would_get_but_for_the_mark_before_its_subject() -> None:
    """Looked at is what leaves: the way of the bytes is the one of the hand-off, not a second one."""
    [mail] = written(KARI).messages
    sample = next(row for row in CARTS if row.channel == "email")
    row = {**vars(sample), "class": sample.message_class, "message_id": mail.letter.message_id}
    row |= {"address": KARI.address, "send_at": NOW, "expires_at": sample.expires_at}
    [customers] = prepare(SETTINGS, [row], RenderedMessages(RENDERER), "eml").prepared
    rendered = RENDERER.render(sample)
    assert isinstance(rendered, RenderedEmail)

    subject = parsed(mail.letter)["Subject"]
    assert subject == f"[Test] {rendered.subject}"
    ours, theirs = (_without_subject(content) for content in (mail.letter.mime or b"", customers.content))
    assert ours == theirs
    assert "[Test]" not in ours.decode()


def _without_subject(mime: bytes) -> bytes:
    head, _, body = mime.partition(b"\r\n\r\n")
    lines = head.replace(b"\r\n ", b" ").split(b"\r\n")
    kept = [line for line in lines if not line.startswith(b"Subject: ")]
    assert len(kept) == len(lines) - 1
    return b"\r\n".join(kept) + body


def test_every_header_that_mailbox_providers_ask_for_is_there_once_and_the_date_is_now() -> None:
    """A test without them lands elsewhere than the real mail will."""
    [mail] = written(KARI).messages
    found = parsed(mail.letter)
    once = ("From", "To", "Date", "Subject", "Message-ID", "Feedback-ID", "List-Unsubscribe", "List-Unsubscribe-Post")
    assert [len(found.get_all(name, [])) for name in once] == [1] * len(once)
    assert found["To"] == KARI.address
    assert found["Date"].datetime == NOW


def test_an_sms_is_the_very_text_and_record_that_a_gateway_gets() -> None:
    """A mark would change the segments, which are what somebody looks at and pays for."""
    [sms] = written(PHONE).messages
    sample = next(row for row in CARTS if row.channel == "sms")
    expected = RENDERER.render(replace(sample, message_id=sms.letter.message_id))
    assert sms.letter.record["text"] == expected.text
    assert sms.letter.record["sender"] == TEMPLATES.brand.senders.sms.sender_id
    assert (sms.letter.address, sms.letter.mime) == (PHONE.address, None)


def test_each_seed_gets_its_own_channel_and_its_own_message_and_each_call_is_new() -> None:
    """Mail programs hide a second message of the same id: a repeated test would look as if it had not arrived."""
    both = [written(KARI, OLA, PHONE).messages for _ in range(2)]
    for messages in both:
        assert [(one.seed, one.letter.address) for one in messages] == [
            (seed, seed.address) for seed in (KARI, OLA, PHONE)
        ]
    ids = {one.letter.message_id for messages in both for one in messages}
    assert len(ids) == 6
    assert all(keys.is_of_a_test(message_id) for message_id in ids)


def test_the_links_at_the_foot_are_genuine_and_those_of_a_test() -> None:
    """They are looked at, too; what the service says to them is in its own tests."""
    [mail] = written(KARI).messages
    link = parsed(mail.letter)["List-Unsubscribe"].strip("<>")
    token = link.rpartition("/")[2]
    assert read_token([SETTINGS.require_secret_key()], token) == (mail.letter.message_id, "email")
    html = parsed(mail.letter).get_body(("html",))
    assert html is not None
    assert link in html.get_content()


def test_a_message_of_a_customer_is_never_taken_for_a_test() -> None:
    assert not keys.is_of_a_test(keys.request_hash(b"order 1")[:32])
    assert not any(keys.is_of_a_test(row.message_id) for row in CARTS)


def test_a_sample_that_cannot_be_written_is_named_and_the_others_go_on() -> None:
    """One broken template must not hide the others."""
    mail, sms = (next(row for row in CARTS if row.channel == channel) for channel in ("email", "sms"))
    broken = replace(mail, content=mail.content | {"cart": None})
    done = write_messages(SETTINGS, RENDERER, [broken, sms], [KARI, OLA, PHONE], NOW)
    assert list(done.failed) == ["cart_abandoned-reminder-email-nb"]
    assert [one.name for one in done.messages] == ["cart_abandoned-reminder-sms-nb"]


def test_samples_are_chosen_by_journey_step_language_channel_and_by_what_waits() -> None:
    assert {(row.channel, row.step, row.language) for row in CARTS} == {
        ("email", "reminder", "nb"),
        ("sms", "reminder", "nb"),
    }
    waiting = frozenset({("email", "welcome", "hello", "fi"), ("sms", "cart_abandoned", "reminder", "da")})
    found = Wanted(kinds=waiting).samples(TEMPLATES, SHOP)
    assert {(row.channel, row.journey, row.step, row.language) for row in found} == {
        ("email", "welcome", "hello", "en"),
        ("sms", "cart_abandoned", "reminder", "da"),
    }
    assert {row.language for row in Wanted(channel="sms", kinds=waiting).samples(TEMPLATES, SHOP)} == {"da"}


def test_what_is_not_there_is_answered_with_what_is() -> None:
    with pytest.raises(NothingWanted, match=r"no journey cart here, only .*cart_abandoned"):
        Wanted(journey="cart").samples(TEMPLATES, SHOP)
    with pytest.raises(NothingWanted, match="no step hello here, only saved, reminder"):
        Wanted(journey="cart_abandoned", step="hello").samples(TEMPLATES, SHOP)
    with pytest.raises(NothingWanted, match="No batch waits"):
        Wanted(kinds=frozenset({("email", "gone", "hello", "nb")})).samples(TEMPLATES, SHOP)
