"""Jobs: the daily run (everything), and landing alone for loading history."""

from __future__ import annotations

import dagster as dg

daily_run = dg.define_asset_job(
    name="daily_run",
    description="One day: land, decide who may hear from the shop, render, hand off, measure, publish.",
    selection=dg.AssetSelection.all(),
    # One process: dbt and its parsed project stay warm, and the warehouse has one writer.
    executor_def=dg.in_process_executor,
    tags={"fredning/kind": "daily"},
)

decide_only = dg.define_asset_job(
    name="decide_only",
    description="Land and decide a day without rendering or handing anything off: to look before sending.",
    selection=dg.AssetSelection.groups("landing", "templates")
    | dg.AssetSelection.assets(dg.AssetKey(["marts", "fct_contact_decisions"])).upstream()
    | dg.AssetSelection.assets(dg.AssetKey(["marts", "fct_newsletter_exclusions"])).upstream(),
    executor_def=dg.in_process_executor,
    tags={"fredning/kind": "dry"},
)
