"""Jobs: the daily run (everything), a run that only decides, and what is made on demand."""

from __future__ import annotations

from typing import Any

import dagster as dg

from assets.decisions.ops import compare_journey_versions, replay_past_days, try_contact_policies
from assets.messaging.ops import approve_waiting_batch, resume_all_sending, stop_all_sending
from assets.messaging.seeds.ops import send_samples_to_seeds
from orchestration.tags import ON_DEMAND_TAG

daily_run = dg.define_asset_job(
    name="daily_run",
    description="One day: land, decide who may hear from the shop, render, hand off, measure, publish.",
    selection=dg.AssetSelection.all() - dg.AssetSelection.tag(ON_DEMAND_TAG, "true"),
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


# What people start by themselves: it works in one process, and is marked in the list of runs.
_ON_DEMAND: dict[str, Any] = {"executor_def": dg.in_process_executor, "tags": {"fredning/kind": "on_demand"}}


@dg.job(description="Audit: run past days again and compare every row with the ledger.", **_ON_DEMAND)
def replay_audit() -> None:
    replay_past_days()


@dg.job(
    description="Compare the journeys and policy of two versions over the last days; nothing is sent.", **_ON_DEMAND
)
def compare_versions() -> None:
    compare_journey_versions()


@dg.job(description="Try quarantine windows and caps over the last days; nothing is sent.", **_ON_DEMAND)
def simulate_policy() -> None:
    try_contact_policies()


evaluate_recommendations = dg.define_asset_job(
    name="evaluate_recommendations",
    description="How well each way of recommending would have guessed the customers' last baskets, as of a day.",
    selection=dg.AssetSelection.assets(
        dg.AssetKey(["marts", "rpt_recommendation_methods"]), dg.AssetKey(["recommendations", "evaluation"])
    ),
    **_ON_DEMAND,
)

send_released = dg.define_asset_job(
    name="send_released",
    description="Send what runs have released and what is due now, one by one: where a channel names a server.",
    selection=dg.AssetSelection.assets(dg.AssetKey(["messaging", "sent_one_by_one"])),
    **_ON_DEMAND,
)


@dg.job(
    description="Send samples of what waits, or of any journey, to the inboxes and phones in FREDNING_SEED_LIST.",
    **_ON_DEMAND,
)
def preview_to_seeds() -> None:
    send_samples_to_seeds()


@dg.job(description="Let a waiting batch go by its id and hash; the next run of its day sends it.", **_ON_DEMAND)
def approve_batch() -> None:
    approve_waiting_batch()


@dg.job(description="Stop everything at once: nothing starts sending until resume_sending.", **_ON_DEMAND)
def stop_sending() -> None:
    stop_all_sending()


@dg.job(description="Take back what stop_sending did.", **_ON_DEMAND)
def resume_sending() -> None:
    resume_all_sending()


ON_DEMAND = (
    *(replay_audit, compare_versions, simulate_policy, evaluate_recommendations, send_released),
    *(preview_to_seeds, approve_batch, stop_sending, resume_sending),
)
