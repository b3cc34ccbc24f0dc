"""The table of states, and a random walk over a real ledger that holds every promise the table makes."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from assets.messaging.claims import LEASE, Claim, claim_approved, release_dead
from assets.messaging.ledger import messages, transitions
from assets.messaging.ledger_lookups import known_messages
from assets.messaging.outbox import Outbox
from assets.messaging.sending import Overtaken, Permissions, accept, begin
from assets.messaging.states import COUNTS_AS_SENT, FINAL, MOVES, OPEN, IllegalMove, State, check_move
from tests.faults import kit

BATCH = {
    "batch_id": "b",
    "run_date": kit.RUN_DATE,
    "channel": "email",
    "journey": "j",
    "step": "s",
    "language": "nb",
    "format": "ndjson",
    "n": 3,
    "sha256": "0" * 64,
    "state": "PLANNED",
}
NOBODY_OBJECTS = Permissions(frozenset(), kit.SIX)
RECORD = {"file": "f", "file_sha256": "0" * 64, "n_sent": 1, "manifest": "{}"}


def ledger_row(number: int) -> dict[str, Any]:
    row = kit.row(number)
    kept = {name: row[name] for name in row if name in messages.c}
    return {**kept, "batch_id": "b", "address_key": f"key{number}", "request_hash": "r", "run_date": kit.RUN_DATE}


def test_nothing_leads_from_an_intent_back_to_a_second_attempt_without_evidence() -> None:
    """SENDING → READY, or marketing in UNKNOWN → READY, would be how a customer gets a message twice."""
    assert not MOVES[State.SENDING] & {State.READY, State.APPROVED, State.CLAIMED, State.PLANNED}
    assert not MOVES[State.UNKNOWN] & {State.READY, State.APPROVED, State.CLAIMED, State.PLANNED}


def test_what_may_have_reached_the_customer_counts_as_sent() -> None:
    """The contact policy must err on the side of leaving people in peace."""
    reachable = {State.SENDING}
    while True:
        wider = reachable | {t for s in reachable for t in MOVES[s]} - {State.DEFERRED, State.REJECTED}
        if wider == reachable:
            break
        reachable = wider
    assert reachable == COUNTS_AS_SENT
    assert not OPEN & COUNTS_AS_SENT


def test_every_state_is_reachable_and_final_ones_stay() -> None:
    """A state that nothing leads to, or that is left by accident, is a mistake in the table."""
    assert {t for targets in MOVES.values() for t in targets} == set(State)
    assert {State.SUPPRESSED, State.EXPIRED, State.REJECTED, State.COMPLAINED} == FINAL


@pytest.mark.parametrize("state", sorted(State))
def test_a_move_that_the_table_does_not_name_is_refused(state: State) -> None:
    """Refused before any row is touched, so that a programming error cannot become a second message."""
    for target in set(State) - MOVES[state]:
        with pytest.raises(IllegalMove, match=r"states\.MOVES"):
            check_move({state}, target)


class LedgerWalk(RuleBasedStateMachine):
    """Two workers, leases that run out and events that come early, in any order over three messages."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.time = datetime(2026, 11, 20, 5, tzinfo=UTC)
        path = Path(self.folder.name) / "ledger.sqlite"
        self.workers = [Outbox(path, owner=f"worker{i}", now=lambda: self.time) for i in range(2)]
        self.workers[0].create()
        self.claims: list[tuple[int, Claim]] = []
        self.begun: list[tuple[int, Claim]] = []
        self.delivered: list[str] = []  # what the provider got: the file appeared, with these messages
        self.rows = [ledger_row(number) for number in range(3)]
        self.ids = [row["message_id"] for row in self.rows]

    def teardown(self) -> None:
        for worker in self.workers:
            worker.close()
        self.folder.cleanup()

    @rule(worker=st.integers(0, 1))
    def plan(self, worker: int) -> None:
        self.workers[worker].plan(BATCH, self.rows)

    @rule(worker=st.integers(0, 1))
    def approve(self, worker: int) -> None:
        self.workers[worker].move(self.ids, {State.PLANNED, State.DEFERRED, State.HELD}, State.READY)
        self.workers[worker].move(self.ids, {State.READY}, State.APPROVED)

    @rule(worker=st.integers(0, 1))
    def claim(self, worker: int) -> None:
        claim = claim_approved(self.workers[worker], "b", self.ids)
        if claim.message_ids:
            self.claims.append((worker, claim))

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def start(self, data: st.DataObject) -> None:
        worker, claim = data.draw(st.sampled_from(self.claims))
        try:
            if begin(self.workers[worker], "b", claim, NOBODY_OBJECTS, self.time, RECORD):
                self.begun.append((worker, claim))
        except Overtaken:
            self.claims.remove((worker, claim))

    @precondition(lambda self: self.begun)
    @rule(data=st.data(), answer_is_lost=st.booleans())
    def send(self, data: st.DataObject, answer_is_lost: bool) -> None:
        worker, claim = data.draw(st.sampled_from(self.begun))
        self.begun.remove((worker, claim))
        self.delivered += claim.message_ids
        if not answer_is_lost:
            accept(self.workers[worker], "b", claim, "f", self.time)

    @rule(worker=st.integers(0, 1))
    def leases_run_out(self, worker: int) -> None:
        self.time += LEASE + timedelta(seconds=1)
        release_dead(self.workers[worker])

    @rule(target_state=st.sampled_from([State.SUPPRESSED, State.EXPIRED]))
    def stop_open_ones(self, target_state: State) -> None:
        self.workers[0].move(self.ids[:1], OPEN, target_state)

    @invariant()
    def nothing_is_sent_twice(self) -> None:
        assert len(self.delivered) == len(set(self.delivered))

    @invariant()
    def what_was_sent_counts_as_sent(self) -> None:
        known = known_messages(self.workers[0], self.delivered)
        assert all(known[i].state in COUNTS_AS_SENT for i in self.delivered)

    @invariant()
    def the_log_holds_only_permitted_moves_and_ends_at_the_state(self) -> None:
        with self.workers[0].transaction() as tx:
            log = tx.execute(sa.select(transitions.c.message_id, transitions.c.state).order_by(transitions.c.seq)).all()
        last: dict[str, State] = {}
        for message_id, state in log:
            if message_id in last:
                assert State(state) in MOVES[last[message_id]]
            last[message_id] = State(state)
        assert {i: k.state for i, k in known_messages(self.workers[0], self.ids).items()} == last


TestLedgerWalk = LedgerWalk.TestCase
TestLedgerWalk.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
