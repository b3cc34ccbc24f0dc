"""What is measured: a build through dbt as the daily job calls it, and its statements again in plain DuckDB.

Belongs here: how either is run under a watch. Not here: on which retailer, and how the costs are told (`printed`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import duckdb

from assets.identity.dbt_functions import register
from orchestration.dbt import LATER_SELECTION, build_arguments
from orchestration.dbt_runner import DbtRunner
from orchestration.settings import Settings
from tests.benchmarks.scale.watch import Watch


@dataclass(frozen=True)
class Node:
    """One model as dbt built it: its statement, and what it took."""

    name: str
    statement: str
    seconds: float


def build(settings: Settings, day: date, memory: str, selected: str = "fqn:*") -> tuple[Watch, list[Node]]:
    """The daily job's first dbt step. Raises `SystemExit` when a node failed."""
    settings = replace(settings, memory_limit=memory)
    runner = DbtRunner(settings)
    nodes = runner.parsed.nodes  # parsed before the watch is started
    arguments = build_arguments(
        command="build",
        select=[selected],
        exclude=[LATER_SELECTION],
        run_date=day,
        settings=settings,
    )
    with Watch() as watch:
        results = runner.invoke(arguments)
    for result in results:
        if not result.is_good:
            print(f"  {result.status} at this scale: {result.unique_id}: {result.message}")
    if any(result.status in {"error", "runtime error"} for result in results):
        raise SystemExit("The build failed.")
    return watch, [
        Node(f"{node.schema}.{node.name}", result.statement, result.seconds)
        for result in results
        # Exposures are among the results and build nothing.
        if (node := nodes.get(result.unique_id)) and node.config.materialized in {"table", "incremental"}
    ]


def build_plainly(settings: Settings, nodes: list[Node], memory: str) -> tuple[Watch, dict[str, tuple[Watch, int]]]:
    """Every statement again, in the order in which dbt built it, without dbt. Returns the sum and each one's cost."""
    costs: dict[str, tuple[Watch, int]] = {}
    total = Watch()
    with duckdb.connect(
        str(settings.warehouse_path),
        config={"memory_limit": memory, "temp_directory": str(settings.home / "tmp"), "checkpoint_threshold": "1GB"},
    ) as connection:
        register(connection)
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set preserve_insertion_order = false")
        connection.execute(f"set file_search_path = '{settings.home}'")
        connection.execute("create schema scratch")
        for node in nodes:
            with Watch() as watch:
                connection.execute(f"create table scratch.result as {node.statement}")
            found = connection.execute("select count(*) from scratch.result").fetchone()
            kept = connection.execute(f"select count(*) from {node.name}").fetchone()
            if found != kept and "fct_contact_decisions" not in node.name:
                print(f"  {node.name}: {kept} rows by dbt, {found} by the plain statement")
            connection.execute("drop table scratch.result")
            costs[node.name] = (watch, found[0] if found else 0)
            total.wall += watch.wall
            total.cpu += watch.cpu
            total.peak_mb = max(total.peak_mb, watch.peak_mb)
        connection.execute("drop schema scratch")
    return total, costs
