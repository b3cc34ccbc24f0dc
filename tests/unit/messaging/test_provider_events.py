"""Provider events: early, late, twice and in any order, they always come to the same state."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from assets.messaging import keys
from assets.messaging.claims import claim_approved
from assets.messaging.ledger_guard import open_ledger
from assets.messaging.ledger_lookups import known_messages
from assets.messaging.ledger_views import life_of
from assets.messaging.outbox import Outbox
from assets.messaging.provider_events import apply_provider_events
from assets.messaging.sending import begin
from assets.messaging.states import State
from tests.faults import kit
from tests.faults.kit import ListContent, hand_off, row
from tests.unit.messaging.test_states import BATCH, NOBODY_OBJECTS, RECORD, ledger_row

SECRET = kit.SECRET.encode()
MESSAGE = row(0)["message_id"]


def event(name: str, bounce_type: str | None = None) -> dict[str, Any]:
    return {
        "event": name,
        "bounce_type": bounce_type,
        "channel": "email",
        "address": row(0)["address"],
        "message_id": MESSAGE,
        "occurred_at": kit.SIX + timedelta(hours=1),
    }


DELIVERED, SOFT, HARD = event("delivered"), event("bounced", "soft"), event("bounced", "hard")
COMPLAINED, OPENED, FAILED = event("complained"), event("opened"), event("failed")


@pytest.fixture
def sent(tmp_path: Path) -> Iterator[Outbox]:
    setting = kit.settings(tmp_path)
    with open_ledger(setting) as outbox:
        assert hand_off(setting, outbox, ListContent([row(0)])).run().n_accepted == 1
        yield outbox


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([DELIVERED], State.DELIVERED),
        ([OPENED], State.DELIVERED),
        ([SOFT], State.BOUNCED),
        ([FAILED], State.BOUNCED),
        ([SOFT, DELIVERED], State.DELIVERED),
        ([HARD, DELIVERED], State.BOUNCED),
        ([SOFT, HARD, OPENED], State.BOUNCED),
        ([DELIVERED, COMPLAINED, HARD], State.COMPLAINED),
        ([event("deferred"), event("queued")], State.ACCEPTED),
    ],
)
def test_the_state_follows_from_the_set_of_events_not_from_their_order(
    tmp_path: Path, events: list[dict[str, Any]], expected: State
) -> None:
    """Webhooks and files overtake each other; one at a time or together, twice or once, the end is the same."""
    orders = list(itertools.permutations(events))
    for number, order in enumerate(orders):
        setting = kit.settings(tmp_path / str(number))
        with open_ledger(setting) as outbox:
            hand_off(setting, outbox, ListContent([row(0)])).run()
            if number % 2:
                apply_provider_events(outbox, SECRET, order)
            else:
                for one in order:
                    apply_provider_events(outbox, SECRET, [one])
            assert known_messages(outbox, [MESSAGE])[MESSAGE].state is expected
            assert apply_provider_events(outbox, SECRET, order).n_moved == 0
            assert known_messages(outbox, [MESSAGE])[MESSAGE].state is expected


@pytest.mark.parametrize("doubt", [State.SENDING, State.UNKNOWN, State.QUARANTINED])
def test_an_early_event_is_the_evidence_that_was_missing(tmp_path: Path, doubt: State) -> None:
    """A message in doubt was delivered: it is accepted by evidence and never sent again."""
    outbox = Outbox(tmp_path / "ledger.sqlite")
    outbox.create()
    one = ledger_row(0)
    outbox.plan(BATCH, [one])
    outbox.move([MESSAGE], {State.PLANNED}, State.READY)
    outbox.move([MESSAGE], {State.READY}, State.APPROVED)
    begin(outbox, "b", claim_approved(outbox, "b", [MESSAGE]), NOBODY_OBJECTS, kit.SIX, RECORD)
    if doubt is not State.SENDING:
        outbox.move([MESSAGE], {State.SENDING}, State.UNKNOWN)
    if doubt is State.QUARANTINED:
        outbox.move([MESSAGE], {State.UNKNOWN}, State.QUARANTINED)
    apply_provider_events(outbox, SECRET, [DELIVERED])
    states = [step["state"] for step in life_of(outbox, MESSAGE)]
    assert states[-3:] == [doubt, State.ACCEPTED, State.DELIVERED]


def test_events_of_others_suppress_addresses_and_nothing_else(sent: Outbox) -> None:
    """Newsletters sent elsewhere bounce too, and their unsubscribes hold for us."""
    foreign = [
        {**event("unsubscribed"), "message_id": None},
        {**event("delivered"), "message_id": "f" * 32},
        {**event("bounced", "hard"), "message_id": None, "address": "Somebody@Kunde.example "},
    ]
    report = apply_provider_events(sent, SECRET, foreign)
    assert (report.n_moved, report.n_suppressed, report.n_foreign) == (0, 2, 3)
    assert known_messages(sent, [MESSAGE])[MESSAGE].state is State.ACCEPTED
    assert apply_provider_events(sent, SECRET, foreign).n_suppressed == 0


@pytest.mark.parametrize("echo", [None, "", "canary.bird0+tag@other.example"])
def test_an_opt_out_from_our_message_counts_for_the_address_we_wrote_to(sent: Outbox, echo: str | None) -> None:
    """Providers mask, rewrite or leave out the address; the message id says whose it was."""
    apply_provider_events(sent, SECRET, [{**event("unsubscribed"), "address": echo}])
    with sent.transaction() as tx:
        kept = tx.exec_driver_sql("select address_key, reason from suppressions").all()
    assert kept == [(keys.address_key(SECRET, "email", row(0)["address"]), "unsubscribed")]


def test_the_ledger_keeps_a_keyed_hash_and_no_address(sent: Outbox) -> None:
    """After an erasure this hash is all that may remain, and it must not be reversible by guessing."""
    apply_provider_events(sent, SECRET, [COMPLAINED])
    with sent.transaction() as tx:
        kept = tx.exec_driver_sql("select address_key, channel, reason from suppressions").all()
    assert kept == [(keys.address_key(SECRET, "email", row(0)["address"]), "email", "complaint")]
    assert keys.address_key(b"x" * 32, "email", row(0)["address"]) != kept[0][0]
    assert keys.address_key(SECRET, "sms", row(0)["address"]) != kept[0][0]
