"""The one place that assembles the code location.

Importing it reads the environment and the prepared manifest, nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg
from assets.experiments.assets import build_experiment_assets
from assets.landing.assets import build_landing_assets
from assets.messaging.assets_handoff import build_handoff_assets
from assets.messaging.assets_previews import build_preview_assets
from assets.messaging.assets_templates import build_template_assets
from assets.reports.assets import build_report_assets

from assets.publishing import build_publishing_assets
from assets.warehouse import build_warehouse_assets
from orchestration.jobs import daily_run, decide_only
from orchestration.resources import build_resources
from orchestration.schedules import build_schedules
from orchestration.settings import Settings


def build_defs(settings: Settings | None = None, *, resources: Mapping[str, Any] | None = None) -> dg.Definitions:
    """Every asset, check, job and schedule; `resources` replaces single ones, so that tests patch nothing."""
    settings = settings or Settings.from_env()
    return dg.Definitions(
        assets=[
            *build_landing_assets(),
            *build_template_assets(),
            *build_handoff_assets(),
            *build_preview_assets(),
            *build_warehouse_assets(settings),
            *build_experiment_assets(),
            *build_report_assets(),
            *build_publishing_assets(),
        ],
        jobs=[daily_run, decide_only],
        schedules=build_schedules(settings),
        resources={**build_resources(settings), **(resources or {})},
    )


defs = build_defs()
