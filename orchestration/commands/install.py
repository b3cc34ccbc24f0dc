"""Commands about the installation itself: prepare its folders and dbt, open the UI, build the documentation."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from orchestration.commands.shared import settings_or_exit
from orchestration.home import prepare_home
from orchestration.settings import REPOSITORY


@click.command(epilog="Example:  fredning prepare")
def prepare() -> None:
    """Make the home folder and parse the dbt project.

    Needed after a checkout and after every change of dbt models; `make setup` does it.
    """
    from orchestration.dbt import DbtFailure
    from orchestration.dbt import prepare as prepare_dbt
    from orchestration.home import ensure_sources

    settings = settings_or_exit()
    prepare_home(settings)
    ensure_sources(settings)
    try:
        prepare_dbt(settings)
    except DbtFailure as error:
        raise click.ClickException(f"{error}\nRepair the model or the YAML file that dbt names.") from error
    click.echo(f"Prepared. Home: {settings.home}")


@click.command(epilog="Example:  fredning ui --port 3001")
@click.option("--port", type=int, default=3000, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Beyond this machine only behind a login.")
def ui(port: int, host: str) -> None:
    """Open the Dagster UI on this home."""
    from orchestration.home import ensure_sources

    settings = settings_or_exit()
    prepare_home(settings)
    ensure_sources(settings)
    click.echo(f"Dagster UI: http://{host}:{port}   (Ctrl-C ends it)")
    dagster = str(Path(sys.executable).with_name("dagster"))
    arguments = ["dev", "-w", str(REPOSITORY / "workspace.yaml"), "-h", host, "-p", str(port)]
    os.chdir(REPOSITORY)
    os.execv(dagster, [dagster, *arguments, "--log-level", "warning"])


@click.command(epilog="Example:  fredning docs")
def docs() -> None:
    """Build dbt docs as one self-contained page."""
    from dbt.cli.main import dbtRunner

    from orchestration.dbt import profile_environment

    settings = settings_or_exit()
    prepare_home(settings)
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
