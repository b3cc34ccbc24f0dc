"""Two warehouses over the same deliveries: one goes on from day to day, the other is built anew for every day."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb

from orchestration.dbt import build_arguments
from orchestration.dbt_runner import DbtRunner
from orchestration.home import ensure_sources
from orchestration.settings import Settings
from tests.dbt.carried.disorder import draw_day, write_contact_log, write_policy

Rows = Counter[str]


class Warehouse:
    """One DuckDB file, built by dbt from the raw files of `home`."""

    def __init__(self, runner: DbtRunner) -> None:
        self._runner = runner
        self.settings: Settings = runner.settings
        self.path: Path = runner.settings.warehouse_path

    def build(self, day: date, select: Sequence[str]) -> None:
        arguments = build_arguments(
            command="build",
            select=select,
            exclude=["test_type:data"],
            run_date=day,
            settings=self.settings,
        )
        results = self._runner.invoke(arguments)
        assert [r.message for r in results if not r.is_good] == []

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)

    def rows(self, tables: Sequence[str]) -> dict[str, Rows]:
        with duckdb.connect(str(self.path), read_only=True) as connection:
            connection.execute("set timezone = 'UTC'")
            return {
                table: Counter(
                    row[0]
                    for row in connection.execute(f"select cast(t as varchar) from (from {table}) as t").fetchall()
                )
                for table in tables
            }

    def carried_since(self, tables: Sequence[str]) -> dict[str, str | None]:
        """For each table the day from which it was carried forward by the last build; None if it was built whole."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            notes = dict(
                connection.execute("select schema_name || '.' || table_name, comment from duckdb_tables()").fetchall()
            )
        return {table: (notes[table].split(" ")[3:] or [None])[0] for table in tables}


class Shop:
    """Days of one drawn shop. `carried` goes through them one by one; `whole` starts from nothing each time."""

    def __init__(self, home: Path, seed: int) -> None:
        self.seed = seed
        settings = Settings(home=home / "carried", threads=2)
        (settings.home / "tmp").mkdir(parents=True)
        ensure_sources(settings)
        (home / "whole").mkdir()
        (home / "whole" / "raw").symlink_to(settings.raw_dir)
        self.runner = DbtRunner(settings)
        self.carried = Warehouse(self.runner)
        self.whole = Warehouse(self.runner.elsewhere(home / "whole"))
        self.tables = [
            f"{node.schema}.{node.name}"
            for node in self.runner.parsed.nodes.values()
            if node.resource_type == "model" and node.config.materialized == "table" and node.config.unique_key
        ]
        self.select = [f"+{table.partition('.')[2]}" for table in self.tables]

    def deliver(self, day: date) -> None:
        draw_day(self.carried.settings, self.seed, day)
        write_policy(self.carried.settings, day)

    def run(self, day: date) -> dict[str, tuple[Rows, Rows]]:
        """Build the day in both. Returns the tables that are not the same: (only carried, only whole)."""
        write_contact_log(self.carried.settings, day)
        self.carried.build(day, self.select)
        self.whole.forget()
        self.whole.build(day, self.select)
        return differences(self.carried.rows(self.tables), self.whole.rows(self.tables))

    @contextmanager
    def with_wrong(self, unique_id: str, right: str, wrong: str) -> Iterator[None]:
        """The project with one place of a model or macro replaced."""
        parsed = self.runner.parsed
        is_macro = unique_id.startswith("macro.")
        node = parsed.macros[unique_id] if is_macro else parsed.nodes[unique_id]
        attribute = "macro_sql" if is_macro else "raw_code"
        original = getattr(node, attribute)
        assert right in original, f"the place of the mutation is gone from {unique_id}: adapt the mutant"
        setattr(node, attribute, original.replace(right, wrong))
        try:
            yield
        finally:
            setattr(node, attribute, original)


def differences(one: dict[str, Rows], other: dict[str, Rows]) -> dict[str, tuple[Rows, Rows]]:
    return {table: (rows - other[table], other[table] - rows) for table, rows in one.items() if rows != other[table]}


def as_before(now: Path, before: Path, table: str) -> None:
    """Put one table of a warehouse back to what it was in an earlier copy, with its note."""
    with duckdb.connect(str(now)) as connection:
        connection.execute(f"attach '{before}' as before (read_only)")
        note = connection.execute(
            "select comment from duckdb_tables() "
            "where database_name = 'before' and schema_name || '.' || table_name = ?",
            [table],
        ).fetchone()
        connection.execute(f"create or replace table {table} as from before.{table}")
        connection.execute(f"comment on table {table} is '{note[0] if note else ''}'")


def copy_of(warehouse: Path, name: str) -> Path:
    return Path(shutil.copy(warehouse, warehouse.with_name(name)))
