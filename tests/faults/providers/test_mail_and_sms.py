"""A mail server's words at every step, and a gateway's form: what goes over the wire, and what its answer means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from assets.messaging.channels.http import Endpoint
from assets.messaging.channels.twilio import TwilioChannel
from assets.messaging.ledger_views import dead_letters, list_batches
from assets.messaging.outbox import Outbox
from assets.messaging.rendering import Written
from orchestration.settings import Settings
from tests.faults import kit
from tests.faults.by_provider import MAILS, at_once, by_smtp, later
from tests.faults.kit import ListContent, PlainSource, row, states
from tests.faults.one_by_one import release
from tests.servers.scripted import Reply, http_server, smtp_server

TEXTS = ListContent([row(n, channel="sms", address=f"+479990000{n}") for n in range(6)])


@pytest.mark.parametrize(
    ("command", "line", "state"),
    [
        ("CONNECT", "421 too busy", "DEFERRED"),
        ("MAIL", "421 closing", "DEFERRED"),
        ("RCPT", "450 mailbox busy", "DEFERRED"),
        ("RCPT", "550 no such user", "REJECTED"),
        ("DATA", "451 later", "DEFERRED"),
        (".", "452 disk full", "DEFERRED"),
        (".", "554 spam", "REJECTED"),
        (".", "", "UNKNOWN"),
        ("RCPT", "", "DEFERRED"),
    ],
)
def test_what_a_mail_server_says_at_each_step_means_what_it_says(
    home: Settings, outbox: Outbox, command: str, line: str, state: str
) -> None:
    """Only a connection lost after the final dot leaves doubt; before it, nothing was accepted."""
    release(home, outbox, ListContent(MAILS.rows[:1]))
    with smtp_server(lambda verb: line if verb == command else None) as server:
        at_once(home, outbox, by_smtp(server.port)).run_once()
    assert states(outbox) == {state: 1}


class Dotted(PlainSource):
    """Writes lines that begin with dots, one of them with nothing else."""

    def write(self, row: Mapping[str, Any]) -> Written:
        return replace(super().write(row), text=".\n.. Takk\n.\n.hei\n")


def test_a_mail_arrives_byte_for_byte_also_with_lines_that_begin_with_a_dot(home: Settings, outbox: Outbox) -> None:
    """Dot-stuffing is undone by the server; what is left must be what was approved."""
    release(home, outbox, ListContent(MAILS.rows[:1]), source=Dotted())
    with smtp_server(lambda _: None) as server:
        work = at_once(home, outbox, by_smtp(server.port))
        [batch] = list_batches(outbox)
        [letter] = work.spool.read(kit.RUN_DATE, batch["batch_id"], [MAILS.rows[0]["message_id"]])
        work.run_once()
        [mail] = server.mails
    assert mail.replace(b"\r\n..", b"\r\n.") == letter.mime


def test_one_connection_carries_many_mails(home: Settings, outbox: Outbox) -> None:
    """A greeting and a handshake for every mail would cost more than the mails."""
    release(home, outbox, MAILS)
    with smtp_server(lambda _: None) as server:
        at_once(home, outbox, by_smtp(server.port), threads=1).run_once()
        assert (len(server.mails), server.connections) == (6, 1)


def test_a_message_that_is_deferred_again_and_again_becomes_a_dead_letter(home: Settings, outbox: Outbox) -> None:
    """Eight attempts with growing waits; then a person sees it, with its error."""
    release(home, outbox, ListContent(MAILS.rows[:1]))
    with smtp_server(lambda verb: "450 busy" if verb == "RCPT" else None) as server:
        for attempt in range(1, 9):
            later(outbox, hours=attempt)
            at_once(home, outbox, by_smtp(server.port)).run_once()
    [letter] = dead_letters(outbox)
    assert (letter["state"], letter["attempts"], letter["n"]) == ("HELD", 8, 1)
    assert "SMTP 450" in letter["error"]


def test_an_sms_goes_out_as_a_form_with_our_id_in_the_report_address(home: Settings, outbox: Outbox) -> None:
    """Twilio's interface; the status reports come back under a name that only we could have made."""
    release(home, outbox, ListContent(TEXTS.rows[:1]))
    with http_server(lambda _: Reply(201, {"sid": "SM1"})) as provider:
        endpoint = Endpoint("127.0.0.1", provider.port, tls=False)
        channel = TwilioChannel(endpoint, "AC1", "token", report_url=lambda i: f"https://x.example/events/twilio/{i}")
        at_once(home, outbox, {"sms": channel}).run_once()
        [request] = provider.requests
    assert request.path == "/2010-04-01/Accounts/AC1/Messages.json"
    assert request.headers["authorization"].startswith("Basic ")
    assert b"To=%2B4799900000" in request.body
    assert TEXTS.rows[0]["message_id"].encode() in request.body
    assert states(outbox) == {"ACCEPTED": 1}
