"""The two dbt steps of a day (up to the ledger; after the hand-off, what it was worth), and what is built on demand."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets

from assets.decisions.reasons import count_by_reason
from assets.metadata import markdown
from orchestration.dbt import LATER_SELECTION, MEASURE_SELECTION, ON_DEMAND_SELECTION, manifest_of, project_of
from orchestration.dbt_runner import DbtRunner
from orchestration.dbt_translator import FredningTranslator
from orchestration.partitions import daily, one_day_a_run, run_date_of
from orchestration.settings import Settings
from orchestration.tags import WAREHOUSE_POOL

LEDGER = dg.AssetKey(["marts", "fct_contact_decisions"])


def build_warehouse_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """Both steps as Dagster assets over the prepared manifest."""
    common: dict[str, Any] = {
        "manifest": manifest_of(settings),
        "project": project_of(settings),
        "dagster_dbt_translator": FredningTranslator(),
        "partitions_def": daily,
        "backfill_policy": one_day_a_run,
        "pool": WAREHOUSE_POOL,
    }

    @dbt_assets(name="warehouse_decide", exclude=LATER_SELECTION, **common)
    def decide(context: dg.AssetExecutionContext, dbt: dg.ResourceParam[DbtRunner]) -> Iterator[Any]:
        for event in dbt.build(context, select="fqn:*", exclude=LATER_SELECTION):
            if isinstance(event, dg.Output) and event.output_name == LEDGER.to_python_identifier():
                event = event.with_metadata({**event.metadata, **_decided(dbt.settings, run_date_of(context))})
            yield event

    @dbt_assets(name="warehouse_measure", select=MEASURE_SELECTION, **common)
    def measure(context: dg.AssetExecutionContext, dbt: dg.ResourceParam[DbtRunner]) -> Iterator[Any]:
        yield from dbt.build(context, select=MEASURE_SELECTION)

    @dbt_assets(name="warehouse_on_demand", select=ON_DEMAND_SELECTION, **common)
    def on_demand(context: dg.AssetExecutionContext, dbt: dg.ResourceParam[DbtRunner]) -> Iterator[Any]:
        yield from dbt.build(context, select=ON_DEMAND_SELECTION)

    return [decide, measure, on_demand]


def _decided(settings: Settings, run_date: date) -> dict[str, Any]:
    """A day's ledger in figures that the UI plots, and as a table by reason."""
    counted = count_by_reason(settings.warehouse_path, run_date)
    n = Counter[str]()
    for row in counted:
        n[row["decision"]] += row["messages"]
    return {
        "candidates": n.total(),
        "to_send": n["send"],
        "held": n["hold"],
        "suppressed": n["suppress"],
        "decided_by_reason": markdown(counted, "decision reason messages people meaning"),
    }
