"""Merge fields are enough: whoever has only the outbox makes the mails that we would have written, headers and all."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import duckdb
import pytest

from assets.messaging import daily_steps, links, merge_pages
from assets.messaging.journeys import load_templates
from assets.messaging.ledger_guard import open_ledger
from assets.messaging.prepared import prepare
from assets.messaging.render import Renderer
from assets.messaging.rendering import RenderedMessages
from assets.messaging.run_content import WarehouseContent
from assets.messaging.template_samples import sample_rows
from assets.messaging.tokens import read_token
from orchestration.settings import Settings
from tests.faults import kit
from tests.servers import provider
from tests.unit.messaging.content_tables import as_row, write_content

RUN_DATE = date(2026, 11, 20)
ONCE = ("From", "To", "Date", "Subject", "Message-ID", "Feedback-ID", "List-Unsubscribe", "List-Unsubscribe-Post")


@pytest.fixture(scope="module", params=["one by one", "a page at once"])
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An outbox that holds every mail that the shipped journeys hand off as merge fields."""
    settings = kit.settings(tmp_path_factory.mktemp("home"), first_run_date=date(2026, 1, 1))
    templates = load_templates(settings.templates_dir, check_texts=False)
    noon = datetime(2026, 11, 20, 9, tzinfo=UTC)
    rows = [
        as_row(
            sample, message_id=f"{number:032x}", address=f"kunde{number}@kunde.example",
            run_date=RUN_DATE, send_at=noon, expires_at=noon + timedelta(days=2),
        )
        for number, sample in enumerate(row for row in sample_rows(templates) if row.channel == "email")
    ]  # fmt: skip
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        write_content(connection, rows)
        connection.execute(
            """
            create table intermediate.int_consent__withdrawn_since_as_of
            (address varchar, channel varchar, occurred_at timestamptz);
            create schema marts;
            create table marts.fct_volume_bands as
            select distinct run_date, channel, journey, null::varchar as held_because, null::varchar as remark
            from intermediate.int_messages__content
            """
        )
    with pytest.MonkeyPatch.context() as patch, open_ledger(settings) as outbox:
        patch.setattr(merge_pages, "WORTH_IT", 1 if request.param == "a page at once" else 10**9)
        assert daily_steps.hand_off(settings, RUN_DATE, outbox).n_accepted == len(rows)
    return settings


def written_by_us(home: Settings) -> dict[str, EmailMessage]:
    """The same messages as full mails."""
    source = RenderedMessages(Renderer(home, load_templates(home.templates_dir, check_texts=False)))
    content = WarehouseContent(home.warehouse_path, RUN_DATE)
    mails: dict[str, EmailMessage] = {}
    for group in content.groups():
        for page in content.pages(group, 1_000):
            for member in prepare(home, page.rows(), source, "eml").prepared:
                mail = message_from_bytes(member.content, policy=SMTP)
                assert isinstance(mail, EmailMessage)
                mails[member.message_id] = mail
    return mails


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n").rstrip("\n")


def test_a_provider_makes_the_mails_that_we_would_have_written(home: Settings) -> None:
    """Same words, same links, same headers: nothing that law or mailbox providers ask for is lost on the way."""
    ours = written_by_us(home)
    n = 0
    for record, made in provider.mails(home.outbox_dir):
        mail = message_from_bytes(made.as_bytes(), policy=SMTP)
        assert isinstance(mail, EmailMessage)
        same = ours[record["message_id"]]
        for name in (*ONCE, "Reply-To", "Content-Language"):
            assert len(mail.get_all(name, [])) == 1, name
            assert mail[name] == same[name], name
        assert (body(mail, "html"), body(mail, "plain")) == (body(same, "html"), body(same, "plain"))
        n += 1
    assert n > 150


def test_each_record_holds_what_the_headers_of_its_mail_need(home: Settings) -> None:
    """The one-click link is https, on one line, opens this message's page, and is the link that the text shows."""
    legal = load_templates(home.templates_dir, check_texts=False).brand.legal
    for record, mail in provider.mails(home.outbox_dir):
        head = mail.as_bytes().split(b"\r\n\r\n")[0].split(b"\r\n")
        link = record["unsubscribe_link"]
        assert f"List-Unsubscribe: <{link}>".encode() in head
        assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head
        assert read_token([home.require_secret_key()], link.rpartition("/")[2]) == (record["message_id"], "email")
        assert "@" not in link
        for kind in ("html", "plain"):
            text = body(mail, kind)
            assert link in text
            for word in (legal.name, legal.postal_address, legal.organisation_number):
                assert word in text
        assert set(links.links_in_text(body(mail, "plain"))) >= {link}


def test_the_outbox_says_who_the_sender_is(home: Settings) -> None:
    """Law asks for name, postal address and number; whoever sends for us has to know them."""
    for path in Path(home.outbox_dir).glob("*/*.manifest.json"):
        sender = json.loads(path.read_text())["sender"]
        assert all(sender[name] for name in ("name", "address", "legal_name", "postal_address", "organisation_number"))
