"""The `fredning` command: what a person or a scheduler does from a shell.

Thin: every command calls the code that the UI calls.
"""

from __future__ import annotations

import os
import sys
from datetime import date, datetime
from pathlib import Path

import click

from orchestration.home import prepare_home
from orchestration.settings import REPOSITORY, Settings, SettingsError


class Day(click.ParamType[date]):
    """A day written YYYY-MM-DD."""

    name = "day"

    def convert(self, value: str | date, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise click.BadParameter(f"{value!r} is not a day like 2026-01-31", ctx, param) from None


DAY = Day()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Lifecycle messaging around a decision ledger. Settings come from FREDNING_* variables."""


def settings_or_exit() -> Settings:
    try:
        return Settings.from_env()
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


@main.command()
def prepare() -> None:
    """Make the home folder and parse the dbt project (after a checkout or a change of models)."""
    from orchestration.dbt import prepare as prepare_dbt
    from orchestration.home import ensure_sources

    settings = settings_or_exit()
    prepare_home(settings)
    ensure_sources(settings)
    prepare_dbt(settings)
    click.echo(f"Prepared. Home: {settings.home}")


@main.command()
@click.option("--date", "run_date", type=DAY, default=None, help="The run_date; default: today, local.")
@click.option("--until", type=DAY, default=None, help="Run every day from --date to this one.")
def run(run_date: date | None, until: date | None) -> None:
    """Run the daily job for a day (or for several, one after the other) through Dagster."""
    from orchestration.runs import DailyRuns

    settings = settings_or_exit()
    prepare_home(settings)
    first = run_date or datetime.now(settings.zone).date()
    runs = DailyRuns(settings)
    good = runs.run_days(first, until or first, say=click.echo)
    if not good:
        sys.exit(1)


@main.command()
@click.option(
    "--today",
    type=DAY,
    default=None,
    help="The demo's last day; default: today, or the day of the first demo.",
)
@click.option("--days", type=click.IntRange(1, 60), default=14, show_default=True)
@click.option("--fraction", type=click.FloatRange(0.01, 1.0), default=1.0, help="Share of the households.")
def demo(today: date | None, days: int, fraction: float) -> None:
    """The demo retailer: real purchases, synthetic people, the last days run one by one."""
    from orchestration.demo import run_demo

    settings = settings_or_exit()
    if not run_demo(settings, today=today, days=days, fraction=fraction):
        sys.exit(1)


@main.command()
@click.option("--port", type=int, default=3000, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
def ui(port: int, host: str) -> None:
    """Open the Dagster UI (web server and daemon) on this home."""
    settings = settings_or_exit()
    prepare_home(settings)
    click.echo(f"Dagster UI: http://{host}:{port}   (Ctrl-C ends it)")
    dagster = str(Path(sys.executable).with_name("dagster"))
    arguments = ["dev", "-w", str(REPOSITORY / "workspace.yaml"), "-h", host, "-p", str(port)]
    os.chdir(REPOSITORY)
    os.execv(dagster, [dagster, *arguments, "--log-level", "warning"])


@main.command()
def docs() -> None:
    """Build dbt docs as one self-contained page."""
    from dbt.cli.main import dbtRunner

    from orchestration.dbt import profile_environment

    settings = settings_or_exit()
    target = settings.home / "docs"
    os.environ.update(profile_environment(settings))
    directory = str(settings.dbt_dir)
    result = dbtRunner().invoke(
        [
            *("docs", "generate", "--static", "--project-dir", directory, "--profiles-dir", directory),
            *("--target-path", str(target), "--log-level", "warn", "--log-level-file", "none"),
        ]
    )
    if not result.success:
        raise click.ClickException(f"dbt docs could not be built: {result.exception}")
    (target / "static_index.html").replace(target / "index.html")
    click.echo(f"dbt docs: {target / 'index.html'}")


if __name__ == "__main__":
    main()
