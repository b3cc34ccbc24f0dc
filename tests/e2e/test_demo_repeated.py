"""The demo a second time over the same home: nothing new leaves, and nothing that was decided changes."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.e2e.demo import DAYS, TODAY, Demo, run_demo
from tests.e2e.shell import demo_settings, fredning

pytestmark = pytest.mark.slow


def digest(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def tables_of(home: Path) -> dict[str, tuple[int, int]]:
    """Rows and a sum of their hashes, of every table of the warehouse that says something of the retailer.

    A table that was carried forward leaves behind which keys it computed anew; one that was built whole has none.
    """
    with duckdb.connect(str(home / "var/warehouse.duckdb"), read_only=True) as connection:
        names = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where not ends_with(table_name, '__affected') order by 1"
        ).fetchall()
        hashed = {name: f"select count(*), sum(hash(t)::hugeint) from {name} as t" for (name,) in names}
        return {name: connection.execute(sql).fetchall()[0] for name, sql in hashed.items()}


def ledger_of(home: Path) -> tuple[set[str], set[tuple[Any, ...]]]:
    """Ids of everything to be sent, and all rows of the days after the last erasure.

    The purchases of somebody erased no longer count in what everybody's say (how soon a product runs out), so days up
    to that one may be decided anew; what was sent may not.
    """
    erased_on = max(date.fromisoformat(p.name) for p in (home / "var/landing/privacy/erasures").iterdir())
    settled_from = max(erased_on, TODAY - timedelta(days=DAYS - 1)) + timedelta(days=1)
    with duckdb.connect(str(home / "var/published/fredning.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "select run_date, message_id, decision, reason from marts.fct_contact_decisions"
        ).fetchall()
    return {row[1] for row in rows if row[2] == "send"}, {row for row in rows if row[0] >= settled_from}


def test_a_second_demo_hands_off_nothing_new_and_changes_no_byte(demo: Demo) -> None:
    """Twice if need be, with the same result."""
    home, _ = demo
    before, ledger = digest(home / "var/outbox"), ledger_of(home)
    assert ledger[0]
    assert ledger[1]
    run_demo(home)
    assert digest(home / "var/outbox") == before
    assert ledger_of(home) == ledger
    # From then on nothing is new any more, and a day that runs again is the same to the last digit.
    tables = tables_of(home)
    assert fredning(home, "run", "--date", TODAY.isoformat(), **demo_settings(home)).returncode == 0
    after = tables_of(home)
    assert {name for name in tables if after[name] != tables[name]} == set()
