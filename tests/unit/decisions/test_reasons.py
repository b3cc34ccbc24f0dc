"""The table on the ledger's page in the UI."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from assets.decisions.reasons import count_by_reason

DAY = date(2026, 11, 20)


def test_a_day_is_counted_by_decision_and_reason_sent_ones_first(tmp_path: Path) -> None:
    """Other days and a person's second message must not be taken for more people."""
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts; create schema seeds")
        connection.execute("create table seeds.decision_reasons (reason varchar, sentence varchar)")
        connection.execute("insert into seeds.decision_reasons values ('HOLDOUT', 'In a control group.')")
        connection.execute(
            "create table marts.fct_contact_decisions "
            "(run_date date, customer_id varchar, decision varchar, reason varchar)"
        )
        connection.executemany(
            "insert into marts.fct_contact_decisions values (?, ?, ?, ?)",
            [
                (DAY, "a", "suppress", "HOLDOUT"),
                (DAY, "a", "suppress", "HOLDOUT"),
                (DAY, "b", "suppress", "UNNAMED"),
                (DAY, "b", "hold", "RESERVED"),
                (DAY, "c", "send", None),
                (date(2026, 11, 19), "c", "send", None),
            ],
        )
    assert [tuple(row.values()) for row in count_by_reason(path, DAY)] == [
        ("send", None, 1, 1, None),
        ("hold", "RESERVED", 1, 1, None),
        ("suppress", "HOLDOUT", 2, 1, "In a control group."),
        ("suppress", "UNNAMED", 1, 1, None),
    ]
