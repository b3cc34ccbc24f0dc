"""Past days run again from what was delivered until then, by dbt, in a scratch home that shares the raw files.

Audit: with the real hand-off log; every row of the ledger must come out as it was written. A day that was run again
after its journeys or policy had been edited is replayed once per version, in order, because what had left by then keeps
the decision and the policy version of its own run. What-if: the days' own
sends, taken as handed off, count for the days after, with the landed or other journeys and policy. Nothing is sent and
nothing in the installation is changed. For many days at once, approximately and much faster, see `rehearsal`.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb

from assets.decisions.chain import BUCKETS, LEDGER
from assets.decisions.replay_comparison import CannotReplay, ReplayedDay, attach_installed, compare
from assets.messaging.journeys import land_templates
from assets.messaging.replaced_templates import landed_table, landed_version, versions_before
from orchestration.dbt import DbtFailure, build_arguments, manifest_of
from orchestration.dbt_runner import DbtRunner
from orchestration.settings import Settings

EXCLUSIONS = "model.fredning.fct_newsletter_exclusions"
# What a day adds to these is cut off from the replayed days on; other incremental models are frozen facts.
ADDED_BY_DAY = {LEDGER: "run_date", EXCLUSIONS: "run_date", BUCKETS: "pinned_on"}


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
        versions: list[str] = []
        for tables in self._tables_of(day):
            self._write_contact_log(day, versions)
            self._use(tables, day)
            self._build(day)
            versions.append(landed_version(tables, day) or "")
        seconds = time.monotonic() - started
        return compare(self._settings, self._there.warehouse_path, day, tuple(versions), seconds)

    def _tables_of(self, day: date) -> list[Path]:
        """Folders of template tables under which the day was run, in order."""
        last = self._there.raw_dir / "templates"
        if not self._is_audit:
            return [last]
        return [*versions_before(self._settings.raw_dir, day), self._settings.raw_dir / "templates"]

    def _use(self, tables: Path, day: date) -> None:
        """Let the day's template tables be those of a folder."""
        here = self._there.raw_dir / "templates"
        if tables == here:
            return
        for table in here.glob(f"*/{day.isoformat()}.parquet"):
            table.unlink()
        for table in tables.glob(f"*/{day.isoformat()}.parquet"):
            landed_table(here, table.parent.name, day).symlink_to(table)

    def _build(self, day: date) -> None:
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

    def _lay_out(self, first: date, templates_dir: Path | None) -> None:
        if not self._settings.warehouse_path.is_file():
            raise CannotReplay("There is no warehouse yet: run `make demo`, or `fredning run`, first.")
        raw = self._there.raw_dir
        raw.mkdir(parents=True)
        (self._there.home / "tmp").mkdir()
        for source in self._settings.raw_dir.iterdir():
            if source.name not in ("outbox", "templates"):
                (raw / source.name).symlink_to(source)
        if self._settings.rejects_dir.exists():
            (self._there.home / "rejects").symlink_to(self._settings.rejects_dir)
        if templates_dir:
            land_templates(replace(self._there, templates_dir=templates_dir), first)
        else:
            # File by file, so that a day's tables can be those of an earlier run of it.
            for table in self._settings.raw_dir.glob("templates/*/*.parquet"):
                (raw / "templates" / table.parent.name).mkdir(parents=True, exist_ok=True)
                (raw / "templates" / table.parent.name / table.name).symlink_to(table)
        self._copy_what_days_add_to(first)

    def _copy_what_days_add_to(self, first: date) -> None:
        """The incremental models as they stood before the first day."""
        with duckdb.connect() as connection:
            attach_installed(connection, self._settings.warehouse_path)
            connection.execute(f"attach '{self._there.warehouse_path}' as scratch")
            built = {
                f"{schema}.{name}"
                for schema, name in connection.execute(
                    "select schema_name, table_name from duckdb_tables() where database_name = 'installed'"
                ).fetchall()
            }
            for uid, node in self._manifest["nodes"].items():
                if node["resource_type"] != "model" or node["config"]["materialized"] != "incremental":
                    continue
                relation = f"{node['schema']}.{node['name']}"
                if relation not in built:
                    continue  # A model that came with a newer version: no run has written it yet.
                column = ADDED_BY_DAY.get(uid)
                where = f" where {column} < date '{first}'" if column else ""
                connection.execute(f"create schema if not exists scratch.{node['schema']}")
                connection.execute(f"create table scratch.{relation} as from installed.{relation}{where}")

    def _write_contact_log(self, day: date, versions: Sequence[str]) -> None:
        """What had been handed off before the day's run: by the real runs, or by the replayed ones.

        Before a second run of the day that is also what its earlier runs handed off, under their `versions`.
        """
        log = self._there.raw_dir / "outbox" / "contact_log" / "current.parquet"
        real = self._settings.raw_dir / "outbox" / "messages" / "current.parquet"
        if log.parent.exists() and not self._is_audit:
            self._append_sends(log, day)
            return
        log.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'")
            connection.execute(
                f"copy (from '{real}' where run_date < date '{day}' or (run_date = date '{day}' "
                f"and policy_version in (select unnest({list(versions)}::varchar[]))) order by sent_at) "
                f"to '{log}' (format parquet)"
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
