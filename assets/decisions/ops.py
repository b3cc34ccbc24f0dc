"""The tools around the ledger for the Dagster UI: one op each, with its findings rendered as metadata.

They are no assets: nothing that runs daily depends on them, and each is asked for with its own days. None of them sends
or changes the warehouse.
"""

from datetime import date, timedelta

import dagster as dg

from assets.decisions.comparison import compare
from assets.decisions.comparison_text import as_markdown as comparison_markdown
from assets.decisions.rehearsal import stage
from assets.decisions.replay import ReplayedDay, replay, replay_days
from assets.decisions.sweep import Setting, as_markdown, as_svg, sweep
from assets.decisions.versions import templates_of
from orchestration.settings import Settings


class ReplayConfig(dg.Config):
    """Days to run again, as YYYY-MM-DD."""

    first: str
    last: str


class CompareConfig(dg.Config):
    """Two versions: git revisions or template folders; an empty head is the installation's own templates."""

    base: str = "HEAD"
    head: str = ""
    days: int = 28


class SimulateConfig(dg.Config):
    """Quarantine windows in hours and caps to try over the last days."""

    windows: list[int] = [24, 48, 72, 168]  # noqa: RUF012
    caps: list[int] = []  # noqa: RUF012
    days: int = 28


@dg.op(description="Run past days again; every row of the ledger must come out as it was written.")
def replay_past_days(
    context: dg.OpExecutionContext, config: ReplayConfig, settings: dg.ResourceParam[Settings]
) -> None:
    first, last = date.fromisoformat(config.first), date.fromisoformat(config.last)
    with replay(settings, first, is_audit=True) as opened:
        days = replay_days(opened, first, last, say=lambda day: context.log.info(f"{day.run_date}: {day.n_rows} rows"))
    _tell(context, "replay", {"days": dg.MetadataValue.md(replay_table(days))})
    if not all(day.is_equal for day in days):
        raise dg.Failure(
            "The ledger does not come out again.", metadata={"days": dg.MetadataValue.md(replay_table(days))}
        )


@dg.op(description="Journeys and policy of two versions over the last days of real inputs.")
def compare_journey_versions(
    context: dg.OpExecutionContext, config: CompareConfig, settings: dg.ResourceParam[Settings]
) -> None:
    with (
        templates_of(config.base, settings.templates_dir) as base_dir,
        templates_of(config.head or str(settings.templates_dir), settings.templates_dir) as head_dir,
        stage(settings) as opened,
    ):
        last = opened.days()[1]
        first = last - timedelta(days=config.days - 1)
        base, head = (
            opened.rehearse(name, folder, first, last, say=context.log.info)
            for name, folder in (("base", base_dir), ("head", head_dir))
        )
        comparison = compare(opened.connection, base, head)
    text = dg.MetadataValue.md(comparison_markdown(comparison, first, last, settings.currency))
    _tell(context, "comparison", {"comparison": text})
    if comparison.broken:
        raise dg.Failure("The new version breaks an invariant.", metadata={"comparison": text})


@dg.op(description="Quarantine windows and caps tried over the last days.")
def try_contact_policies(
    context: dg.OpExecutionContext, config: SimulateConfig, settings: dg.ResourceParam[Settings]
) -> None:
    points = [Setting()]
    points += [Setting(window_hours=hours) for hours in config.windows]
    points += [Setting(cap=cap) for cap in config.caps]
    with stage(settings) as opened:
        last = opened.days()[1]
        first = last - timedelta(days=config.days - 1)
        outcomes = sweep(opened, settings.templates_dir, points, first, last, say=context.log.info)
    chart = settings.reports_dir / "policy_simulation.svg"
    chart.parent.mkdir(parents=True, exist_ok=True)
    chart.write_text(as_svg(outcomes), encoding="utf-8")
    _tell(
        context,
        "policy_simulation",
        {
            "outcomes": dg.MetadataValue.md(as_markdown(outcomes, first, last, settings.currency)),
            "chart": dg.MetadataValue.path(str(chart)),
        },
    )


def replay_table(days: list[ReplayedDay]) -> str:
    """The replayed days as a Markdown table."""
    lines = ["| day | rows | missing or changed | new or changed | ledger | seconds |", "|---|---:|---:|---:|---|---:|"]
    lines += [
        f"| {d.run_date} | {d.n_rows:,} | {d.n_missing:,} | {d.n_added:,} | {d.fingerprint[:12]} | {d.seconds:.1f} |"
        for d in days
    ]
    return "\n".join(lines)


def _tell(context: dg.OpExecutionContext, name: str, metadata: dict[str, dg.MetadataValue]) -> None:
    context.log_event(dg.AssetMaterialization(asset_key=dg.AssetKey(["on_demand", name]), metadata=metadata))
