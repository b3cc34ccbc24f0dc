"""CPU seconds of one day's decisions: the models, against the same decisions written by hand in plain DuckDB.

    python -m tests.benchmarks.decisions                (scale 0.1; or SCALE=1 make bench)
    python -m tests.benchmarks.decisions 0.1 1 3        (and how the cost grows with the candidates)

Scale 1 is a million customers, 10 M orders, 20 M past messages and 100,000 candidates, on which every gate acts. The
models run twice: as dbt compiles them, statement by statement, and by dbt itself, whose fixed part (the same run on
empty data) is taken off. `decisions_sql/by_hand.sql` writes the same ledger, exclusion list and buckets for this one
retailer without storing anything between; all rows and all columns must be equal, or nothing is measured. `bare.sql` is
the look-back and the winner alone. `triggers` measures the day's anchors in the same way, and both together are what a
day costs. The exponent is that of CPU seconds over candidates, from first to last scale.
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

from tests.benchmarks import triggers
from tests.benchmarks.measuring import DAY, ROUNDS, Cost, cpu_seconds, execute, one_thread, profile_of_one_thread
from tests.dbt.decisions.engine import MIN_MESSAGES, CompiledModel, compile_models, run_models_by_dbt
from tests.dbt.decisions.relations import fill

WRITTEN = {
    "ledger": "marts.fct_contact_decisions",
    "exclusions": "marts.fct_newsletter_exclusions",
    "buckets": "intermediate.int_experiments__buckets",
}


@dataclass(frozen=True)
class Measured:
    """One scale: rows of the ledger by reason, and CPU seconds (the fewest of some rounds: the machine is shared)."""

    scale: float
    counts: list[tuple[str, int]]
    models: dict[str, float]
    bare: float
    cost: Cost

    @property
    def total(self) -> float:
        return sum(self.models.values())

    @property
    def n_candidates(self) -> int:
        return sum(n for _, n in self.counts)


class Retailer:
    """The inputs of the decision models at one scale, in the warehouse file of `home`; the contact log beside it."""

    def __init__(self, home: Path, scale: float) -> None:
        self._home = home
        self._values = {
            "log": str(home / "contact_log.parquet"),
            "next_as_of": f"timezone('Europe/Oslo', timestamp '{DAY} 00:00:00' + interval 1 day)",
            "min_messages": MIN_MESSAGES,
            "customers": int(1_000_000 * scale),
            "messages": int(20_000_000 * scale),
            "candidates": int(100_000 * scale),
            "orders": int(10_000_000 * scale),
        }
        with self.connect() as connection:
            fill(connection, {})
            self.execute(connection, "contact_log")
            self.execute(connection, "world")
            connection.execute("drop table staging.stg_outbox__contact_log")
            connection.execute(f"create view staging.stg_outbox__contact_log as from '{self._values['log']}'")

    def connect(self) -> duckdb.DuckDBPyConnection:
        """The warehouse, on one thread."""
        return one_thread(self._home)

    def execute(self, connection: duckdb.DuckDBPyConnection, name: str) -> None:
        """Run the statements of one of the files."""
        execute(connection, name, **self._values)

    def close(self) -> None:
        """Leave an empty warehouse behind, for the next scale."""
        with self.connect() as connection:
            connection.execute("drop view staging.stg_outbox__contact_log; drop schema by_hand cascade")
            fill(connection, {})


def forget_day(connection: duckdb.DuckDBPyConnection) -> None:
    """Nothing has been decided or pinned yet, neither by the models nor by hand."""
    connection.execute("create schema if not exists by_hand")
    for name, relation in WRITTEN.items():
        connection.execute(f"create or replace table by_hand.{name} as from {relation} limit 0; truncate {relation}")
    connection.execute("checkpoint")


def run_models(connection: duckdb.DuckDBPyConnection, models: list[CompiledModel]) -> dict[str, float]:
    """Run the day's models in order and store them; CPU seconds by model."""
    spent = {}
    for model in models:
        verb = "insert into {} by name" if model.is_incremental else f"create or replace {model.materialized} {{}} as"
        sql = f"{verb.format(model.relation)} {model.sql}"
        spent[model.name] = cpu_seconds(lambda sql=sql: connection.execute(sql))
    spent["(storing them)"] = cpu_seconds(lambda: connection.execute("checkpoint"))
    return spent


def run_by_hand(connection: duckdb.DuckDBPyConnection, retailer: Retailer) -> float:
    """The same day by hand, stored. It sees the buckets that were pinned before the day: none."""
    return cpu_seconds(lambda: (retailer.execute(connection, "by_hand"), connection.execute("checkpoint")))


def compare(connection: duckdb.DuckDBPyConnection) -> None:
    """Raises `SystemExit` where models and statements by hand did not write the same rows."""
    for name, relation in WRITTEN.items():
        rows = [
            connection.execute(f"select count(*), bit_xor(md5_number(cast(t as varchar))) from {table} as t").fetchone()
            for table in (relation, f"by_hand.{name}")
        ]
        if rows[0] != rows[1]:
            raise SystemExit(f"{relation}: the models wrote {rows[0]} (rows, checksum), by hand it is {rows[1]}")


def measure(scale: float, models: list[CompiledModel], home: Path) -> Measured:
    """Build a retailer and decide its day in all ways, in turns."""
    profiles = profile_of_one_thread(home)
    dbt_fixed = min(cpu_seconds(lambda: run_models_by_dbt(home, profiles)) for _ in range(ROUNDS))
    retailer = Retailer(home, scale)
    spent: dict[str, float] = {}
    by_hand = bare = by_dbt = math.inf
    for _ in range(ROUNDS):
        with retailer.connect() as connection:
            forget_day(connection)
            by_hand = min(by_hand, run_by_hand(connection, retailer))
            for model, seconds in run_models(connection, models).items():
                spent[model] = min(seconds, spent.get(model, seconds))
            compare(connection)
            bare = min(bare, cpu_seconds(lambda: retailer.execute(connection, "bare")))
            counts = connection.execute(
                "select coalesce(reason, 'send'), count(*) from marts.fct_contact_decisions group by 1 order by 2 desc"
            ).fetchall()
            forget_day(connection)
        by_dbt = min(by_dbt, cpu_seconds(lambda: run_models_by_dbt(home, profiles)))
    retailer.close()
    return Measured(scale, counts, spent, bare, Cost(by_hand, by_dbt, dbt_fixed))


def show(one: Measured) -> None:
    """A scale's models, dearest first, and what they are compared with."""
    reasons = ", ".join(f"{reason} {n:,}" for reason, n in one.counts)
    print(f"scale {one.scale:g}: {one.n_candidates:,} ledger rows, equal in all columns: {reasons}")
    for model, seconds in sorted(one.models.items(), key=lambda item: -item[1]):
        if seconds >= 0.005:
            print(f"  {seconds:7.2f} CPU s  {model}")
    print(f"  {one.total:7.2f} CPU s  all models")
    print(f"  {one.cost.by_hand:7.2f} CPU s  the same by hand: ratio {one.total / one.cost.by_hand:.2f}")
    print(f"  {one.cost.through_dbt:7.2f} CPU s  {one.cost}")
    print(f"  {one.bare:7.2f} CPU s  quarantine and winner alone", flush=True)


def show_both(decided: Measured, found: triggers.Measured) -> None:
    """One day: its anchors and its ledger."""
    by_dbt = decided.cost.through_dbt + found.cost.through_dbt
    by_hand = decided.cost.by_hand + found.cost.by_hand
    print(
        f"  {by_dbt:7.2f} CPU s  triggers and ledger by dbt, {by_hand:.2f} by hand: "
        f"ratio {by_dbt / by_hand:.2f} (target 1.5)",
        flush=True,
    )


def main(scales: list[float]) -> None:
    """Measure and print."""
    measured = []
    with tempfile.TemporaryDirectory() as name:
        home = Path(name) / "home"
        models = compile_models(home)
        for scale in scales:
            measured.append(measure(scale, models, home))
            show(measured[-1])
            found = triggers.measure(scale, Path(name) / f"triggers_{scale:g}")
            triggers.show(found)
            show_both(measured[-1], found)
    first, last = measured[0], measured[-1]
    if last.n_candidates > first.n_candidates:
        exponent = math.log(last.total / first.total) / math.log(last.n_candidates / first.n_candidates)
        print(f"growth from scale {first.scale:g} to {last.scale:g}: CPU seconds ~ candidates to the {exponent:.2f}")


if __name__ == "__main__":
    main([float(each) for each in sys.argv[1:]] or [float(os.environ.get("SCALE") or 0.1)])
