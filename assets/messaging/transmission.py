"""Hands letters to a channel over several threads, and writes down what came of each, even if the channel fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from assets.messaging import attempts, pacing
from assets.messaging.channels.messages import Answer, Letter, MessageChannel, Result, all_alike
from assets.messaging.claims import Claim
from assets.messaging.ledger import messages
from assets.messaging.outbox import Outbox
from assets.messaging.states import State


@dataclass(frozen=True, slots=True)
class Transmission:
    """One channel, with the threads that may use it at once."""

    outbox: Outbox
    name: str
    channel: MessageChannel
    pool: ThreadPoolExecutor
    failpoint: Callable[[str], None]

    def send(self, claim: Claim, letters: Sequence[Letter], until: datetime) -> dict[State, int]:
        """Send letters whose intents are on disk; none of them leaves after `until`. Returns how many moved where."""
        under_way = [(group, self.pool.submit(self._ask, group, until)) for group in self._groups(letters)]
        results: list[Result] = []
        pauses: list[timedelta] = []
        errors: list[BaseException] = []
        for group, future in under_way:
            answer = _answer(group, future, errors)
            results += answer.results
            pauses += [answer.pause] if answer.pause else []
        self.failpoint("answered")
        moved = attempts.record(self.outbox, claim, results)
        if pauses:
            pacing.pause(self.outbox, self.name, self.outbox.now() + max(pauses))
        self.failpoint("recorded")
        if errors:
            raise errors[0]
        return moved

    def _ask(self, group: Sequence[Letter], until: datetime) -> Answer:
        if self.outbox.now() >= until:
            # This process slept through its lease: what has not left by now does not leave late.
            return all_alike(group, State.DEFERRED, "the lease was over before it could leave")
        answer = self.channel.send(group)
        self.failpoint("sent")
        return answer

    def _groups(self, letters: Sequence[Letter]) -> list[Sequence[Letter]]:
        """First attempts in requests as large as the channel takes; later ones alone, to find the one that spoils."""
        size = self.channel.promise.max_batch
        if size == 1 or not letters:
            return [[one] for one in letters]
        again = sa.select(messages.c.message_id).where(
            messages.c.message_id.in_([one.message_id for one in letters]), messages.c.attempt > 1
        )
        with self.outbox.transaction() as tx:
            alone = set(tx.execute(again).scalars())
        fresh = [one for one in letters if one.message_id not in alone]
        together: list[Sequence[Letter]] = [fresh[at : at + size] for at in range(0, len(fresh), size)]
        return together + [[one] for one in letters if one.message_id in alone]


def _answer(group: Sequence[Letter], future: Future[Answer], errors: list[BaseException]) -> Answer:
    try:
        return future.result()
    except Exception as error:  # noqa: BLE001 - raised again once every outcome is on disk
        errors.append(error)
        return all_alike(group, State.UNKNOWN, type(error).__name__)
