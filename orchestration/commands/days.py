"""Commands that run whole days: the daily job, and the demo retailer's days."""

from __future__ import annotations

import sys
from datetime import date, datetime

import click

from orchestration.commands.shared import DAY, in_words, settings_or_exit, today
from orchestration.home import prepare_home
from orchestration.settings import Settings, SettingsError


@click.command(epilog="Example:  fredning run --date 2026-11-18 --until 2026-11-20")
@click.option("--date", "run_date", type=DAY, default=None, help="The run_date; default: today, local.")
@click.option("--until", type=DAY, default=None, help="Run every day from --date to this one.")
def run(run_date: date | None, until: date | None) -> None:
    """Run the daily job for a day, or for several in turn.

    A day may be run as often as you like: what was handed off once is not handed off again.
    """
    settings = settings_or_exit()
    first = run_date or today(settings)
    last = until or first
    refuse_impossible_days(settings, first, last)
    require_manifest(settings)
    with in_words(SettingsError):
        settings.require_secret_key()

    from orchestration.home import ensure_sources
    from orchestration.runs import AlreadyRunning, DailyRuns

    prepare_home(settings)
    ensure_sources(settings)
    with in_words(AlreadyRunning):
        runs = DailyRuns(settings)
    if not runs.run_days(first, last, say=click.echo):
        sys.exit(1)


def require_manifest(settings: Settings) -> None:
    """Raise a sentence when dbt has not been prepared, before Dagster fails on it with a traceback."""
    from orchestration.dbt import manifest_of

    with in_words(FileNotFoundError):
        manifest_of(settings)


def refuse_impossible_days(settings: Settings, first: date, last: date) -> None:
    """Raise a sentence for days that are no partitions, before anything heavy is loaded."""
    if last < first:
        raise click.ClickException(f"--until {last} lies before --date {first}: swap them.")
    if first < settings.first_run_date:
        raise click.ClickException(
            f"{first} lies before the first day of this installation, {settings.first_run_date}: "
            "choose a later day, or set FREDNING_FIRST_RUN_DATE to an earlier one."
        )
    if last > today(settings):
        raise click.ClickException(
            f"{last} has not begun in {settings.timezone}: nothing can be known of it yet. "
            f"The newest day is {today(settings)}."
        )


@click.command(epilog="Example:  fredning demo --today 2026-11-22 --days 3 --fraction 0.1")
@click.option("--today", "last_day", type=DAY, default=None, help="Its last day; default: today, or as the first time.")
@click.option("--days", type=click.IntRange(1, 60), default=14, show_default=True, help="How many days are run.")
@click.option(
    "--fraction",
    type=click.FloatRange(0.01, 1.0),
    default=None,
    help="Share of the households; 1 = all. Default: 0.2, or as the first time.",
)
def demo(last_day: date | None, days: int, fraction: float | None) -> None:
    """Run the demo retailer's last days.

    Purchases are real; people, web visits and the provider's answers are synthetic. A second demo in the same home
    repeats its days and finds nothing left to hand off.
    """
    from orchestration.demo import demo_days, run_demo
    from orchestration.runs import AlreadyRunning

    settings = settings_or_exit()
    with in_words(ValueError):
        plan = demo_days(settings.home, last_day, days, datetime.now(settings.zone), fraction)
    if plan.today > today(settings):
        raise click.ClickException(f"--today {plan.today} has not begun in {settings.timezone}: choose an earlier day.")
    require_manifest(settings)
    with in_words(AlreadyRunning):
        succeeded = run_demo(settings.home, plan)
    if not succeeded:
        sys.exit(1)
