"""Days decided again without sending anything: journeys and policy of any version over facts of the warehouse.

Each day's sends are taken as handed off and count for the days after, so that a policy shows its consequences. Facts
are those known on the newest day, cut to what had happened before the day and was received by it; whatever a row says
only as of today (persona, address, a case that was closed since) is taken as it stands. Two rehearsals see the same
facts, so their difference is the difference of their files. To reproduce a past day exactly, see `replay`.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path

import duckdb

from assets.decisions.chain import Model, chain_of, compile_chain
from assets.decisions.rehearsal_facts import NOTHING_DECIDED, NothingToRehearse, copy_facts, lay_out
from assets.messaging.journeys import land_templates
from orchestration.settings import Settings

# Columns that by the project's names hold the instant at which a fact happened.
HAPPENED_AT = ("ordered_at", "occurred_at", "last_changed_at", "opened_at")


@dataclass(frozen=True)
class Rehearsed:
    """One version's ledger: `table` in the stage's database holds its rows of all days."""

    name: str
    table: str
    policy_version: str


class Stage:
    """A scratch warehouse with the facts, in which versions of journeys and policy are rehearsed one after another."""

    def __init__(self, settings: Settings, scratch: Path) -> None:
        self._settings = settings
        self._scratch = scratch
        self._chain = chain_of(settings)
        lay_out(settings, scratch)
        copy_facts(settings, self._chain, self._file)
        self._models = compile_chain(settings, scratch, self._chain)
        self.connection = duckdb.connect(
            str(self._file), config={"memory_limit": settings.memory_limit, "temp_directory": str(scratch / "tmp")}
        )
        self.connection.execute("set TimeZone = 'UTC'")
        self.connection.execute("set preserve_insertion_order = false")
        self.connection.execute(f"set file_search_path = '{scratch}'")

    @property
    def _file(self) -> Path:
        return self._scratch / "warehouse.duckdb"

    def days(self) -> tuple[date, date]:
        """First and newest decided day of the installation."""
        found = self.connection.execute("select min(run_date), max(run_date) from facts.ledger").fetchone()
        if found is None or found[0] is None:
            raise NothingToRehearse(NOTHING_DECIDED)
        return found[0], found[1]

    def rehearse(
        self,
        name: str,
        templates_dir: Path,
        first: date,
        last: date,
        change: Callable[[duckdb.DuckDBPyConnection], None] | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> Rehearsed:
        """Decide every day from `first` to `last` with the journeys and policy in `templates_dir`.

        `change` may alter the landed policy (`staging.stg_templates__*`) before the first day. Raises `TemplateErrors`
        when the files hold mistakes.
        """
        landed = self._land(templates_dir, first)
        self._begin(first, change)
        day = first
        while day <= last:
            self._decide(day)
            self._hand_off(day)
            say(f"{name}: {day}")
            day += timedelta(days=1)
        table = f"results.{name}"
        self.connection.execute(
            f"create or replace table {table} as select * from marts.fct_contact_decisions where run_date >= ?", [first]
        )
        return Rehearsed(name, table, landed)

    def _land(self, templates_dir: Path, run_date: date) -> str:
        shutil.rmtree(self._scratch / "raw" / "templates", ignore_errors=True)
        there = replace(self._settings, home=self._scratch, templates_dir=templates_dir)
        return land_templates(there, run_date).version

    def _begin(self, first: date, change: Callable[[duckdb.DuckDBPyConnection], None] | None) -> None:
        """The state of the warehouse on the evening before the first day."""
        run = self.connection.execute
        run("create or replace table marts.fct_contact_decisions as from facts.ledger where run_date < ?", [first])
        run(
            "create or replace table intermediate.int_experiments__buckets as from facts.buckets where pinned_on < ?",
            [first],
        )
        for model in self._models:
            if model.name.startswith("stg_"):
                run(f"create or replace table {model.relation} as {model.sql_of(first)}")
        run("delete from staging.stg_outbox__contact_log where run_date >= ?", [first])
        if change is not None:
            change(self.connection)

    def _decide(self, day: date) -> None:
        self._cut_facts(day)
        for model in self._models:
            if model.name.startswith("stg_") or model.materialized == "ephemeral":
                continue
            if model.materialized == "incremental":
                self._add(model, day)
            else:
                kind = "view" if model.materialized == "view" else "table"
                self.connection.execute(f"create or replace {kind} {model.relation} as {model.sql_of(day)}")

    def _add(self, model: Model, day: date) -> None:
        self.connection.execute(f"create or replace temp table fresh as {model.sql_of(day)}")
        if model.has_run_date:
            self.connection.execute(f"delete from {model.relation} where run_date = ?", [day])
        self.connection.execute(f"insert into {model.relation} by name from fresh")

    def _cut_facts(self, day: date) -> None:
        as_of = datetime(day.year, day.month, day.day, tzinfo=self._settings.zone)
        for relation, columns in self._columns.items():
            limits = [f"{column} < timestamptz '{as_of.isoformat()}'" for column in HAPPENED_AT if column in columns]
            if "received_on" in columns:
                limits.append(f"received_on <= date '{day}'")
            where = f" where {' and '.join(limits)}" if limits else ""
            facts = f"facts.{relation.split('.')[1]}"
            self.connection.execute(f"create or replace view {relation} as select * from {facts}{where}")

    @cached_property
    def _columns(self) -> dict[str, set[str]]:
        """Names of the columns of every input of the chain."""
        described = self.connection.execute(
            "select table_name, list(column_name) from duckdb_columns() where schema_name = 'facts' group by table_name"
        ).fetchall()
        found = dict(described)
        return {relation: set(found[relation.split(".")[1]]) for relation in self._chain.inputs}

    def _hand_off(self, day: date) -> None:
        """Take the day's sends as sent, at the hour that was decided."""
        self.connection.execute(
            """
            insert into staging.stg_outbox__contact_log by name
            select message_id, run_date, customer_id, journey, step, channel, class, anchor, experiment, variant,
                'ACCEPTED' as state, send_at, send_at as sent_at, expires_at, permission_basis, permission_id,
                policy_version
            from marts.fct_contact_decisions
            where run_date = ? and decision = 'send'
            """,
            [day],
        )


@contextmanager
def stage(settings: Settings) -> Iterator[Stage]:
    """A stage in a folder of its own, removed afterwards. Raises `NothingToRehearse`."""
    parent = settings.home / "tmp"
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="rehearsal-", dir=parent) as folder:
        opened = Stage(settings, Path(folder) / "home")
        try:
            yield opened
        finally:
            opened.connection.close()
