"""Commands that decide past days with other journeys or another policy, and send nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestration.commands.shared import DAY, settings_or_exit
from orchestration.settings import Settings

if TYPE_CHECKING:
    from assets.decisions.rehearsal import Stage


@click.command(epilog="Example:  fredning diff --base main --days 28 --markdown diff.md")
@click.option("--base", default="HEAD", show_default=True, help="Git revision or template folder to compare with.")
@click.option("--head", default=None, help="The version that is to go live; default: the installation's templates.")
@click.option("--days", type=click.IntRange(1, 366), default=28, show_default=True, help="How many days back.")
@click.option("--until", type=DAY, default=None, help="The last day; default: the newest that was decided.")
@click.option("--markdown", type=click.Path(dir_okay=False, path_type=Path), help="Write it there for a pull request.")
def diff(base: str, head: str | None, days: int, until: date | None, markdown: Path | None) -> None:
    """Compare the journeys and policy of two versions.

    Both are decided day after day over the same real inputs: who is newly contacted, who no longer, which reasons
    moved, which journeys crowd out which (with what a message of them brought), and messages per day. Nothing is sent
    and the warehouse is not changed. Ends with 1 if the new version breaks an invariant.
    """
    from assets.decisions.comparison import compare
    from assets.decisions.comparison_text import as_markdown
    from assets.decisions.versions import UnknownVersion, templates_of
    from assets.messaging.template_files import TemplateErrors

    settings = settings_or_exit()
    try:
        with (
            templates_of(base, settings.templates_dir) as base_dir,
            templates_of(head or str(settings.templates_dir), settings.templates_dir) as head_dir,
            opened_stage(settings) as stage,
        ):
            last = until or stage.days()[1]
            first = last - timedelta(days=days - 1)
            sides = [
                stage.rehearse(name, folder, first, last, say=note)
                for name, folder in (("base", base_dir), ("head", head_dir))
            ]
            comparison = compare(stage.connection, *sides)
    except (UnknownVersion, TemplateErrors) as error:
        raise click.ClickException(str(error)) from error
    text = as_markdown(comparison, first, last, settings.currency)
    click.echo(text)
    if markdown is not None:
        markdown.write_text(text, encoding="utf-8")
    if comparison.broken:
        sys.exit(1)


def note(text: str) -> None:
    """Progress, apart from what a pipe would read."""
    click.echo(text, err=True)


@contextmanager
def opened_stage(settings: Settings) -> Iterator[Stage]:
    """A stage to rehearse on; what is missing for it is said in one sentence."""
    from assets.decisions.rehearsal import NothingToRehearse, stage
    from orchestration.commands.days import require_manifest

    require_manifest(settings)
    try:
        with stage(settings) as opened:
            yield opened
    except NothingToRehearse as error:
        raise click.ClickException(str(error)) from error
