"""Plays days of a world on ledger and oracle side by side, and lists where they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from tests.dbt.decisions.engine import CompiledModel, Warehouse
from tests.dbt.decisions.oracle import COMPARED, Oracle, Outcome
from tests.dbt.decisions.relations import Row
from tests.dbt.decisions.situations import situations
from tests.dbt.decisions.worlds import World

EXCLUSION = ("customer_id", "address", "rule", "until_at")
PIN = ("salt", "customer_id", "pinned_on", "bucket")


def comparable(row: Row, names: Sequence[str]) -> dict[str, Any]:
    """The named values, instants without the zone they are shown in."""
    values = {name: row.get(name) for name in names}
    return {k: v.timestamp() if isinstance(v, datetime) else v for k, v in values.items()}


def differences(got: list[Row], expected: list[Row], names: Sequence[str], key: Sequence[str]) -> list[str]:
    """One line per row that only one side has or that has other values."""
    ours = {tuple(row[k] for k in key): comparable(row, names) for row in got}
    theirs = {tuple(row[k] for k in key): comparable(row, names) for row in expected}
    found = [f"{len(got) - len(ours)} rows share a key"] if len(ours) < len(got) else []
    for row_key in sorted({*ours, *theirs}, key=str):
        mine, other = ours.get(row_key), theirs.get(row_key)
        if mine is None or other is None:
            found.append(f"{row_key} only in {'the ledger' if mine else 'the oracle'}: {mine or other}")
        elif mine != other:
            values = {name: (mine[name], other[name]) for name in names if mine[name] != other[name]}
            found.append(f"{row_key} (ledger, oracle): {values}; row: {mine}")
    return found


class Scenario:
    """A world, its warehouse, and what the oracle remembers of earlier runs."""

    def __init__(self, models: Sequence[CompiledModel], home: Path, world: World) -> None:
        self.models, self.home, self.world = models, home, world
        self.warehouse = Warehouse(models, home)
        self.ledger: list[Row] = []
        self.pins: list[Row] = []
        self.last_outcome = Outcome([], [], [])
        self.met: Counter[str] = Counter()

    def rebuild(self) -> None:
        """Lose the warehouse; the outbox stays."""
        self.warehouse.close()
        self.warehouse = Warehouse(self.models, self.home)
        self.ledger, self.pins = [], []

    def run(self, run_date: date) -> list[Row]:
        """Decide the day on both sides; the ledger's rows. Fails where they differ."""
        rows = self.warehouse.run(run_date, self.world.tables)
        outcome = Oracle(run_date, self.world.tables, self.ledger, self.pins).run()
        self.pins.extend(outcome.pins)
        self.last_outcome = outcome
        found = self.compare(run_date, rows, outcome)
        assert not found, f"{len(found)} differences on {run_date}:\n" + "\n".join(found[:5])
        self.met.update(situations(run_date, self.world.tables, rows))
        kept = [row for row in self.ledger if row["run_date"] != run_date]
        self.ledger = kept + [{**row, "run_date": run_date} for row in outcome.rows]
        return rows

    def compare(self, run_date: date, rows: list[Row], outcome: Outcome) -> list[str]:
        """Differences in ledger, exclusion list and pinned buckets."""
        exclusions = self.warehouse.rows("select * from marts.fct_newsletter_exclusions where run_date = ?", [run_date])
        pins = self.warehouse.rows("select * from intermediate.int_experiments__buckets")
        return (
            differences(rows, outcome.rows, COMPARED, ["message_id"])
            + differences(exclusions, outcome.exclusions, EXCLUSION, ["customer_id"])
            + differences(pins, self.pins, PIN, ["salt", "customer_id", "pinned_on"])
        )

    def close(self) -> None:
        """Let go of the warehouse."""
        self.warehouse.close()
