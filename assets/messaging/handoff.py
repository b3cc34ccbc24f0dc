"""The hand-off of one run: plan, look again, approve, send batch by batch, and leave no doubt behind.

The order of steps is the whole point; each may be the last before a crash: ledger row → permission and
expiry once more → approval, breaker, stop → file flushed outside the outbox → intent flushed in the
ledger → file appears → manifest appears → accepted.

Layout, for whoever collects: `<run_date>/<batch_id>.manifest.json` names `<run_date>/<channel>/<batch_id>.*`
and what its records refer to under `templates/` and `cards/`; a file without a manifest is not handed off.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from assets.messaging import approvals, keys
from assets.messaging.batches import Batch
from assets.messaging.channels.file import FileChannel
from assets.messaging.claims import Claim, claim_approved, still_held
from assets.messaging.clock import Clock
from assets.messaging.ledger_lookups import is_stopped, require_batch
from assets.messaging.manifest import companions, manifest_name, record
from assets.messaging.planning import Planner, PlanReport
from assets.messaging.reconcile import Reconciliation, reconcile, settle
from assets.messaging.released import release
from assets.messaging.run_content import Group, Verdict, Verdicts
from assets.messaging.sending import Overtaken, Permissions, accept, begin, expire_open, recheck
from assets.messaging.spool import Spool
from assets.messaging.states import OPEN, State

# The warehouse says of every journey whether its day is inside the band; one it says nothing of is not let through.
NO_BAND = Verdict("no forecast band was worked out for it: run the day's decisions again")


def _nothing(_point: str) -> None:
    """Where tests stop the process; in production nothing happens."""


@dataclass(slots=True)
class HandOffReport:
    """What one hand-off did, in numbers and batch names; no personal data."""

    plan: PlanReport
    n_accepted: int = 0
    sent: list[str] = field(default_factory=list)
    released: list[str] = field(default_factory=list)
    held: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    reconciled: Reconciliation = field(default_factory=Reconciliation)


@dataclass(slots=True)
class HandOff:
    """One run's hand-off with everything it depends on given from outside."""

    planner: Planner
    channel: FileChannel
    clock: Clock
    failpoint: Callable[[str], None] = _nothing
    spool: Spool | None = None

    def run(self) -> HandOffReport:
        """Reconcile, plan, and send what may be sent. Safe to repeat, and to run twice at once."""
        report = HandOffReport(PlanReport(self.planner.run_date))
        content, outbox, now = self.planner.content, self.planner.outbox, self.clock.now()
        report.reconciled = reconcile(outbox, self.channel, now)
        self.failpoint("reconciled")
        expire_open(outbox, OPEN, now)
        permissions = self._permissions()
        groups = content.groups()
        verdicts = self._verdicts(groups, report)
        try:
            for group in sorted(groups):
                for batch in self.planner.batches(group, report.plan):
                    self.failpoint("planned")
                    self._send(batch, permissions, verdicts[group.channel, group.journey], report)
        finally:
            self.channel.clear_staging()
        return report

    def _permissions(self) -> Permissions:
        secret = self.planner.settings.require_secret_key()
        withdrawn = self.planner.content.withdrawn()
        keyed = {(keys.address_key(secret, channel, address), channel) for address, channel in withdrawn}
        return Permissions(frozenset(keyed), self._midnight(self.planner.run_date))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), tzinfo=self.planner.settings.zone).astimezone(UTC)

    def _verdicts(self, groups: dict[Group, int], report: HandOffReport) -> Verdicts:
        known = self.planner.content.verdicts()
        for (channel, journey), verdict in sorted(known.items()):
            if verdict.remark:
                report.remarks.append(f"{journey} by {channel}: {verdict.remark}")
        return {(g.channel, g.journey): known.get((g.channel, g.journey), NO_BAND) for g in groups}

    def _is_stopped(self) -> bool:
        return self.planner.settings.kill_switch or is_stopped(self.planner.outbox)

    def _why_not(self, row: dict[str, Any], verdict: Verdict) -> str | None:
        """Why this batch may not leave now, or None. A person's approval outweighs the breaker only."""
        if self._is_stopped():
            return "everything is stopped"
        if row["state"] == approvals.STOPPED:
            return str(row["reason"])
        if self.clock.now() >= self._midnight(self.planner.run_date + timedelta(days=1)):
            # Its instants and quarantines were worked out for that day; a later run decides anew.
            return "the day it was decided for is over"
        if row["approved_by"] not in (None, approvals.AUTO):
            return None
        if verdict.held_because:
            return verdict.held_because
        return None if self.planner.settings.approval == "auto" else "not approved"

    def _send(self, batch: Batch, permissions: Permissions, verdict: Verdict, report: HandOffReport) -> None:
        outbox, now = self.planner.outbox, self.clock.now()
        recheck(outbox, batch.batch_id, OPEN, permissions, now)
        self.failpoint("rechecked")
        ids = [member.message_id for member in batch.members]
        why_not = self._why_not(require_batch(outbox, batch.batch_id), verdict)
        if why_not:
            approvals.hold_back(outbox, batch.batch_id, ids, why_not)
            report.held[batch.batch_id] = why_not
            return
        approvals.let_through(outbox, batch.batch_id, ids, now)
        self.failpoint("approved")
        if batch.group.channel in self.planner.one_by_one:
            assert self.spool is not None, "a channel that sends one by one needs a spool"
            release(outbox, self.spool, batch)
            self.failpoint("released")
            report.released.append(batch.batch_id)
            return
        claim = claim_approved(outbox, batch.batch_id, ids)
        self.failpoint("claimed")
        try:
            n = self._send_claimed(batch, claim, permissions, report)
        except Overtaken as overtaken:
            report.remarks.append(str(overtaken))
            return
        except BaseException as error:
            self._undo(batch, claim, report, error)
            raise
        if n:
            report.n_accepted += n
            report.sent.append(batch.batch_id)

    def _send_claimed(self, batch: Batch, claim: Claim, permissions: Permissions, report: HandOffReport) -> int:
        outbox, batch_id = self.planner.outbox, batch.batch_id
        while True:
            recheck(outbox, batch_id, {State.CLAIMED}, permissions, self.clock.now())
            claim = still_held(outbox, claim)
            if not claim.message_ids:
                return 0
            content = batch.file_bytes(claim.message_ids)
            staged = self.channel.stage(batch.file, content)
            self.failpoint("staged")
            if self._is_stopped():
                staged.unlink()
                approvals.give_back(outbox, batch_id, claim, "everything is stopped")
                report.held[batch_id] = "everything is stopped"
                return 0
            row = require_batch(outbox, batch_id)
            files = companions(batch, claim.message_ids)
            sender = self.planner.source.sender(batch.group.channel)
            noted = record(self.planner.settings, sender, batch, claim.message_ids, content, files, row)
            if begin(outbox, batch_id, claim, permissions, self.clock.now(), noted):
                break
            staged.unlink()
        self.failpoint("intended")
        for path, file in files.items():
            self.channel.put(path, file)
        self.channel.reveal(staged, batch.file)
        self.failpoint("revealed")
        self.channel.put(manifest_name(batch.run_date, batch_id), noted["manifest"].encode())
        self.failpoint("manifested")
        n = accept(outbox, batch_id, claim, batch.file, self.clock.now())
        self.failpoint("accepted")
        return n

    def _undo(self, batch: Batch, claim: Claim, report: HandOffReport, error: BaseException) -> None:
        """This process is alive and knows that it has stopped, so it can say at once what came of it."""
        outbox, ids, what = self.planner.outbox, claim.message_ids, type(error).__name__
        # If ledger or disk is what failed, the next start finds out; the first error must be the one seen.
        with contextlib.suppress(sa.exc.OperationalError, OSError):
            outbox.move(ids, {State.CLAIMED}, State.READY, fence=claim.fence, error=what)
            doubtful = outbox.move(ids, {State.SENDING}, State.UNKNOWN, fence=claim.fence, error=what)
            if doubtful:
                row = require_batch(outbox, batch.batch_id)
                now = self.clock.now()
                settle(outbox, self.channel, row, now, report.reconciled, sender_is_gone=True)
