"""Whom somebody at a keyboard means by an address, a number or a member id. Changes nothing.

No rule of its own: what is named by hand is read as a request that was delivered, by the SQL of int_customers__erased.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import duckdb

from assets.identity import phones
from orchestration.dbt import run_vars
from orchestration.dbt_compile import compile_sql
from orchestration.settings import Settings

_RULE, _REQUESTS = "model.fredning.int_customers__erased", '"warehouse"."staging"."stg_privacy__erasures"'
# Compiled once in a process: dbt takes seconds to start.
_rules: dict[str, str] = {}


def named_by_hand(
    connection: duckdb.DuckDBPyConnection, by_hand: Mapping[str, str], settings: Settings, run_date: date
) -> set[str]:
    """Customers meant by {kind: value}, by the warehouse of `connection`. Raises `DbtFailure`."""
    if not by_hand:
        return set()
    # One request; a number without a calling code may be read in several ways.
    numbers = _numbers(by_hand.get("phone"), settings.country)
    rows = [[by_hand.get("email", "").lower() or None, by_hand.get("member_id"), None]]
    rows += [[None, None, number] for number in numbers]
    connection.execute(
        "create or replace temp table named_by_hand (request_id varchar default 'by hand', requested_at timestamptz, "
        "email varchar, member_id varchar, phone varchar)"
    )
    connection.executemany("insert into named_by_hand (email, member_id, phone) values (?, ?, ?)", rows)
    found = connection.execute(f"select customer_id from ({_rule(settings, run_date)})").fetchall()
    return {row[0] for row in found}


def _numbers(typed: str | None, country: str) -> list[str]:
    return sorted({typed.replace(" ", ""), *phones.numbers_meant(typed, [country])}) if typed else []


def _rule(settings: Settings, run_date: date) -> str:
    """The SQL of the customers who asked to be erased, for the requests in the table `named_by_hand`."""
    compiled_for = str((settings.dbt_dir, run_vars(settings, run_date)))
    if compiled_for not in _rules:
        with tempfile.TemporaryDirectory() as folder:
            sql = compile_sql(settings, Path(folder), [_RULE.rpartition(".")[2]], run_date)[_RULE].compiled_code
        if _REQUESTS not in sql:
            raise RuntimeError(f"{_RULE} does not read {_REQUESTS} any more: erasing by hand must follow it.")
        _rules[compiled_for] = sql.replace(_REQUESTS, "named_by_hand")
    return _rules[compiled_for]
