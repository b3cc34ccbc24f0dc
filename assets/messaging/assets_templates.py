"""The Dagster asset that lands journeys and policy for SQL. Reading and checking them belongs to `journeys`."""

import dagster as dg

from assets.messaging.journey_schema import Journey
from assets.messaging.journeys import LandedTemplates, land_templates
from orchestration.partitions import daily, one_day_a_run, run_date_of
from orchestration.settings import Settings
from orchestration.tags import MARKETING_TEAM


def journey_table(journeys: dict[str, Journey]) -> str:
    """The journeys as a Markdown table, most important first."""
    lines = [
        "| priority | journey | class | starts on | steps | channels | experiment |",
        "|---:|---|---|---|---|---|---|",
    ]
    for key, journey in sorted(journeys.items(), key=lambda item: (item[1].priority, item[0])):
        channels = dict.fromkeys(channel for step in journey.steps for channel, _ in step.channel_order())
        lines.append(
            f"| {journey.priority} | {key}{' (paused)' if journey.paused else ''} | {journey.message_class} "
            f"| {journey.trigger.kind} | {', '.join(step.id for step in journey.steps)} | {', '.join(channels)} "
            f"| {journey.experiment.id if journey.experiment else '–'} |"
        )
    return "\n".join(lines)


def template_metadata(landed: LandedTemplates) -> dict[str, dg.MetadataValue]:
    warnings = "\n".join(f"- {warning}" for warning in landed.templates.warnings)
    return {
        "policy_version": dg.MetadataValue.text(landed.version),
        "n_journeys": dg.MetadataValue.int(landed.n_rows["journeys"]),
        "n_steps": dg.MetadataValue.int(landed.n_rows["journey_steps"]),
        "journeys": dg.MetadataValue.md(journey_table(landed.templates.journeys)),
        "warnings": dg.MetadataValue.md(warnings or "none"),
    }


def build_template_assets() -> list[dg.AssetsDefinition]:
    """Journeys and policy as tables."""

    @dg.asset(
        key=["templates", "journeys"],
        group_name="templates",
        partitions_def=daily,
        backfill_policy=one_day_a_run,
        kinds={"yaml", "parquet"},
        owners=[MARKETING_TEAM],
        description="Journeys, contact policy and sending windows from the template folder: validated with their "
        "message templates, and landed as tables for SQL. A mistake in any file stops the run here.",
    )
    def templates_journeys(
        context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]
    ) -> dg.MaterializeResult:
        return dg.MaterializeResult(metadata=template_metadata(land_templates(settings, run_date_of(context))))

    return [templates_journeys]
