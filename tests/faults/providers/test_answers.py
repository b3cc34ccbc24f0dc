"""Providers that answer strangely, late, in part, or not at all: what the ledger then says, and what the wire saw."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from assets.messaging.outbox import Outbox
from assets.messaging.provider_events import apply_provider_events
from orchestration.settings import Settings
from tests.faults import kit
from tests.faults.by_provider import MAILS, accepting, at_once, by_http, later, opt_out
from tests.faults.kit import ListContent, states
from tests.faults.one_by_one import NOON, release
from tests.servers.scripted import Reply, Request, dropping_proxy, http_server


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


def test_a_channel_that_fails_leaves_doubt_and_its_error_is_seen(home: Settings, outbox: Outbox) -> None:
    """A fault of our own is no answer either; it is written down before it is raised."""
    release(home, outbox, ListContent(MAILS.rows[:1]))
    with http_server(accepting) as provider:
        channels = by_http(provider.port)
        channels["email"]._secret = None  # type: ignore[attr-defined]
        with pytest.raises(TypeError):
            at_once(home, outbox, channels).run_once()
    assert states(outbox) == {"UNKNOWN": 1}
