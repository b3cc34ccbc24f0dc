"""Around the intent: between taking messages and starting them everything is looked at once more, and afterwards an
answer counts as long as the attempt is the one that it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from assets.messaging import approvals, attempts
from assets.messaging.channels.messages import Result
from assets.messaging.claims import Claim
from assets.messaging.clock import FixedClock
from assets.messaging.ledger import messages
from assets.messaging.ledger_views import list_batches
from assets.messaging.outbox import Outbox
from assets.messaging.sending import Permissions
from assets.messaging.states import State
from assets.messaging.worker import Worker
from orchestration.settings import Settings
from tests.faults.by_provider import MAILS, accepting, at_once, by_http
from tests.faults.kit import ListContent, row, states
from tests.faults.one_by_one import NOON, release
from tests.servers.scripted import http_server

SOON = {"expires_at": NOON + timedelta(hours=2)}


def worker(home: Settings, outbox: Outbox, port: int, **options: object) -> Worker:
    return at_once(home, outbox, by_http(port, max_batch=1, idempotency_ttl=timedelta(hours=24)), **options)


def stop_everything(outbox: Outbox) -> None:
    approvals.stop_everything(outbox, "kari", NOON)


def stop_the_batch(outbox: Outbox) -> None:
    [batch] = list_batches(outbox)
    approvals.stop_batch(outbox, batch["sha256"], "kari")


@pytest.mark.parametrize("stop", [stop_everything, stop_the_batch])
def test_a_stop_after_the_claim_is_obeyed(home: Settings, outbox: Outbox, stop: Callable[[Outbox], None]) -> None:
    """Whoever stops a batch has been told that nothing of it starts any more; claimed is not started."""
    release(home, outbox, MAILS)
    with http_server(lambda _: None) as provider:

        def stop_then(point: str) -> None:
            if point == "claimed":
                stop(outbox)

        worker(home, outbox, provider.port, failpoint=stop_then).run_once()
        assert not provider.requests
    assert not {"SENDING", "UNKNOWN", "ACCEPTED", "CLAIMED"} & states(outbox).keys()


def test_what_expires_after_the_claim_does_not_start(home: Settings, outbox: Outbox) -> None:
    """A worker that was put to sleep with messages in its hand wakes up too late for them."""
    release(home, outbox, ListContent([row(n, **SOON) for n in range(3)]))
    with http_server(lambda _: None) as provider:

        def sleep(point: str) -> None:
            if point == "claimed":
                sleepy.clock = FixedClock(SOON["expires_at"])

        sleepy = worker(home, outbox, provider.port, failpoint=sleep)
        sleepy.run_once()
        assert not provider.requests
    assert states(outbox) == {"EXPIRED": 3}


def test_what_expired_in_doubt_is_not_sent_again_though_the_provider_would_know_it(
    home: Settings, outbox: Outbox
) -> None:
    """If the first request never arrived, the second one is the message, and it comes too late."""
    release(home, outbox, ListContent([row(0, **SOON)]))
    with http_server(lambda _: None) as provider:
        worker(home, outbox, provider.port).run_once()
        assert (len(provider.requests), states(outbox)) == (1, {"UNKNOWN": 1})
        worker(home, outbox, provider.port, now=SOON["expires_at"]).run_once()
        assert len(provider.requests) == 1
    assert states(outbox) == {"UNKNOWN": 1}


def test_an_answer_counts_though_the_lease_ended_before_it_came(home: Settings, outbox: Outbox) -> None:
    """Somebody else put the messages in doubt meanwhile; the provider's yes is the evidence that settles it."""
    release(home, outbox, ListContent([row(0)]))

    def doubt(point: str) -> None:
        if point == "answered":
            assert outbox.move([row(0)["message_id"]], {State.SENDING}, State.UNKNOWN)

    with http_server(accepting) as provider:
        worker(home, outbox, provider.port, failpoint=doubt).run_once()
    assert states(outbox) == {"ACCEPTED": 1}


def test_an_answer_under_an_old_fence_changes_nothing(home: Settings, outbox: Outbox) -> None:
    """The request went again under a new number: what the first one was told is not the last word."""
    release(home, outbox, ListContent([row(0)]))
    with http_server(lambda _: None) as provider:
        worker(home, outbox, provider.port).run_once()
    with outbox.transaction() as tx:
        old = tx.execute(sa.select(messages.c.fence)).scalar_one()
    again = attempts.begin_again(outbox, [row(0)["message_id"]], Permissions(frozenset(), NOON), NOON)
    assert again.fence > old
    refused = Result(row(0)["message_id"], State.REJECTED, error="550")
    assert attempts.record(outbox, Claim(old, again.message_ids), [refused]) == {State.REJECTED: 0}
    assert states(outbox) == {"SENDING": 1}
    assert attempts.record(outbox, again, [refused]) == {State.REJECTED: 1}


@pytest.mark.parametrize(("after", "reason"), [(timedelta(0), "WITHDRAWN"), (-timedelta(microseconds=1), None)])
def test_an_opt_out_at_the_very_instant_that_decisions_look_back_from_is_news(
    after: timedelta, reason: str | None
) -> None:
    """Decisions saw what happened before it; an earlier opt-out may have been followed by a new consent."""
    message = {"permission_basis": "consent", "address_key": "k", "channel": "email"}
    known = {("k", "email"): [("unsubscribed", NOON + after)]}
    assert Permissions(frozenset(), NOON).objection(message, known) == reason
