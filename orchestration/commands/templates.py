"""`fredning check`: what marketers run after a change under `templates/`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestration.commands.shared import counted, names, print_table, settings_or_exit

if TYPE_CHECKING:
    from assets.messaging.journeys import Templates
    from assets.messaging.template_files import Mistake


@click.command(epilog="Example:  fredning check    (also:  fredning check path/to/other/templates)")
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
def check(folder: Path | None) -> None:
    """Check journeys, texts, policy and brand.

    Each mistake is named with file, line and remedy. Every message is compiled and filled in with samples in every
    language; product groups are held against the catalogue that has been landed. Nothing is landed or sent. FOLDER is
    another template folder than the installation's. Ends with 1 when there is a mistake; warnings do not count.
    """
    from assets.messaging.journeys import load_templates
    from assets.messaging.template_files import TemplateErrors

    settings = settings_or_exit()
    root = folder or settings.templates_dir
    if not root.is_dir():
        raise click.ClickException(f"There is no template folder at {root}: set FREDNING_TEMPLATES, or name one.")
    try:
        templates = load_templates(root, known_groups=_product_groups(settings.raw_dir))
    except TemplateErrors as error:
        _list(f"{counted(len(error.mistakes), 'mistake')} in {root}", error.mistakes)
        click.echo("Nothing is landed, rendered or sent until they are repaired.")
        sys.exit(1)
    if templates.warnings:
        _list(counted(len(templates.warnings), "warning"), templates.warnings)
    _print_journeys(templates)
    n_steps = sum(len(journey.steps) for journey in templates.journeys.values())
    verdict = "nothing wrong" if not templates.warnings else "no mistakes"
    click.echo(f"{counted(len(templates.journeys), 'journey')}, {counted(n_steps, 'step')}: {verdict}.")


def _product_groups(raw_dir: Path) -> list[str]:
    """Product groups of the catalogue as far as it has been landed; none before the first run."""
    import duckdb

    if not any((raw_dir / "catalogue" / "products").glob("*.parquet")):
        return []
    with duckdb.connect() as connection:
        files = str(raw_dir / "catalogue" / "products" / "*.parquet")
        rows = connection.execute(
            "select distinct product_group from read_parquet(?) where product_group is not null order by 1", [files]
        ).fetchall()
    return [group for (group,) in rows]


def _list(heading: str, mistakes: Sequence[Mistake]) -> None:
    click.echo(f"{heading}:\n")
    for mistake in mistakes:
        click.echo(f"  {mistake.file}:{mistake.line}: {mistake.problem}")
        click.echo(f"      {mistake.remedy}")
    click.echo("")


def _print_journeys(templates: Templates) -> None:
    rows = []
    for key, journey in sorted(templates.journeys.items(), key=lambda item: (item[1].priority, item[0])):
        channels = dict.fromkeys(channel for step in journey.steps for channel, _ in step.channel_order())
        experiment = journey.experiment
        rows.append(
            (
                journey.priority,
                key,
                journey.message_class,
                journey.trigger.kind,
                names(step.id for step in journey.steps),
                names(channels),
                f"{experiment.id} ({names(experiment.arms)})" if experiment else "",
                journey.paused,
            )
        )
    headings = ("priority", "journey", "class", "trigger", "steps", "channels", "experiment", "paused")
    print_table(headings, rows, title=f"Journeys in {names(templates.brand.languages)}")
