"""The analysts' copy: marts and seeds of the warehouse in a file of their own, swapped in whole after a good run.

Readers keep the file they opened; nobody waits for a lock, and nobody's query stops a run.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import dagster as dg
import duckdb

from orchestration.dbt import manifest_of
from orchestration.partitions import daily, one_day_a_run, run_date_of
from orchestration.settings import Settings
from orchestration.tags import DATA_TEAM

PUBLISHED_SCHEMAS = ("marts", "seeds")


@dataclass(frozen=True)
class PublishReport:
    """What was published. `is_current` is false when a newer day had been published already and was left alone."""

    run_date: date
    is_current: bool
    rows_of: Mapping[str, int]


def published_run_date(settings: Settings) -> date | None:
    """The run_date of the analysts' copy, or None before the first publication."""
    if not settings.published_path.exists():
        return None
    with duckdb.connect(str(settings.published_path), read_only=True) as connection:
        row = connection.execute("select run_date from main.published").fetchone()
    return row[0] if row else None


def publish(settings: Settings, run_date: date, descriptions: Mapping[str, Mapping[str, Any]]) -> PublishReport:
    """Copy marts and seeds and swap the file in atomically.

    `descriptions` maps `schema.table` to {"description": str, "columns": {name: description}}; they become
    comments in the file, so that `duckdb_tables()` and every SQL tool show them.
    A run of an older day (a backfill) never replaces a newer copy: its corrected rows follow with the next run.
    """
    newest = published_run_date(settings)
    if newest is not None and newest > run_date:
        return PublishReport(run_date=newest, is_current=False, rows_of={})
    target = settings.published_path
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)
    rows_of: dict[str, int] = {}
    try:
        with duckdb.connect(str(temporary)) as connection:
            connection.execute("set TimeZone = 'UTC'")
            # Order means nothing in a table; keeping it would leave one core to copy alone.
            connection.execute("set preserve_insertion_order = false")
            connection.execute(f"attach '{_quoted(str(settings.warehouse_path))}' as warehouse (read_only)")
            tables = connection.execute(
                "select table_schema, table_name from information_schema.tables "
                "where table_catalog = 'warehouse' and list_contains(?, table_schema) order by 1, 2",
                [list(PUBLISHED_SCHEMAS)],
            ).fetchall()
            # One commit for all: hundreds of comments would each wait for the disk.
            connection.execute("begin")
            for schema in PUBLISHED_SCHEMAS:
                connection.execute(f"create schema if not exists {schema}")
            for schema, table in tables:
                name = f'{schema}."{table}"'
                connection.execute(f"create table {name} as from warehouse.{name}")
                counted = connection.execute(f"select count(*) from {name}").fetchone()
                rows_of[f"{schema}.{table}"] = counted[0] if counted else 0
                _comment(connection, schema, table, descriptions.get(f"{schema}.{table}"))
            connection.execute("create table main.published as select ?::date as run_date", [run_date])
            connection.execute("comment on table main.published is 'The day whose state this copy holds'")
            connection.execute("commit")
            connection.execute("detach warehouse")
            connection.execute("checkpoint")
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return PublishReport(run_date=run_date, is_current=True, rows_of=rows_of)


def descriptions_of(manifest: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Table and column descriptions of the published schemas, from dbt's manifest."""
    return {
        f"{node['schema']}.{node['name']}": {
            "description": node.get("description", ""),
            "columns": {name: column.get("description", "") for name, column in node.get("columns", {}).items()},
        }
        for node in manifest["nodes"].values()
        if node["resource_type"] in {"model", "seed"} and node.get("schema") in PUBLISHED_SCHEMAS
    }


def _comment(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    table: str,
    described: Mapping[str, Any] | None,
) -> None:
    if not described:
        return
    name = f'{schema}."{table}"'
    if described["description"]:
        connection.execute(f"comment on table {name} is '{_quoted(described['description'])}'")
    present = {row[0] for row in connection.execute(f"select column_name from (describe {name})").fetchall()}
    for column, text in described["columns"].items():
        if text and column in present:
            connection.execute(f"comment on column {name}.\"{column}\" is '{_quoted(text)}'")


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def build_publishing_assets() -> list[dg.AssetsDefinition]:
    """The last step of a good run."""

    @dg.asset(
        key=["published", "warehouse"],
        group_name="published",
        partitions_def=daily,
        backfill_policy=one_day_a_run,
        deps=[dg.AssetKey(["reports", "site"]), dg.AssetKey(["marts", "fct_messages"])],
        kinds={"duckdb"},
        owners=[DATA_TEAM],
        description="The analysts' copy (published/fredning.duckdb): every mart with its documentation, swapped in "
        "whole after a good run, so that readers never block a run and never see half of one.",
    )
    def published_warehouse(
        context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]
    ) -> dg.MaterializeResult:
        report = publish(settings, run_date_of(context), descriptions_of(manifest_of(settings)))
        listing = "\n".join(f"| {name} | {rows:,} |" for name, rows in sorted(report.rows_of.items()))
        return dg.MaterializeResult(
            metadata={
                "path": dg.MetadataValue.path(str(settings.published_path)),
                "published_run_date": report.run_date.isoformat(),
                "replaced": report.is_current,
                "tables": dg.MetadataValue.md("| table | rows |\n|---|---:|\n" + listing),
            }
        )

    return [published_warehouse]
