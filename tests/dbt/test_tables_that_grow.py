"""Tables that every run adds to (macros/engines/incremental.sql), in a project of one such table."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import pytest

from orchestration.dbt import profile_environment
from orchestration.settings import Settings

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
CONFIG = "materialized='incremental', incremental_strategy='append', schema='marts', pre_hook='{{ forget_day() }}'"
ADDED = ", on_schema_change='append_new_columns'"
CONTRACT = """
models:
  - name: grown
    config: {contract: {enforced: true}}
    columns:
      - {name: run_date, data_type: date}
      - {name: n, data_type: integer, constraints: [{type: not_null}]}
"""
DECLARED = """
name: fredning
version: '1.0.0'
profile: fredning
vars: {carried: {}}
"""
Run = Callable[..., Any]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    shutil.copy(PROJECT / "profiles.yml", tmp_path)
    shutil.copytree(PROJECT / "macros", tmp_path / "macros")
    (tmp_path / "dbt_project.yml").write_text(DECLARED)
    (tmp_path / "models").mkdir()
    (tmp_path / "home").mkdir()
    return tmp_path


@pytest.fixture
def run(home: Path) -> Run:
    """Run the table with a query, on a day; whether it went well."""

    def run(query: str, *, day: str = "2026-03-01", config: str = CONFIG, contract: str = "", more: str = "") -> bool:
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.adapters.factory import reset_adapters
        from dbt.cli.main import dbtRunner

        (home / "models" / "grown.sql").write_text(f"{{{{ config({config}{more}) }}}}\n-- why\n{query}")
        (home / "models" / "models.yml").write_text(contract)
        # All that the profile reads: what an earlier test in this process left would lead to its warehouse.
        with mock.patch.dict(os.environ, profile_environment(Settings(home=home / "home"))):
            result = dbtRunner().invoke(
                [
                    "run",
                    "--quiet",
                    "--project-dir",
                    str(home),
                    "--profiles-dir",
                    str(home),
                    "--vars",
                    f"{{run_date: '{day}', timezone: UTC}}",
                ]
            )
        DuckDBConnectionManager.close_all_connections()
        reset_adapters()
        return bool(result.success)

    return run


def rows(home: Path) -> list[dict[str, Any]]:
    with duckdb.connect(str(home / "home" / "warehouse.duckdb"), read_only=True) as connection:
        found = connection.execute(
            "select * replace (cast(run_date as varchar) as run_date) from marts.grown order by all"
        )
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def test_a_day_is_added_and_the_same_day_again_takes_its_own_rows_place(home: Path, run: Run) -> None:
    query = "select {{ run_date() }} as run_date, 1 as n"
    assert run(query)
    assert run(query, day="2026-03-02")
    assert run(query.replace("1 as n", "7 as n"), day="2026-03-02")
    assert rows(home) == [{"run_date": "2026-03-01", "n": 1}, {"run_date": "2026-03-02", "n": 7}]


def test_columns_go_by_their_names_and_a_new_one_is_added_to_what_is_there(home: Path, run: Run) -> None:
    """By position, a column moved in the query would land under another's name without any error."""
    assert run("select {{ run_date() }} as run_date, 1 as n, 2 as gone", more=ADDED)
    assert run("select 'x' as late, 3 as n, {{ run_date() }} as run_date", day="2026-03-02", more=ADDED)
    assert rows(home) == [
        {"run_date": "2026-03-01", "n": 1, "gone": 2, "late": None},
        {"run_date": "2026-03-02", "n": 3, "gone": None, "late": "x"},
    ]


def test_a_new_column_stops_the_run_where_the_table_is_not_to_change(home: Path, run: Run) -> None:
    assert run("select {{ run_date() }} as run_date, 1 as n", more=", on_schema_change='fail'")
    assert not run("select {{ run_date() }} as run_date, 1 as n, 2 as late", more=", on_schema_change='fail'")
    assert rows(home) == [{"run_date": "2026-03-01", "n": 1}]


@pytest.mark.parametrize(
    "query",
    [
        "select {{ run_date() }} as run_date, cast('no number' as integer) as n",
        "select {{ run_date() }} as run_date, cast(null as integer) as n",
        "select {{ run_date() }} as run_date, '2' as n",
        "select {{ run_date() }} as run_date",
    ],
    ids=["fails while it runs", "breaks a constraint", "another type than promised", "less than promised"],
)
def test_a_day_that_fails_leaves_the_rows_of_its_earlier_execution(home: Path, run: Run, query: str) -> None:
    """They are taken out in the same transaction, so an error must bring them back: the ledger would lose a day."""
    assert run("select {{ run_date() }} as run_date, cast(1 as integer) as n", contract=CONTRACT, more=ADDED)
    assert not run(query, contract=CONTRACT, more=ADDED)
    assert rows(home) == [{"run_date": "2026-03-01", "n": 1}]


def test_a_strategy_that_updates_keys_is_refused(run: Run) -> None:
    """It would be appended all the same, and every key of two days would be there twice."""
    assert not run("select {{ run_date() }} as run_date", config=CONFIG.replace("append", "delete+insert"))
