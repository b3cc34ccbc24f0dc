"""CPU seconds of a day's anchors by the heavier trigger models, against the same anchors by hand in plain DuckDB.

    python -m tests.benchmarks.triggers 1               (tests.benchmarks.decisions adds it to its own)

Two years of order lines, 60 days of carts and visits, weekly stages: what the models read is made by
`decisions_sql/triggers_world.sql`; `triggers_by_hand.sql` finds the same anchors with the fastest statements known,
made for these journeys. Equal in all rows and columns, or nothing is measured. dbt's fixed part is the same run on
(nearly) empty data.
"""

from __future__ import annotations

import math
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.measuring import ROUNDS, Cost, cpu_seconds, execute, one_thread, profile_of_one_thread
from tests.dbt.decisions.engine import run_dbt

KINDS = ("purchases_in_group", "first_purchases", "deliveries", "carts_abandoned", "web_visits", "persona_changes")
MODELS = ("int_triggers__journeys", *(f"fct_trigger_{kind}" for kind in KINDS))


@dataclass(frozen=True)
class Measured:
    """One scale: anchors by kind, and CPU seconds (the fewest of some rounds)."""

    scale: float
    anchors: dict[str, int]
    cost: Cost


def measure(scale: float, home: Path) -> Measured:
    """Build the retailer in an empty warehouse of its own and find its anchors in both ways, in turns."""
    home.mkdir()
    profiles = profile_of_one_thread(home)
    _make_world(home, 0)
    dbt_fixed = min(cpu_seconds(lambda: run_dbt(home, MODELS, profiles)) for _ in range(ROUNDS))
    _make_world(home, scale)
    by_hand = by_dbt = math.inf
    for _ in range(ROUNDS):
        with one_thread(home) as connection:
            by_hand = min(by_hand, cpu_seconds(lambda: _find_by_hand(connection)))
        by_dbt = min(by_dbt, cpu_seconds(lambda: run_dbt(home, MODELS, profiles)))
    with one_thread(home) as connection:
        anchors = {kind: _compared(connection, f"fct_trigger_{kind}") for kind in KINDS}
    return Measured(scale, anchors, Cost(by_hand, by_dbt, dbt_fixed))


def _make_world(home: Path, scale: float) -> None:
    with one_thread(home) as connection:
        for schema in ("staging", "intermediate", "marts", "by_hand"):
            connection.execute(f"create schema if not exists {schema}")
        connection.execute("create or replace table marts.fct_contact_decisions (run_date date)")
        execute(
            connection,
            "triggers_world",
            # At scale 0 everything is there, and empty but for one line: the fixed part of a run.
            customers=max(1, int(1_000_000 * scale)),
            orders=max(1, int(10_000_000 * scale)),
            carts=max(1, int(500_000 * scale)),
            events=max(8, int(4_000_000 * scale)),
        )


def _find_by_hand(connection: duckdb.DuckDBPyConnection) -> None:
    execute(connection, "triggers_by_hand")
    connection.execute("checkpoint")


def _compared(connection: duckdb.DuckDBPyConnection, model: str) -> int:
    """Rows of a model. Raises `SystemExit` where it and the statements by hand did not find the same."""
    differing = connection.execute(
        f"""
        select count(*) from (
            (select * from marts.{model} except all select * from by_hand.{model})
            union all (select * from by_hand.{model} except all select * from marts.{model})
        )
        """
    ).fetchone()
    if differing != (0,):
        raise SystemExit(f"{model}: {differing} rows differ from those found by hand")
    (found,) = connection.execute(f"select count(*) from marts.{model}").fetchone() or (0,)
    return int(found)


def show(one: Measured) -> None:
    """The anchors, and what finding them costs."""
    anchors = ", ".join(f"{kind} {n:,}" for kind, n in one.anchors.items())
    print(f"scale {one.scale:g}: anchors equal in all columns: {anchors}")
    print(f"  {one.cost.by_hand:7.2f} CPU s  triggers by hand")
    print(f"  {one.cost.through_dbt:7.2f} CPU s  triggers {one.cost}", flush=True)


def main(scales: list[float]) -> None:
    """Measure and print."""
    for scale in scales:
        with tempfile.TemporaryDirectory() as name:
            show(measure(scale, Path(name) / "home"))


if __name__ == "__main__":
    main([float(each) for each in sys.argv[1:]] or [float(os.environ.get("SCALE") or 0.1)])
