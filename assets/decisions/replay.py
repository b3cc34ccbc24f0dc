"""Past days run again from what was delivered until then, by dbt, in a scratch home that shares the raw files.

Audit: with the real hand-off log; every row of the ledger must come out as it was written. What-if: the days' own
sends, taken as handed off, count for the days after, with the landed or other journeys and policy. Nothing is sent and
nothing in the installation is changed. For many days at once, approximately and much faster, see `rehearsal`.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import duckdb

from assets.decisions.chain import BUCKETS, LEDGER
from assets.messaging.journeys import land_templates
from orchestration.dbt import DbtFailure, build_arguments, manifest_of
from orchestration.dbt_runner import DbtRunner
from orchestration.settings import Settings

EXCLUSIONS = "model.fredning.fct_newsletter_exclusions"
# What a day adds to these is cut off from the replayed days on; other incremental models are frozen facts.
ADDED_BY_DAY = {LEDGER: "run_date", EXCLUSIONS: "run_date", BUCKETS: "pinned_on"}
MOST_EXAMPLES = 5


class CannotReplay(RuntimeError):
    """There is nothing to replay, or a run holds the warehouse; the message names the remedy."""


@dataclass(frozen=True)
class ReplayedDay:
    """One day: its rows, how many differ from the ledger (None in what-if), and how long it took.

    `fingerprint` is a hash over all rows of the day; the same inputs give the same one.
    """

    run_date: date
    n_rows: int
    n_sent: int
    n_sent_then: int
    n_missing: int
    n_added: int
    examples: tuple[str, ...]
    fingerprint: str
    seconds: float

    @property
    def is_equal(self) -> bool:
        """Row for row what the ledger says."""
        return not self.n_missing and not self.n_added


class Replay:
    """A scratch home in which days are run one after the other."""

    def __init__(
        self, settings: Settings, scratch: Path, first: date, templates_dir: Path | None, is_audit: bool
    ) -> None:
        self._settings = settings
        self._there = replace(settings, home=scratch)
        self._is_audit = is_audit
        self._manifest = manifest_of(settings)
        self._lay_out(first, templates_dir)
        self._dbt = DbtRunner(settings).elsewhere(scratch)

    def run_day(self, day: date) -> ReplayedDay:
        """Run one day and compare it with the ledger. Raises `DbtFailure` when a model fails."""
        started = time.monotonic()
        self._write_contact_log(day)
        arguments = build_arguments(
            command="build",
            select=["+fct_contact_decisions"],
            exclude=["resource_type:test"],
            run_date=day,
            settings=self._there,
        )
        broken = [result for result in self._dbt.invoke(arguments) if not result.is_good]
        if broken:
            said = "\n".join(f"- {result.unique_id}: {result.message}" for result in broken)
            raise DbtFailure(f"{day} cannot be replayed:\n{said}")
        return self._compare(day, time.monotonic() - started)

    def _lay_out(self, first: date, templates_dir: Path | None) -> None:
        if not self._settings.warehouse_path.is_file():
            raise CannotReplay("There is no warehouse yet: run `make demo`, or `fredning run`, first.")
        raw = self._there.raw_dir
        raw.mkdir(parents=True)
        (self._there.home / "tmp").mkdir()
        for source in self._settings.raw_dir.iterdir():
            if source.name != "outbox" and not (source.name == "templates" and templates_dir):
                (raw / source.name).symlink_to(source)
        if self._settings.rejects_dir.exists():
            (self._there.home / "rejects").symlink_to(self._settings.rejects_dir)
        if templates_dir:
            land_templates(replace(self._there, templates_dir=templates_dir), first)
        with duckdb.connect() as connection:
            self._attach(connection)
            connection.execute(f"attach '{self._there.warehouse_path}' as scratch")
            for uid, node in self._manifest["nodes"].items():
                if node["resource_type"] != "model" or node["config"]["materialized"] != "incremental":
                    continue
                relation = f"{node['schema']}.{node['name']}"
                column = ADDED_BY_DAY.get(uid)
                where = f" where {column} < date '{first}'" if column else ""
                connection.execute(f"create schema if not exists scratch.{node['schema']}")
                connection.execute(f"create table scratch.{relation} as from installed.{relation}{where}")

    def _attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("set TimeZone = 'UTC'")
        try:
            connection.execute(f"attach '{self._settings.warehouse_path}' as installed (read_only)")
        except duckdb.IOException as error:
            raise CannotReplay("A run is writing the warehouse: try again when it has ended.") from error

    def _write_contact_log(self, day: date) -> None:
        """What had been handed off before the day's run: by the real runs, or by the replayed ones."""
        log = self._there.raw_dir / "outbox" / "contact_log" / "current.parquet"
        real = self._settings.raw_dir / "outbox" / "messages" / "current.parquet"
        if log.parent.exists() and not self._is_audit:
            self._append_sends(log, day)
            return
        log.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'")
            connection.execute(
                f"copy (from '{real}' where run_date < date '{day}' order by sent_at) to '{log}' (format parquet)"
            )

    def _append_sends(self, log: Path, day: date) -> None:
        longer = log.with_suffix(".tmp")
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'")
            connection.execute(f"attach '{self._there.warehouse_path}' as scratch (read_only)")
            connection.execute(
                f"""
                copy (
                    from '{log}'
                    union all by name
                    select message_id, run_date, customer_id, journey, step, channel, class, anchor, experiment,
                        variant, 'ACCEPTED' as state, send_at, send_at as sent_at, expires_at, permission_basis,
                        permission_id, policy_version
                    from scratch.marts.fct_contact_decisions
                    where run_date = date '{day - timedelta(days=1)}' and decision = 'send'
                ) to '{longer}' (format parquet)
                """
            )
        longer.replace(log)

    def _compare(self, day: date, seconds: float) -> ReplayedDay:
        with duckdb.connect() as connection:
            self._attach(connection)
            connection.execute(f"attach '{self._there.warehouse_path}' as scratch (read_only)")
            columns = ", ".join(
                row[0] for row in connection.execute("describe installed.marts.fct_contact_decisions").fetchall()
            )
            for name in ("installed", "scratch"):
                connection.execute(
                    f"create temp table {name}_day as select {columns} from {name}.marts.fct_contact_decisions "
                    f"where run_date = date '{day}'"
                )
            missing = connection.execute("from installed_day except from scratch_day order by message_id").fetchall()
            added = connection.execute("from scratch_day except from installed_day order by message_id").fetchall()
            n_rows, n_sent, fingerprint = connection.execute(
                "select count(*), count(*) filter (decision = 'send'), "
                "coalesce(md5(string_agg(md5(cast(d as varchar)), '' order by message_id)), '') from scratch_day as d"
            ).fetchone() or (0, 0, "")
            (n_then,) = connection.execute(
                "select count(*) filter (decision = 'send') from installed_day"
            ).fetchone() or (0,)
            return ReplayedDay(
                run_date=day,
                n_rows=n_rows,
                n_sent=n_sent,
                n_sent_then=n_then,
                n_missing=len(missing),
                n_added=len(added),
                examples=_examples(connection),
                fingerprint=fingerprint,
                seconds=seconds,
            )


def _examples(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Some messages that differ, with decision and reason on both sides; ids only."""
    rows = connection.execute(
        f"""
        select message_id, journey, step, installed_day.decision, installed_day.reason, scratch_day.decision,
            scratch_day.reason
        from installed_day
        full join scratch_day using (message_id, journey, step)
        where installed_day is distinct from scratch_day
        order by message_id
        limit {MOST_EXAMPLES}
        """
    ).fetchall()
    return tuple(
        f"{message} {journey}/{step}: ledger {was or 'no row'} {why or ''}, replay {now or 'no row'} {because or ''}"
        for message, journey, step, was, why, now, because in rows
    )


@contextmanager
def replay(settings: Settings, first: date, *, is_audit: bool, templates_dir: Path | None = None) -> Iterator[Replay]:
    """A replay in a scratch home that is removed afterwards. Raises `CannotReplay`."""
    parent = settings.home / "tmp"
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="replay-", dir=parent) as folder:
        yield Replay(settings, Path(folder) / "home", first, templates_dir, is_audit)


def replay_days(opened: Replay, first: date, last: date, say: Callable[[ReplayedDay], None]) -> list[ReplayedDay]:
    """Every day from `first` to `last`; `say` hears of each as it is done."""
    days = []
    day = first
    while day <= last:
        done = opened.run_day(day)
        say(done)
        days.append(done)
        day += timedelta(days=1)
    return days


def as_json(days: list[ReplayedDay]) -> str:
    """The days as one JSON document, for programs."""
    return json.dumps([{**d.__dict__, "is_equal": d.is_equal} for d in days], default=str, indent=2)
