"""The one place that assembles the code location.

Importing it reads the environment and the prepared manifest, nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from assets.audiences.assets import build_audience_assets
from assets.experiments.assets import build_experiment_assets
from assets.landing.assets import build_landing_assets
from assets.messaging.assets_handoff import build_handoff_assets
from assets.messaging.assets_previews import build_preview_assets
from assets.messaging.assets_templates import build_template_assets
from assets.messaging.assets_worker import build_worker_assets
from assets.privacy.assets import build_privacy_assets
from assets.publishing import build_publishing_assets
from assets.recommendations.assets import build_recommendation_assets
from assets.reports.assets import build_report_assets
from assets.value.assets import build_value_assets
from assets.warehouse import build_warehouse_assets
from orchestration.dbt_translator import REJECTS
from orchestration.jobs import ON_DEMAND, daily_run, decide_only
from orchestration.partitions import daily
from orchestration.resources import build_resources
from orchestration.schedules import build_schedules
from orchestration.sensors import build_sensors
from orchestration.settings import Settings
from orchestration.tags import DATA_TEAM


def build_defs(settings: Settings | None = None, *, resources: Mapping[str, Any] | None = None) -> dg.Definitions:
    """Every asset, check, job, schedule and sensor; `resources` replaces single ones, so that tests patch nothing."""
    settings = settings or Settings.from_env()
    landing = build_landing_assets()
    return dg.Definitions(
        assets=[
            *landing,
            rejected_rows([asset.key for asset in landing]),
            proposed_pairs(),
            *build_template_assets(),
            *build_handoff_assets(),
            *build_worker_assets(),
            *build_preview_assets(),
            *build_audience_assets(),
            *build_warehouse_assets(settings),
            *build_value_assets(),
            *build_recommendation_assets(),
            *build_experiment_assets(),
            *build_report_assets(),
            *build_publishing_assets(),
            *build_privacy_assets(),
        ],
        jobs=[daily_run, decide_only, *ON_DEMAND],
        schedules=build_schedules(settings),
        sensors=build_sensors(settings),
        resources={**build_resources(settings), **(resources or {})},
    )


def rejected_rows(landed: Sequence[dg.AssetKey]) -> dg.AssetSpec:
    """The rows that landing put aside: files of all datasets together, which dbt reads as one source."""
    return dg.AssetSpec(
        key=REJECTS,
        deps=landed,
        group_name="landing",
        kinds={"parquet"},
        owners=[DATA_TEAM],
        partitions_def=daily,
        description="Rows that broke a rule and were put aside with the reason, masked: rejects/<source>/<dataset>/"
        "<day>.parquet. Written by the landing assets; nothing is materialised here.",
    )


def proposed_pairs() -> dg.AssetSpec:
    """Pairs of records from probabilistic matching, which is run by hand and only fills the review queue."""
    return dg.AssetSpec(
        key=["identity", "proposals"],
        group_name="identity",
        kinds={"parquet"},
        owners=[DATA_TEAM],
        description="Pairs of source records that `fredning propose-matches` holds for one person, by day of matching. "
        "Optional; nothing is materialised here, and nothing is ever merged by it.",
    )


defs = build_defs()
