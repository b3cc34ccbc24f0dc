"""The tools around the ledger for the Dagster UI: one op each, with its findings rendered as metadata.

They are no assets: nothing that runs daily depends on them, and each is asked for with its own days. None of them sends
or changes the warehouse.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import dagster as dg
from pydantic import Field

from assets.decisions.comparison import compare
from assets.decisions.comparison_text import as_markdown as comparison_markdown
from assets.decisions.rehearsal import stage
from assets.decisions.rehearsal_facts import NothingToRehearse, newest_decided_day
from assets.decisions.replay import replay, replay_days
from assets.decisions.replay_comparison import CannotReplay, ReplayedDay, why_not_equal
from assets.decisions.sweep import Setting, as_markdown, as_svg, sweep
from assets.decisions.versions import UnknownVersion, templates_of
from assets.messaging.template_files import TemplateErrors
from orchestration.settings import Settings


class ReplayConfig(dg.Config):
    """Days to run again."""

    first: str = Field("", description="First day, YYYY-MM-DD. Empty: the newest that was decided.")
    last: str = Field("", description="Last day, YYYY-MM-DD. Empty: the first.")


class CompareConfig(dg.Config):
    """Two versions of journeys and policy."""

    base: str = Field("HEAD", description="What to compare with: a git revision (main, a tag), or a template folder.")
    head: str = Field("", description="What is to go live. Empty: the installation's own templates.")
    days: int = Field(28, ge=1, le=366, description="How many decided days back.")


class SimulateConfig(dg.Config):
    """Contact policies to try, beside the one that is in force."""

    windows: list[int] = Field([24, 48, 72, 168], description="Quarantine windows in hours; each is tried.")
    caps: list[int] = Field([], description="Caps of the rules that let more than one message by; each is tried.")
    days: int = Field(28, ge=1, le=366, description="How many decided days back.")


@contextmanager
def _in_words() -> Iterator[None]:
    """What a person can mend is said in one sentence at the top of the run, not at the end of a traceback."""
    try:
        yield
    except (NothingToRehearse, CannotReplay, UnknownVersion, TemplateErrors) as error:
        raise dg.Failure(str(error), allow_retries=False) from error


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise dg.Failure(f"{text!r} is no day: write it like 2026-11-20.", allow_retries=False) from error


@dg.op(description="Run past days again; every row of the ledger must come out as it was written.")
def replay_past_days(
    context: dg.OpExecutionContext, config: ReplayConfig, settings: dg.ResourceParam[Settings]
) -> None:
    with _in_words():
        first = _day(config.first) if config.first else newest_decided_day(settings)
        last = _day(config.last) if config.last else first
        if last < first:
            raise dg.Failure(f"last ({last}) lies before first ({first}): swap them.", allow_retries=False)
        with replay(settings, first, is_audit=True) as opened:
            days = replay_days(
                opened, first, last, say=lambda day: context.log.info(f"{day.run_date}: {day.n_rows} rows")
            )
    found = {"days": dg.MetadataValue.md(replay_table(days))}
    examples = [example for day in days for example in day.examples]
    if examples:
        found["differences"] = dg.MetadataValue.md("\n".join(f"- {example}" for example in examples))
    _tell(context, "replay", found)
    if not all(day.is_equal for day in days):
        raise dg.Failure(why_not_equal(days), metadata=found)


@dg.op(description="Journeys and policy of two versions over the last days of real inputs.")
def compare_journey_versions(
    context: dg.OpExecutionContext, config: CompareConfig, settings: dg.ResourceParam[Settings]
) -> None:
    with (
        _in_words(),
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
    with _in_words(), stage(settings) as opened:
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
    lines = [
        "| day | rows | missing or changed | new or changed | erased since | ledger | seconds |",
        "|---|---:|---:|---:|---:|---|---:|",
    ]
    lines += [
        f"| {d.run_date} | {d.n_rows:,} | {d.n_missing:,} | {d.n_added:,} | {d.n_erased_since:,} "
        f"| {d.fingerprint[:12]} | {d.seconds:.1f} |"
        for d in days
    ]
    return "\n".join(lines)


def _tell(context: dg.OpExecutionContext, name: str, metadata: dict[str, dg.MetadataValue]) -> None:
    context.log_event(dg.AssetMaterialization(asset_key=dg.AssetKey(["on_demand", name]), metadata=metadata))
