"""Runs compiled models on made-up rows, in memory: dbt compiles a chain of models once, DuckDB answers many times.

Belongs here: compiling, filling the chain's inputs, reading a relation. Not here: rules, oracles, assertions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.identity.dbt_functions import register

PROJECT = Path(__file__).resolve().parents[3] / "dbt_project"
COMPILED_DATE = date(2026, 6, 15)
_SOURCE = re.compile(r"read_parquet\('raw/(\w+)/(\w+)/\*\.parquet', union_by_name=true\)")

SEEDS = (
    "country_defaults",
    "source_trust",
    "placeholder_identifiers",
    "identity_normal_forms",
)

_FOREIGN_PHONES = "dialled VARCHAR, country VARCHAR, phone VARCHAR, is_mobile BOOLEAN"

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Input:
    """A relation that tests fill: its name as compiled SQL reads it, and its columns with types."""

    relation: str
    columns: str


def raw(source: str, dataset: str, columns: str) -> Input:
    """A delivered dataset; the three columns that landing adds are implied."""
    added = "received_on DATE, source_file VARCHAR, source_line INTEGER"
    return Input(f"raw.{source}__{dataset}", f"{columns}, {added}")


class Chain:
    """Models in their order, compiled for COMPILED_DATE; any other run_date is put in as a literal."""

    def __init__(
        self,
        compiled: Sequence[tuple[str, str]],
        inputs: Sequence[Input],
        appended: Sequence[Input] = (),
    ) -> None:
        self._compiled = compiled
        self._appended = {each.relation: each.columns for each in appended}
        self._inputs = {each.relation: each for each in inputs}
        self.connection = duckdb.connect(config={"threads": 1})
        self.connection.execute("attach ':memory:' as warehouse; use warehouse; set TimeZone = 'UTC'")
        for schema in ("raw", "staging", "intermediate", "marts", "seeds"):
            self.connection.execute(f"create schema {schema}")
        # What normalise_phone looks numbers of other countries up in; made by a model only where a test is about them.
        self.connection.execute(f"create table staging.base_addresses__foreign_phones ({_FOREIGN_PHONES})")
        register(self.connection)
        for seed in SEEDS:
            path = PROJECT / "seeds" / f"{seed}.csv"
            self.connection.execute(
                f"create table seeds.{seed} as from read_csv('{path}', header = true, all_varchar = true)"
            )

    def run(self, run_date: date, tables: Mapping[str, Iterable[Row]], *, build: bool = True) -> None:
        """Fill the inputs (those not named are empty) and build every model."""
        for relation, each in self._inputs.items():
            self.connection.execute(f"create or replace table {relation} ({each.columns})")
            for row in tables.get(relation, ()):
                names = ", ".join(f'"{name}"' for name in row)
                marks = ", ".join("?" for _ in row)
                self.connection.execute(f"insert into {relation} ({names}) values ({marks})", list(row.values()))
        if build:
            self.build(run_date)

    def build(self, run_date: date) -> None:
        """Build every model over the inputs as they are; incremental ones get this run's rows added."""
        for relation, sql in self._compiled:
            dated = sql.replace(COMPILED_DATE.isoformat(), run_date.isoformat())
            into = "insert into" if relation in self._appended else "create or replace table"
            way = "by name" if relation in self._appended else "as"
            self.connection.execute(f"{into} {relation} {way} {dated}")

    def forget(self) -> None:
        """What models know of their own earlier runs as on the first day of an installation: nothing."""
        for relation, columns in self._appended.items():
            self.connection.execute(f"create or replace table {relation} ({columns})")

    @contextmanager
    def changed(self, right: str, wrong: str) -> Iterator[None]:
        """The chain with one fragment of its SQL replaced wherever it stands; white space does not matter."""
        place = r"\s*".join(re.escape(token) for token in re.findall(r"\w+|[^\w\s]", right))
        original = self._compiled
        self._compiled = [(relation, re.sub(place, lambda _: f" {wrong} ", sql)) for relation, sql in original]
        assert self._compiled != original, "the place of the mutation is gone: adapt the mutant"
        try:
            yield
        finally:
            self._compiled = original

    def rows(self, query: str) -> list[dict[str, Any]]:
        cursor = self.connection.execute(query)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def compile_chain(
    home: Path,
    models: Sequence[str],
    inputs: Sequence[Input],
    variables: Mapping[str, Any] | None = None,
    appended: Sequence[Input] = (),
) -> Chain:
    """Compile `models` with dbt, once. They are run in the order given.

    Those that are `appended` to read their own table, given with its columns: compiled as from the second run on.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import reset_adapters
    from dbt.cli.main import dbtRunner

    with duckdb.connect(str(home / "warehouse.duckdb")) as there_already:
        for each in appended:
            there_already.execute(f"create schema if not exists {each.relation.split('.')[0]}")
            there_already.execute(f"create table {each.relation} ({each.columns})")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FREDNING_HOME", str(home))
        patch.setenv("FREDNING_WAREHOUSE", str(home / "warehouse.duckdb"))
        result = dbtRunner().invoke(
            [
                "compile", "--quiet", "--select", *models,
                "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT),
                "--target-path", str(home / "target"), "--log-path", str(home / "logs"),
                "--vars", json.dumps({"run_date": COMPILED_DATE.isoformat(), **(variables or {})}),
            ]
        )  # fmt: skip
        DuckDBConnectionManager.close_all_connections()
        reset_adapters()
    assert result.success, result.exception
    nodes = {each.node.name: each.node for each in result.result.results}
    compiled = [
        (
            f"{nodes[name].schema}.{name}",
            _SOURCE.sub(r"raw.\1__\2", nodes[name].compiled_code),
        )
        for name in models
    ]
    return Chain(compiled, inputs, appended)
