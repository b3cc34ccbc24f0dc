"""Which batches a run's messages form, given what the ledger already knows; written down before anything is sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from assets.messaging import key_change
from assets.messaging.approvals import HELD_BACK
from assets.messaging.batches import MAX_BATCH, Batch, make_batch
from assets.messaging.ledger_lookups import known_messages
from assets.messaging.outbox import Outbox
from assets.messaging.prepared import Poison, Prepared, check_rendered, prepare
from assets.messaging.rendering import Format, MessageSource
from assets.messaging.run_content import Content, Group, Row
from assets.messaging.states import OPEN, State
from orchestration.settings import Settings

# Whole mails lie in memory while their batch is made; of merge fields far more fit.
ONE_BY_ONE_BATCH = 2_000


@dataclass(slots=True)
class PlanReport:
    """What planning did. `already` counts messages that are past planning, by state."""

    run_date: date
    n_planned: int = 0
    n_poison: int = 0
    already: Counter[str] = field(default_factory=Counter)
    poison_reasons: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Planner:
    """Turns the run's content into planned batches, one page of one group at a time."""

    settings: Settings
    run_date: date
    outbox: Outbox
    content: Content
    source: MessageSource
    max_batch: int = MAX_BATCH
    # Channels whose messages leave one by one: there a mail is written out whatever the journey asks for.
    one_by_one: frozenset[str] = frozenset()

    def plan(self) -> tuple[PlanReport, list[tuple[str, int]]]:
        """Plan everything and send nothing; returns the names and sizes of the batches that wait."""
        report = PlanReport(self.run_date)
        waiting = [
            (batch.batch_id, len(batch.members))
            for group in sorted(self.content.groups())
            for batch in self.batches(group, report)
        ]
        return report, waiting

    def batches(self, group: Group, report: PlanReport) -> Iterator[Batch]:
        """The batches of a group whose messages are still to be sent."""
        size = min(self.max_batch, ONE_BY_ONE_BATCH) if group.channel in self.one_by_one else self.max_batch
        for rows in self.content.pages(group, size):
            yield from self._page(group, rows, report)

    def _page(self, group: Group, rows: Sequence[Row], report: PlanReport) -> list[Batch]:
        known = known_messages(self.outbox, [row["message_id"] for row in rows])
        still_open = []
        for row in rows:
            entry = known.get(row["message_id"])
            if entry is None or entry.state in OPEN:
                still_open.append(row)
            else:
                report.already[entry.state] += 1
        key_change.carry_over(
            self.settings, self.outbox, ((row["channel"], row["address"]) for row in still_open if row["address"])
        )
        handoff = self._format(group)
        done = prepare(self.settings, self.run_date, still_open, self.source, handoff)
        self._put_aside(done.poison, report)

        # A message that would leave with the very bytes it was planned with stays in its batch: an
        # approval given to that batch stays good. Anything else is a new batch with its own hash.
        kept: dict[str, list[Prepared]] = {}
        fresh: list[Prepared] = []
        for member in done.prepared:
            entry = known.get(member.message_id)
            unchanged = (self.run_date, member.request_hash)
            if entry and entry.batch_id and (entry.run_date, entry.request_hash) == unchanged:
                kept.setdefault(entry.batch_id, []).append(member)
            else:
                fresh.append(member)
        planned = [
            replace(make_batch(self.run_date, group, handoff, members), batch_id=batch_id)
            for batch_id, members in sorted(kept.items())
        ]
        fresh = self._without_unwritable(fresh, rows, report) if handoff == "ndjson" else fresh
        if fresh:
            batch = make_batch(self.run_date, group, handoff, fresh)
            rows_of_ledger = [{**m.ledger_row, "batch_id": batch.batch_id} for m in batch.members]
            report.n_planned += self.outbox.plan(batch.ledger_row(), rows_of_ledger)
            planned.append(batch)
        return planned

    def _format(self, group: Group) -> Format:
        if group.channel == "email" and group.channel in self.one_by_one:
            return "eml"
        return self.source.handoff(group.channel, group.journey)

    def _without_unwritable(self, fresh: list[Prepared], rows: Sequence[Row], report: PlanReport) -> list[Prepared]:
        """Full mails and SMS have been written out already; of merge fields it must be proved that they can be."""
        ids = {member.message_id for member in fresh if member.template}
        failed = check_rendered((row for row in rows if row["message_id"] in ids), self.source)
        poison = [
            Poison(failed[m.message_id], {**m.ledger_row, "request_hash": None})
            for m in fresh
            if m.message_id in failed
        ]
        self._put_aside(poison, report)
        return [member for member in fresh if member.message_id not in failed]

    def _put_aside(self, poison: Sequence[Poison], report: PlanReport) -> None:
        report.n_poison += len(poison)
        for aside in poison:
            report.poison_reasons[aside.error] += 1
            row = {**aside.ledger_row, "reason": HELD_BACK, "error": aside.error}
            self.outbox.plan(None, [row], State.HELD)
