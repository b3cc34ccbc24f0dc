"""People who say no while messages are on their way: recipients, and whoever watches over the sending."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from assets.messaging import approvals
from assets.messaging.ledger import messages
from assets.messaging.ledger_views import list_batches
from assets.messaging.outbox import Outbox
from orchestration.settings import Settings
from tests.faults.by_provider import MAILS, accepting, at_once, by_http, opt_out
from tests.faults.kit import ListContent, row, states
from tests.faults.one_by_one import NOON, release
from tests.servers.scripted import http_server


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


def test_nothing_starts_without_a_permission_basis(home: Settings, outbox: Outbox) -> None:
    """Whatever planned it: a row that cannot say why it may be sent is not sent."""
    release(home, outbox, ListContent([*MAILS.rows[:2], row(2, permission_basis=None)]))
    with http_server(accepting) as provider:
        at_once(home, outbox, by_http(provider.port)).run_once()
    assert states(outbox) == {"ACCEPTED": 2, "SUPPRESSED": 1}
    with outbox.transaction() as tx:
        started = sa.select(messages.c.permission_basis).where(messages.c.attempt > 0)
        assert set(tx.execute(started).scalars()) == {"consent"}


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
