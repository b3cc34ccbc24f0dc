"""Designs of the hand-off that are known to be wrong, put in place of the right one: a proof must notice each."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from assets.messaging import attempts, doubts, reconcile, worker
from assets.messaging.channels.messages import Result
from assets.messaging.claims import Claim
from assets.messaging.outbox import Outbox
from assets.messaging.states import State
from assets.messaging.worker import Worker
from tests.faults.kit import mutated


def mark_first() -> Any:
    """Notes acceptance with the intent: what a kill then prevents is lost."""
    real = attempts.begin

    def begin(outbox: Outbox, *rest: Any) -> Any:
        started = real(outbox, *rest)
        attempts.record(outbox, started, [Result(i, State.ACCEPTED) for i in started.message_ids])
        return started

    return mutated(attempts, "begin", begin)


def send_first() -> Any:
    """Sends what is claimed and writes the intent afterwards: a kill in between sends again."""
    real = Worker._send

    def send(self: Worker, batch: Any, claim: Claim, letters: Any, pool: Any, report: Any) -> None:
        for letter in letters:
            self.channels[batch["channel"]].send([letter])
        self.failpoint("intended")
        real(self, batch, claim, [], pool, report)

    return mutated(Worker, "_send", send)


def requeue_on_lease_expiry() -> Any:
    """Takes a dead lease in SENDING for a message that was never sent, wherever dead leases are looked at."""

    def release_dead(outbox: Outbox, *, senders_are_gone: bool = False) -> dict[State, int]:
        with outbox.transaction() as tx:
            tx.exec_driver_sql("update messages set state = 'READY' where state in ('CLAIMED', 'SENDING')")
        return {State.READY: 0, State.UNKNOWN: 0}

    everywhere = ExitStack()
    for module in (worker, reconcile):
        everywhere.enter_context(mutated(module, "release_dead", release_dead))
    return everywhere


def retry_unknown() -> Any:
    """Takes a missing answer for a no."""

    def settle_doubts(outbox: Outbox, *_: Any, **__: Any) -> list[Any]:
        with outbox.transaction() as tx:
            tx.exec_driver_sql("update messages set state = 'READY' where state = 'UNKNOWN'")
        return []

    return mutated(doubts, "settle_doubts", settle_doubts)
