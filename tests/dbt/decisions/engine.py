"""Runs the decision models' compiled SQL on worlds, in memory: dbt starts once and compiles, DuckDB does the rest.

Nothing is restated here: the order comes from dbt's manifest, the SQL from dbt's compiler. The one liberty is the
date: the compiled text names run_date as a literal, which is replaced, so that one compilation serves all days.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb

from tests.dbt.decisions.relations import Row, fill

PROJECT = Path(__file__).resolve().parents[3] / "dbt_project"
# Messages from which a journey's expected value counts: few, so that a small retailer has some.
MIN_MESSAGES = 3
COMPILED_DATE = date(2026, 6, 15)
MODELS = (
    "int_decisions__candidates",
    "int_decisions__contact_log",
    "int_decisions__counted_touches",
    "int_decisions__handed_off",
    "int_decisions__fixed_rows",
    "int_decisions__contactability",
    "int_decisions__eligibility",
    "int_experiments__buckets",
    "int_decisions__assignment",
    "int_decisions__sending_windows",
    "int_decisions__policy",
    "int_decisions__look_ahead",
    "int_decisions__contenders",
    "int_decisions__ranked",
    "int_decisions__arbitration",
    "fct_contact_decisions",
    "fct_newsletter_exclusions",
)


@dataclass(frozen=True)
class CompiledModel:
    """One model: its relation, its SQL for COMPILED_DATE, and how a run stores it (table, view or incremental)."""

    name: str
    relation: str
    sql: str
    hook: str | None
    materialized: str

    @property
    def is_incremental(self) -> bool:
        """A run adds to it, and does not replace it."""
        return self.materialized == "incremental"


def _dbt(home: Path, *arguments: str, profiles: Path = PROJECT) -> Any:
    from dbt.adapters.factory import reset_adapters
    from dbt.cli.main import dbtRunner

    there = {"FREDNING_HOME": str(home), "FREDNING_WAREHOUSE": str(home / "warehouse.duckdb")}
    # dbt compile prints the SQL of what it compiles.
    with mock.patch.dict(os.environ, there), contextlib.redirect_stdout(io.StringIO()):
        result = dbtRunner().invoke(_arguments(home, *arguments, profiles=profiles))
    reset_adapters()
    if not result.success:
        failures = [f"{r.node.name}: {r.message}" for r in getattr(result.result, "results", []) if r.message]
        raise AssertionError(f"dbt {arguments[0]} failed: {result.exception or failures}")
    return result.result


def _arguments(home: Path, *arguments: str, profiles: Path = PROJECT) -> list[str]:
    return [
        *arguments,
        "--project-dir", str(PROJECT),
        "--profiles-dir", str(profiles),
        "--target-path", str(home / "target"),
        "--log-path", str(home / "logs"),
        "--vars", f"{{run_date: {COMPILED_DATE.isoformat()}, expected_value_min_messages: {MIN_MESSAGES}}}",
        "--quiet",
    ]  # fmt: skip


def compile_models(home: Path) -> list[CompiledModel]:
    """Build the models once on empty inputs (so that incremental ones exist), then compile them."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    home.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        for schema in ("staging", "intermediate", "marts"):
            connection.execute(f"create schema if not exists {schema}")
        fill(connection, {})
    _dbt(home, "seed", "--select", "decision_reasons")
    run_models_by_dbt(home)
    compiled = _dbt(home, "compile", "--select", *MODELS)
    DuckDBConnectionManager.close_all_connections()
    nodes = {result.node.name: result.node for result in compiled.results}
    return [
        CompiledModel(
            name=name,
            relation=f"{nodes[name].schema}.{nodes[name].name}",
            sql=nodes[name].compiled_code,
            hook="delete from {relation} where run_date = {run_date}" if nodes[name].config.pre_hook else None,
            materialized=nodes[name].config.materialized,
        )
        for name in MODELS
    ]


def run_models_by_dbt(home: Path, profiles: Path = PROJECT) -> None:
    """Decide COMPILED_DATE by dbt, on whatever inputs the warehouse in `home` holds, and let go of the file."""
    run_dbt(home, MODELS, profiles)


def run_dbt(home: Path, models: Sequence[str], profiles: Path = PROJECT) -> None:
    """The same for other models."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    _dbt(home, "run", "--select", *models, profiles=profiles)
    DuckDBConnectionManager.close_all_connections()


class Warehouse:
    """One retailer's warehouse in memory, in which days are run one after the other."""

    def __init__(self, models: Sequence[CompiledModel], home: Path) -> None:
        self._models = models
        self._connection = duckdb.connect()
        self._connection.execute("attach ':memory:' as warehouse")
        self._connection.execute("set TimeZone = 'UTC'")
        self._connection.execute("set threads = 1")
        self._connection.execute("use warehouse")
        for schema in ("staging", "intermediate", "marts", "seeds"):
            self._connection.execute(f"create schema {schema}")
        seed = PROJECT / "seeds" / "decision_reasons.csv"
        self._connection.execute(f"create table seeds.decision_reasons as from read_csv('{seed}')")
        with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as built:
            for model in models:
                if model.is_incremental:
                    (ddl,) = built.execute(
                        "select sql from duckdb_tables() where schema_name || '.' || table_name = ?", [model.relation]
                    ).fetchone() or ("",)
                    self._connection.execute(ddl)

    def run(self, run_date: date, tables: Mapping[str, Sequence[Row]]) -> list[Row]:
        """Decide one day; the rows of that day in the ledger."""
        fill(self._connection, tables)
        self._build(run_date, self._models)
        return self.ledger(run_date)

    def run_differently(self, run_date: date, wrong: CompiledModel, outputs: Sequence[str]) -> list[list[Row]]:
        """What the day would be with one model changed: rows of some queries. Everything stays as it was."""
        first = [model.name for model in self._models].index(wrong.name)
        self._connection.execute("begin")
        try:
            self._build(run_date, [wrong, *self._models[first + 1 :]])
            return [self.rows(sql) for sql in outputs]
        finally:
            self._connection.execute("rollback")

    def _build(self, run_date: date, models: Sequence[CompiledModel]) -> None:
        for model in models:
            sql = model.sql.replace(COMPILED_DATE.isoformat(), run_date.isoformat())
            if model.is_incremental:
                self._connection.execute(f"create or replace temp table fresh as {sql}")
                if model.hook:
                    day = f"date '{run_date.isoformat()}'"
                    self._connection.execute(model.hook.format(relation=model.relation, run_date=day))
                self._connection.execute(f"insert into {model.relation} by name from fresh")
            else:
                self._connection.execute(f"create or replace {model.materialized} {model.relation} as {sql}")

    def ledger(self, run_date: date) -> list[Row]:
        """The rows of one day."""
        return self.rows("select * from marts.fct_contact_decisions where run_date = ?", [run_date])

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Rows of a query, as dictionaries."""
        cursor = self._connection.execute(sql, list(parameters))
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def close(self) -> None:
        """Let go of the memory."""
        self._connection.close()
