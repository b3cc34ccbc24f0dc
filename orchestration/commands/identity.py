"""Commands about who is who: optional probabilistic matching for the review queue."""

from __future__ import annotations

from datetime import date

import click

from orchestration.commands.shared import DAY, counted, require_warehouse, settings_or_exit, today


@click.command("propose-matches", epilog="Example:  fredning propose-matches --date 2026-11-20 --threshold 0.95")
@click.option("--date", "run_date", type=DAY, default=None, help="Day of the proposals; default: today, local.")
@click.option(
    "--threshold",
    type=click.FloatRange(0.5, 1.0),
    default=0.9,
    show_default=True,
    help="Lowest match probability that is proposed.",
)
def propose_matches(run_date: date | None, threshold: float) -> None:
    """Propose pairs of records that may be one person, by probabilistic matching.

    Nothing is merged: the next run shows the pairs in marts.fct_identity_review, and whoever judges one writes it into
    dbt_project/seeds/identity_decisions.csv. Needs the extra `pip install -r requirements/splink.in`.
    """
    settings = settings_or_exit()
    day = run_date or today(settings)
    require_warehouse(settings)
    try:
        from assets.identity.propose import propose

        n = propose(settings, day, threshold)
    except ImportError as error:
        raise click.ClickException(
            "Probabilistic matching is an extra: `pip install -r requirements/splink.in` into this environment first."
        ) from error
    click.echo(f"{counted(n, 'pair')} proposed; the next run shows them in marts.fct_identity_review.")
