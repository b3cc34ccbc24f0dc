"""Providers that answer strangely, late, in part, or not at all: what the ledger then says, and what the wire saw."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from assets.messaging import approvals, keys
from assets.messaging.channels.http import Endpoint
from assets.messaging.channels.messages import MessageChannel
from assets.messaging.channels.signed_http import SignedHttpChannel
from assets.messaging.channels.smtp import Server, SmtpChannel
from assets.messaging.channels.twilio import TwilioChannel
from assets.messaging.ledger import messages, suppressions
from assets.messaging.ledger_views import dead_letters, list_batches
from assets.messaging.outbox import Outbox
from assets.messaging.provider_events import apply_provider_events
from assets.messaging.rendering import Written
from assets.messaging.spool import Spool
from assets.messaging.worker import Worker
from orchestration.settings import Settings
from tests.faults import kit
from tests.faults.kit import ListContent, PlainSource, row, states
from tests.faults.one_by_one import HOURS, NOON, release, spooled, worker_of
from tests.servers.postgres import new_database, running_postgres
from tests.servers.scripted import Reply, Request, dropping_proxy, http_server, smtp_server

SECRET = b"a provider's secret"
MAILS = ListContent([row(n) for n in range(6)])
TEXTS = ListContent([row(n, channel="sms", address=f"+479990000{n}") for n in range(6)])


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with running_postgres() as folder:
        yield folder


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Every test of this file on both databases."""
    if request.param == "sqlite":
        return kit.settings(tmp_path)
    return kit.settings(tmp_path, ledger_url=new_database(request.getfixturevalue("postgres")))


def by_http(port: int, **options: Any) -> dict[str, MessageChannel]:
    channel = SignedHttpChannel(Endpoint("127.0.0.1", port, tls=False), "/send", SECRET, **options)
    return {"email": channel, "sms": channel}


def by_smtp(port: int) -> dict[str, MessageChannel]:
    return {"email": SmtpChannel(Server("127.0.0.1", port, tls="none"))}


def accepting(request: Request) -> Reply:
    asked = json.loads(request.body)["messages"]
    return Reply(200, {"results": [{"message_id": m["message_id"], "status": "accepted"} for m in asked]})


def at_once(home: Settings, outbox: Outbox, channels: Mapping[str, MessageChannel], **options: Any) -> Worker:
    """A worker that never sleeps; `options` as of `worker_of`."""
    work = worker_of(home, outbox, channels, **options)
    work.sleep = lambda _seconds: None
    return work


def later(outbox: Outbox, **time: float) -> None:
    """Let the ledger's clock (leases, pauses, waits) go forward."""
    outbox._now = lambda: datetime.now(UTC) + timedelta(**time)


# --- answers -----------------------------------------------------------------------------------------


def test_a_dropped_response_is_one_request_in_doubt_until_an_event_names_it(home: Settings, outbox: Outbox) -> None:
    """Asking again would be a second message: only the provider's own event settles it."""
    one = ListContent(MAILS.rows[:1])
    release(home, outbox, one)
    with http_server(accepting) as provider, dropping_proxy(provider.port, b"webhook-signature") as proxy:
        at_once(home, outbox, by_http(proxy)).run_once()
        assert states(outbox) == {"UNKNOWN": 1}
        later(outbox, hours=1)
        at_once(home, outbox, by_http(proxy)).run_once()
        assert len(provider.requests) == 1
    assert states(outbox) == {"UNKNOWN": 1}
    event = {"message_id": one.rows[0]["message_id"], "event": "delivered", "channel": "email"}
    apply_provider_events(outbox, kit.SECRET.encode(), [event | {"occurred_at": NOON, "address": None}])
    assert states(outbox) == {"DELIVERED": 1}


def test_without_evidence_a_doubt_goes_to_a_person_after_a_day_and_never_back(home: Settings, outbox: Outbox) -> None:
    """Absence of evidence is not evidence of absence."""
    release(home, outbox, ListContent(MAILS.rows[:1]))
    with http_server(lambda _: None) as provider:
        at_once(home, outbox, by_http(provider.port)).run_once()
        later(outbox, hours=25)
        at_once(home, outbox, by_http(provider.port)).run_once()
        assert states(outbox) == {"QUARANTINED": 1}
        assert len(provider.requests) == 1


def test_the_same_bytes_go_again_while_the_provider_remembers_their_key(home: Settings, outbox: Outbox) -> None:
    """With an idempotency time a lost answer is asked for again: same key, same body."""
    release(home, outbox, ListContent(MAILS.rows[:1]))
    answers = iter([None, accepting])
    with http_server(lambda request: a(request) if (a := next(answers)) else None) as provider:
        channels = by_http(provider.port, max_batch=1, idempotency_ttl=timedelta(hours=24))
        at_once(home, outbox, channels).run_once()
        assert states(outbox) == {"UNKNOWN": 1}
        at_once(home, outbox, channels).run_once()
        assert states(outbox) == {"ACCEPTED": 1}
        first, second = provider.requests
    assert first.body == second.body
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


def test_a_withdrawn_permission_ends_the_repeating_of_bytes(home: Settings, outbox: Outbox) -> None:
    """If the first request never arrived, the second one is the message, and needs a permission of its own."""
    release(home, outbox, ListContent(MAILS.rows[:1]))
    with http_server(lambda _: None) as provider:
        channels = by_http(provider.port, max_batch=1, idempotency_ttl=timedelta(hours=24))
        at_once(home, outbox, channels).run_once()
        opt_out(outbox, MAILS.rows[0])
        at_once(home, outbox, channels).run_once()
        assert len(provider.requests) == 1
    assert states(outbox) == {"UNKNOWN": 1}


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_provider_quiets_the_whole_channel_for_as_long_as_it_asks(
    home: Settings, outbox: Outbox, status: int
) -> None:
    """Retry-After is about the provider, not about one message: nobody else asks in the meantime."""
    release(home, outbox, MAILS)
    is_busy = [True]

    def answer(request: Request) -> Reply:
        return Reply(status, b"", {"Retry-After": "600"}) if is_busy[0] else accepting(request)

    with http_server(answer) as provider:
        channels = by_http(provider.port, max_batch=2)
        at_once(home, outbox, channels, chunk=2).run_once()
        assert (len(provider.requests), states(outbox)) == (1, {"APPROVED": 4, "DEFERRED": 2})
        is_busy[0] = False
        later(outbox, seconds=590)
        at_once(home, outbox, channels, chunk=2).run_once()
        assert len(provider.requests) == 1
        later(outbox, seconds=610)
        at_once(home, outbox, channels, chunk=2).run_once()
    assert states(outbox) == {"ACCEPTED": 6}


def test_200_with_item_errors_counts_item_by_item(home: Settings, outbox: Outbox) -> None:
    """A batch that "succeeded" may hold refusals; one that the answer forgot is in doubt, not accepted."""
    release(home, outbox, MAILS)

    def answer(request: Request) -> Reply:
        ids = [m["message_id"] for m in json.loads(request.body)["messages"]]
        said = ["accepted", "rejected", "deferred", "accepted", "nonsense"]
        return Reply(200, {"results": [{"message_id": i, "status": s} for i, s in zip(ids, said, strict=False)]})

    with http_server(answer) as provider:
        at_once(home, outbox, by_http(provider.port)).run_once()
        assert len(provider.requests) == 1
    assert states(outbox) == {"ACCEPTED": 2, "REJECTED": 1, "DEFERRED": 1, "UNKNOWN": 2}


def test_a_refused_request_is_taken_apart_to_find_the_message_that_spoils_it(home: Settings, outbox: Outbox) -> None:
    """One bad message must not give up its neighbours: the second attempt sends each alone."""
    release(home, outbox, MAILS)
    bad = MAILS.rows[2]["message_id"]
    with http_server(lambda r: Reply(400) if bad.encode() in r.body else accepting(r)) as provider:
        at_once(home, outbox, by_http(provider.port)).run_once()
        assert states(outbox) == {"DEFERRED": 6}
        later(outbox, minutes=2)
        at_once(home, outbox, by_http(provider.port)).run_once()
    assert states(outbox) == {"ACCEPTED": 5, "REJECTED": 1}


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_gateways_error_may_hide_an_acceptance(home: Settings, outbox: Outbox, status: int) -> None:
    """Somebody behind the gateway may have the message, so nobody asks again."""
    release(home, outbox, ListContent(MAILS.rows[:1]))
    with http_server(lambda _: Reply(status)) as provider:
        at_once(home, outbox, by_http(provider.port)).run_once()
        later(outbox, hours=1)
        at_once(home, outbox, by_http(provider.port)).run_once()
        assert len(provider.requests) == 1
    assert states(outbox) == {"UNKNOWN": 1}


def test_a_redirect_is_not_followed(home: Settings, outbox: Outbox) -> None:
    """A message that is sent again to another address is a second message."""
    release(home, outbox, ListContent(MAILS.rows[:1]))
    with http_server(accepting) as other:
        elsewhere = {"Location": f"http://127.0.0.1:{other.port}/send"}
        with http_server(lambda _: Reply(307, b"", elsewhere)) as provider:
            at_once(home, outbox, by_http(provider.port)).run_once()
        assert not other.requests
    assert states(outbox) == {"REJECTED": 1}


def test_a_server_that_is_not_there_defers_and_quiets_the_channel(home: Settings, outbox: Outbox) -> None:
    """Nothing left, so everything may be tried again; but not a thousand times at once."""
    release(home, outbox, MAILS)
    with http_server(accepting) as provider:
        port = provider.port
    at_once(home, outbox, by_http(port, max_batch=1), chunk=1).run_once()
    assert states(outbox) == {"APPROVED": 5, "DEFERRED": 1}


# --- SMTP --------------------------------------------------------------------------------------------


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


# --- SMS ---------------------------------------------------------------------------------------------


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


# --- people --------------------------------------------------------------------------------------------


def opt_out(outbox: Outbox, message: Mapping[str, Any], reason: str = "unsubscribed") -> None:
    key = keys.address_key(kit.SECRET.encode(), message["channel"], message["address"])
    stop = {"address_key": key, "channel": message["channel"], "reason": reason, "at": NOON}
    with outbox.transaction() as tx:
        tx.execute(outbox.insert_new(suppressions).values(stop))


def test_an_opt_out_after_release_is_obeyed_at_the_instant_of_sending(home: Settings, outbox: Outbox) -> None:
    """Released in the morning, withdrawn at lunch, due in the afternoon."""
    release(home, outbox, MAILS)
    opt_out(outbox, MAILS.rows[1])
    opt_out(outbox, MAILS.rows[2], "erased")
    with http_server(accepting) as provider:
        at_once(home, outbox, by_http(provider.port)).run_once()
        sent = provider.requests[0].body
    assert MAILS.rows[1]["message_id"].encode() not in sent
    assert states(outbox) == {"ACCEPTED": 4, "SUPPRESSED": 2}


def test_an_opt_out_between_claim_and_intent_is_obeyed_too(home: Settings, outbox: Outbox) -> None:
    """The look at permissions and the intent are one transaction; nothing fits in between."""
    release(home, outbox, MAILS)

    def withdraw(point: str) -> None:
        if point == "claimed":
            opt_out(outbox, MAILS.rows[0])

    with http_server(accepting) as provider:
        at_once(home, outbox, by_http(provider.port), failpoint=withdraw).run_once()
    assert states(outbox) == {"ACCEPTED": 5, "SUPPRESSED": 1}


def test_an_erasure_during_sending_stops_everything_after_it(home: Settings, outbox: Outbox) -> None:
    """What is in the air cannot be called back, but it is recorded; what follows to the address never starts."""
    again = row(0, step="second") | {"message_id": "f" * 32, "send_at": row(0)["send_at"] + timedelta(minutes=30)}
    release(home, outbox, ListContent([MAILS.rows[0], again]))

    def erase(point: str) -> None:
        if point == "intended":
            opt_out(outbox, MAILS.rows[0], "erased")

    with http_server(accepting) as provider:
        at_once(home, outbox, by_http(provider.port), chunk=1, failpoint=erase).run_once()
        assert len(provider.requests) == 1
    assert states(outbox) == {"ACCEPTED": 1, "SUPPRESSED": 1}


def test_the_kill_switch_is_looked_at_before_every_chunk(home: Settings, outbox: Outbox) -> None:
    """In mid-batch: what has an intent is finished, what has none does not start, in any process."""
    release(home, outbox, MAILS)

    def stop(point: str) -> None:
        if point == "intended":
            approvals.stop_everything(outbox, "kari", NOON)

    with http_server(accepting) as provider:
        report = at_once(home, outbox, by_http(provider.port), chunk=2, failpoint=stop).run_once()
        assert report.is_stopped
        assert states(outbox) == {"ACCEPTED": 2, "APPROVED": 4}
        approvals.resume(outbox)
        at_once(home, outbox, by_http(provider.port)).run_once()
    assert states(outbox) == {"ACCEPTED": 6}


def test_a_stop_between_claim_and_intent_is_obeyed(home: Settings, outbox: Outbox) -> None:
    """The look at the stop is in the intent's own transaction."""
    release(home, outbox, MAILS)

    def stop(point: str) -> None:
        if point == "claimed":
            approvals.stop_everything(outbox, "kari", NOON)

    with http_server(accepting) as provider:
        at_once(home, outbox, by_http(provider.port), failpoint=stop).run_once()
        assert not provider.requests


def test_one_batch_can_be_stopped_while_it_is_being_sent(home: Settings, outbox: Outbox) -> None:
    """A person saw the first mails; the rest waits for a person."""
    release(home, outbox, MAILS)
    [batch] = list_batches(outbox)

    def stop(point: str) -> None:
        if point == "recorded":
            approvals.stop_batch(outbox, batch["sha256"], "kari")

    with http_server(accepting) as provider:
        at_once(home, outbox, by_http(provider.port), chunk=2, failpoint=stop).run_once()
    assert states(outbox) == {"ACCEPTED": 2, "APPROVED": 4}


# --- time ----------------------------------------------------------------------------------------------


def test_a_provider_that_is_down_for_a_day_gets_no_late_blast(home: Settings, outbox: Outbox) -> None:
    """What could not leave on its day is held for a later run to decide anew; what expired is gone."""
    soon = {"expires_at": NOON + timedelta(hours=2)}
    release(home, outbox, ListContent([*MAILS.rows[:3], *(row(n, **soon) for n in range(3, 6))]))
    with http_server(accepting) as provider:
        port = provider.port
    for hour in range(8):
        later(outbox, hours=hour)
        at_once(home, outbox, by_http(port), now=NOON + timedelta(hours=hour)).run_once()
    with http_server(accepting) as provider:
        later(outbox, hours=24)
        at_once(home, outbox, by_http(provider.port), now=NOON + timedelta(hours=24)).run_once()
        assert not provider.requests
    assert states(outbox) == {"EXPIRED": 3, "HELD": 3}
    assert not spooled(home)


def test_a_worker_that_is_late_does_not_write_at_night(home: Settings, outbox: Outbox) -> None:
    """Due at noon, but the worker came at half past nine in the evening: the customer's sending hours are over."""
    release(home, outbox, MAILS)
    with http_server(accepting) as provider:
        at_once(home, outbox, by_http(provider.port), now=datetime(2026, 11, 20, 20, 30, tzinfo=UTC)).run_once()
        assert not provider.requests
    assert states(outbox) == {"HELD": 6}


@pytest.mark.parametrize(
    ("day", "timezone", "last_instant"),
    [
        (date(2026, 10, 25), "Europe/Oslo", datetime(2026, 10, 25, 18, 59, 59, tzinfo=UTC)),
        (date(2026, 10, 24), "Europe/Oslo", datetime(2026, 10, 24, 17, 59, 59, tzinfo=UTC)),
        (date(2027, 3, 28), "Europe/Helsinki", datetime(2027, 3, 28, 16, 59, 59, tzinfo=UTC)),
        (date(2026, 10, 25), "Mars/Olympus", datetime(2026, 10, 25, 18, 59, 59, tzinfo=UTC)),
    ],
)
def test_sending_hours_end_by_the_customers_clock_on_the_day_it_changes(
    day: date, timezone: str, last_instant: datetime
) -> None:
    """Eight in the evening is another instant the day after the clocks went back; a bad zone is the retailer's."""
    assert not HOURS.are_over("email", day, timezone, last_instant)
    assert HOURS.are_over("email", day, timezone, last_instant + timedelta(seconds=1))


def test_nothing_starts_without_a_permission_basis(home: Settings, outbox: Outbox) -> None:
    """Whatever planned it: a row that cannot say why it may be sent is not sent."""
    release(home, outbox, ListContent([*MAILS.rows[:2], row(2, permission_basis=None)]))
    with http_server(accepting) as provider:
        at_once(home, outbox, by_http(provider.port)).run_once()
    assert states(outbox) == {"ACCEPTED": 2, "SUPPRESSED": 1}
    with outbox.transaction() as tx:
        started = sa.select(messages.c.permission_basis).where(messages.c.attempt > 0)
        assert set(tx.execute(started).scalars()) == {"consent"}


def test_nothing_leaves_before_its_instant(home: Settings, outbox: Outbox) -> None:
    """Each message has its own; the batch is only how they were approved."""
    release(home, outbox, MAILS)
    with http_server(accepting) as provider:
        first_three = MAILS.rows[2]["send_at"]
        at_once(home, outbox, by_http(provider.port), now=first_three).run_once()
    assert states(outbox) == {"ACCEPTED": 3, "APPROVED": 3}


def test_the_rate_of_a_channel_is_kept_by_all_workers_together(home: Settings, outbox: Outbox) -> None:
    """Two messages a second, six messages, two workers: two seconds of waiting between them."""
    release(home, outbox, MAILS)
    slept: list[float] = []
    started = datetime.now(UTC)
    outbox._now = lambda: started + timedelta(seconds=sum(slept))
    with http_server(accepting) as provider:
        for _ in range(2):
            work = at_once(home, outbox, by_http(provider.port, max_batch=1, rate=2))
            work.sleep = slept.append
            work.run_once()
        assert len(provider.requests) == 6
    assert sum(slept) == pytest.approx(2, abs=0.1)


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


# --- bytes ---------------------------------------------------------------------------------------------


def test_texts_that_change_between_attempts_do_not_change_what_was_approved(home: Settings, outbox: Outbox) -> None:
    """A deferred message keeps its bytes: the approval was for them."""
    careful = replace(home, approval="manual")
    release(careful, outbox, ListContent(MAILS.rows[:1]), source=PlainSource("Takk for handelen"))
    [batch] = list_batches(outbox)
    approvals.approve(outbox, batch["sha256"], "kari", NOON)
    release(careful, outbox, ListContent(MAILS.rows[:1]), source=PlainSource("Takk for handelen"))
    with smtp_server(lambda verb: "450 busy" if verb == "RCPT" else None) as server:
        at_once(home, outbox, by_smtp(server.port)).run_once()
    release(careful, outbox, ListContent(MAILS.rows[:1]), source=PlainSource("Noe ganske annet"))
    assert states(outbox) == {"HELD": 1}, "new words need a new approval"


def test_a_torn_spool_file_holds_its_batch_and_says_so(home: Settings, outbox: Outbox) -> None:
    """Half a file is no message; the next run of the day makes it anew."""
    release(home, outbox, MAILS)
    [path] = spooled(home)
    path.write_bytes(path.read_bytes()[:-200])
    with http_server(accepting) as provider:
        report = at_once(home, outbox, by_http(provider.port)).run_once()
        assert not provider.requests
    assert "cannot be read" in report.remarks[0]
    assert states(outbox) == {"HELD": 6}
    release(home, outbox, MAILS)
    with http_server(accepting) as provider:
        at_once(home, outbox, by_http(provider.port)).run_once()
    assert states(outbox) == {"ACCEPTED": 6}


def test_bytes_that_were_not_approved_do_not_leave(home: Settings, outbox: Outbox) -> None:
    """Each message's hash is in the ledger; somebody who edits the spool edits in vain."""
    release(home, outbox, MAILS)
    with outbox.transaction() as tx:
        edited = sa.update(messages).where(messages.c.message_id == MAILS.rows[0]["message_id"])
        tx.execute(edited.values(request_hash="x"))
    with http_server(accepting) as provider:
        at_once(home, outbox, by_http(provider.port)).run_once()
    assert states(outbox) == {"ACCEPTED": 5, "HELD": 1}


def test_an_erased_persons_message_leaves_the_spool_and_never_starts(home: Settings, outbox: Outbox) -> None:
    """An erasure takes the bytes away and the ledger's hash of the address; each alone stops the message."""
    release(home, outbox, MAILS)
    spool, gone = Spool(home.spool_dir), MAILS.rows[0]["message_id"]
    assert spool.forget({gone}) == 1
    assert gone.encode() not in spooled(home)[0].read_bytes()
    nameless = sa.update(messages).where(messages.c.message_id == MAILS.rows[1]["message_id"])
    with outbox.transaction() as tx:
        tx.execute(nameless.values(address_key=""))
    with http_server(accepting) as provider:
        at_once(home, outbox, by_http(provider.port)).run_once()
    assert states(outbox) == {"ACCEPTED": 4, "HELD": 1, "SUPPRESSED": 1}


def test_the_spool_is_its_owners_and_goes_with_its_batch(home: Settings, outbox: Outbox) -> None:
    """It holds addresses: nobody else reads it, and it does not stay."""
    release(home, outbox, MAILS)
    [path] = spooled(home)
    assert path.stat().st_mode & 0o077 == 0
    with http_server(accepting) as provider:
        at_once(home, outbox, by_http(provider.port)).run_once()
    assert not spooled(home)
    [batch] = list_batches(outbox)
    assert (batch["state"], batch["n_sent"]) == ("SENT", 6)


def test_a_channel_that_fails_leaves_doubt_and_its_error_is_seen(home: Settings, outbox: Outbox) -> None:
    """A fault of our own is no answer either; it is written down before it is raised."""
    release(home, outbox, ListContent(MAILS.rows[:1]))
    with http_server(accepting) as provider:
        channels = by_http(provider.port)
        channels["email"]._secret = None  # type: ignore[attr-defined]
        with pytest.raises(TypeError):
            at_once(home, outbox, channels).run_once()
    assert states(outbox) == {"UNKNOWN": 1}
