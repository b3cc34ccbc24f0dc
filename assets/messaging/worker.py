"""Sends released messages one by one, each at its instant: claim, intent, bytes, outcome, chunk by chunk.

Any number of workers may run, on one host or (with Postgres) on several. Each may be killed at any instant.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from assets.messaging import approvals, attempts, doubts, pacing, released
from assets.messaging.channels.messages import Letter, MessageChannel
from assets.messaging.claims import LEASE, Claim, release_dead
from assets.messaging.clock import Clock
from assets.messaging.ledger import messages
from assets.messaging.ledger_lookups import is_stopped
from assets.messaging.outbox import Outbox
from assets.messaging.reconcile import Reconciliation
from assets.messaging.sending import Overtaken, Permissions, expire_open
from assets.messaging.sending_windows import SendingHours
from assets.messaging.spool import Spool, SpoolDamaged
from assets.messaging.states import OPEN, State
from assets.messaging.transmission import Transmission
from orchestration.settings import Settings

# Messages in the air at once, so also the most that one crash leaves in doubt.
CHUNK = 64
_POLL = timedelta(seconds=15)
_SOON = timedelta(seconds=2)
# A request that begins now is over before the lease is.
_LAST_START = timedelta(minutes=2)

# batch_id, run_date, channel
Batch = dict[str, Any]


def _nothing(_point: str) -> None:
    """Where tests stop the process; in production nothing happens."""


@dataclass(slots=True)
class WorkReport:
    """What a pass did: messages by their new state, and what a person should know. No personal data."""

    moved: Counter[State] = field(default_factory=Counter)
    reconciled: Reconciliation = field(default_factory=Reconciliation)
    remarks: list[str] = field(default_factory=list)
    is_stopped: bool = False


@dataclass(slots=True)
class Worker:
    """One process at work, with everything it depends on given from outside."""

    settings: Settings
    outbox: Outbox
    spool: Spool
    channels: Mapping[str, MessageChannel]
    clock: Clock
    hours: SendingHours
    threads: int = 8
    chunk: int = CHUNK
    sleep: Callable[[float], None] = time.sleep
    failpoint: Callable[[str], None] = _nothing

    def run_forever(self, say: Callable[[WorkReport], None]) -> None:
        """Work until the process is told to end."""
        while True:
            say(self.run_once())
            due = released.waiting(self.outbox, self.channels).next_due_at
            wait = _POLL if due is None else min(max(due - self.clock.now(), _SOON), _POLL)
            self.sleep(wait.total_seconds())

    def run_once(self) -> WorkReport:
        """Settle doubts, then send everything that is due now."""
        report = WorkReport()
        release_dead(self.outbox)
        again = doubts.settle_doubts(self.outbox, self.channels, report.reconciled)
        expire_open(self.outbox, OPEN, self.clock.now())
        self.failpoint("reconciled")
        with ThreadPoolExecutor(self.threads) as pool:
            self._repeat(again, pool, report)
            while sum(self._some_of(batch, pool, report) for batch in self._batches()):
                pass
        released.close_done(self.outbox, self.spool, self.clock.now(), self.settings.zone)
        self.failpoint("closed")
        return report

    def _batches(self) -> list[Batch]:
        found = released.in_work(self.outbox, self.channels)
        for batch in found:
            released.requeue(self.outbox, batch, self.clock.now(), self.settings.zone)
        return found

    def _some_of(self, batch: Batch, pool: ThreadPoolExecutor, report: WorkReport) -> bool:
        """Send one chunk of a batch; False if there was nothing to do, or it must not be done now."""
        channel = self.channels[batch["channel"]]
        report.is_stopped = self.settings.kill_switch or is_stopped(self.outbox)
        free_at = pacing.free_at(self.outbox, batch["channel"])
        if report.is_stopped or (free_at and free_at - self.outbox.now() > _SOON):
            return False
        claim = attempts.claim_due(self.outbox, batch["batch_id"], self._chunk_of(channel), self.clock.now())
        if not claim.message_ids:
            return False
        self.failpoint("claimed")
        try:
            letters = self._letters(batch, claim)
        except SpoolDamaged as damaged:
            self._hold(claim, claim.message_ids, str(damaged))
            # Out of the way, so that the next run of the day can write it anew.
            self.spool.remove(batch["run_date"], batch["batch_id"])
            report.remarks.append(str(damaged))
            return True
        try:
            self._send(batch, claim, letters, pool, report)
        except Overtaken as overtaken:
            report.remarks.append(str(overtaken))
        return True

    def _chunk_of(self, channel: MessageChannel) -> int:
        # A slow channel gets a second's worth at a time, so that its rate holds over short spans too.
        rate = channel.promise.rate
        return self.chunk if rate is None else min(self.chunk, max(channel.promise.max_batch, int(rate), 1))

    def _letters(self, batch: Batch, claim: Claim) -> list[Letter]:
        """The claimed letters that are what was approved and whose sending hours are not over."""
        query = sa.select(messages.c.message_id, messages.c.request_hash)
        with self.outbox.transaction() as tx:
            hashes = dict(tx.execute(query.where(messages.c.message_id.in_(claim.message_ids))).all())
        letters = self.spool.read(batch["run_date"], batch["batch_id"], claim.message_ids)
        there = {one.message_id for one in letters}
        self._hold(claim, [i for i in claim.message_ids if i not in there], "it is no longer in the spool")
        changed = [one.message_id for one in letters if one.request_hash != hashes[one.message_id]]
        self._hold(claim, changed, "the spool holds other bytes than were approved")
        now = self.clock.now()
        late = [
            one.message_id
            for one in letters
            if self.hours.are_over(batch["channel"], batch["run_date"], one.timezone, now)
        ]
        self._hold(claim, [i for i in late if i not in changed], "its sending hours are over")
        return [one for one in letters if one.message_id not in changed and one.message_id not in late]

    def _hold(self, claim: Claim, ids: Sequence[str], why: str) -> None:
        held = {"reason": approvals.HELD_BACK, "error": why}
        self.outbox.move(ids, {State.CLAIMED}, State.HELD, fence=claim.fence, **held)

    def _send(
        self,
        batch: Batch,
        claim: Claim,
        letters: Sequence[Letter],
        pool: ThreadPoolExecutor,
        report: WorkReport,
    ) -> None:
        if not letters:
            return
        name, until = batch["channel"], self._last_start()
        rate = self.channels[name].promise.rate
        start = pacing.reserve(self.outbox, name, len(letters), rate, self.outbox.now())
        self.sleep(max((start - self.outbox.now()).total_seconds(), 0))
        started = attempts.begin(self.outbox, batch["batch_id"], claim, self._permissions(batch), self.clock.now())
        self.failpoint("intended")
        mine = [one for one in letters if one.message_id in set(started.message_ids)]
        report.moved.update(self._transmission(name, pool).send(started, mine, until))

    def _permissions(self, batch: Batch) -> Permissions:
        # What the warehouse knew was looked at when the batch was released; the ledger has what came since.
        as_of = released.day_ends_at(batch["run_date"] - timedelta(days=1), self.settings.zone)
        return Permissions(frozenset(), as_of)

    def _last_start(self) -> datetime:
        return self.outbox.now() + LEASE - _LAST_START

    def _transmission(self, name: str, pool: ThreadPoolExecutor) -> Transmission:
        return Transmission(self.outbox, name, self.channels[name], pool, self.failpoint)

    def _repeat(self, again: Sequence[doubts.Again], pool: ThreadPoolExecutor, report: WorkReport) -> None:
        """The same bytes once more, where the provider still remembers their key."""
        for batch in released.in_work(self.outbox, self.channels):
            ids = [one.message_id for one in again if one.batch_id == batch["batch_id"]][: self.chunk]
            if not ids or self.settings.kill_switch or is_stopped(self.outbox):
                continue
            now, until = self.clock.now(), self._last_start()
            claim = attempts.begin_again(self.outbox, ids, self._permissions(batch), now)
            letters = self.spool.read(batch["run_date"], batch["batch_id"], claim.message_ids)
            report.moved.update(self._transmission(batch["channel"], pool).send(claim, letters, until))
