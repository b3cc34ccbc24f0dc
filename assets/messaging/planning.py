"""Which batches a run's messages form, given what the ledger already knows; written down before anything is sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from assets.messaging import key_change
from assets.messaging.approvals import HELD_BACK
from assets.messaging.batches import MAX_BATCH, Batch, make_batch
from assets.messaging.ledger_lookups import known_messages
from assets.messaging.outbox import Outbox
from assets.messaging.pages import Page
from assets.messaging.prepared import Poison, Preparation, Prepared, check_rendered, ledger_row, prepare
from assets.messaging.rendering import Format, MessageSource
from assets.messaging.run_content import Content, Group
from assets.messaging.states import OPEN, State
from assets.queries import Row
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
    # Records of many messages made together; what it leaves out is made one by one, and says why it cannot be.
    many_at_once: Callable[[Page, Sequence[str]], list[Prepared]] | None = None

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
        for page in self.content.pages(group, size):
            yield from self._page(group, page, report)

    def _page(self, group: Group, page: Page, report: PlanReport) -> list[Batch]:
        known = known_messages(self.outbox, page.message_ids)
        still_open = []
        for message_id in page.message_ids:
            entry = known.get(message_id)
            if entry is None or entry.state in OPEN:
                still_open.append(message_id)
            else:
                report.already[entry.state] += 1
        key_change.carry_over(self.settings, self.outbox, _addresses(page, still_open))
        handoff = self._format(group)
        done = self.prepared(page, still_open, handoff)

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
        of_interest = [*(member.message_id for member in fresh), *(aside.message_id for aside in done.poison)]
        rows = {row["message_id"]: row for row in page.rows(of_interest)}
        fresh, poison = self._without_unwritable(fresh, rows) if handoff == "ndjson" else (fresh, [])
        self._put_aside([*done.poison, *poison], rows, report)
        if fresh:
            batch = make_batch(self.run_date, group, handoff, fresh)
            members = [self._ledger_row(rows[m.message_id], batch.batch_id, m.request_hash) for m in batch.members]
            report.n_planned += self.outbox.plan(batch.ledger_row(), members)
            planned.append(batch)
        return planned

    def prepared(self, page: Page, message_ids: Sequence[str], handoff: Format) -> Preparation:
        """These messages of a page as they will leave: many of a kind at once where that can be done, others singly."""
        quick = self.many_at_once(page, message_ids) if self.many_at_once and handoff == "ndjson" else []
        if len(quick) == len(message_ids):
            return Preparation(quick)
        done = {member.message_id for member in quick}
        rows = page.rows([message_id for message_id in message_ids if message_id not in done])
        rest = prepare(self.settings, rows, self.source, handoff)
        return Preparation([*quick, *rest.prepared], rest.poison)

    def _ledger_row(self, row: Row, batch_id: str | None, request_hash: str | None) -> dict[str, Any]:
        kept = ledger_row(self.settings.require_secret_key(), self.run_date, row)
        return {**kept, "batch_id": batch_id, "request_hash": request_hash}

    def _format(self, group: Group) -> Format:
        if group.channel == "email" and group.channel in self.one_by_one:
            return "eml"
        return self.source.handoff(group.channel, group.journey)

    def _without_unwritable(
        self, fresh: list[Prepared], rows: Mapping[str, Row]
    ) -> tuple[list[Prepared], list[Poison]]:
        """Full mails and SMS have been written out already; of merge fields it must be proved that they can be."""
        failed = check_rendered((rows[member.message_id] for member in fresh if member.template), self.source)
        good = [member for member in fresh if member.message_id not in failed]
        return good, [Poison(message_id, error) for message_id, error in failed.items()]

    def _put_aside(self, poison: Sequence[Poison], rows: Mapping[str, Row], report: PlanReport) -> None:
        report.n_poison += len(poison)
        for aside in poison:
            report.poison_reasons[aside.error] += 1
            row = self._ledger_row(rows[aside.message_id], None, None)
            self.outbox.plan(None, [{**row, "reason": HELD_BACK, "error": aside.error}], State.HELD)


def _addresses(page: Page, message_ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(channel, address), read only by whoever asks."""
    yield from ((row["channel"], row["address"]) for row in page.rows(message_ids) if row["address"])
