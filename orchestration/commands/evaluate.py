"""Commands that judge the shop's own rules on its own past."""

from __future__ import annotations

from datetime import date

import click

from orchestration.commands.shared import DAY, FIRST_A_RUN, print_table, settings_or_exit, today


@click.command("evaluate-recommendations", epilog="Example:  fredning evaluate-recommendations --date 2026-11-20")
@click.option("--date", "run_date", type=DAY, default=None, help="What was known on this day; default: today.")
def evaluate_recommendations(run_date: date | None) -> None:
    """Compare the ways of recommending on the shop's own baskets.

    Everybody's last basket is hidden, the one before it steers, and four products are shown by each method. recall@4 is
    the mean share of the hidden basket's new products that was shown (buy_again: of all its products), coverage the
    share of the catalogue that anybody was shown. Builds marts.rpt_recommendation_methods and leaves the rest alone.
    """
    from assets.recommendations.evaluation import COLUMNS, read_evaluation
    from orchestration.dbt import DbtFailure, DbtRunner, build_arguments

    settings = settings_or_exit()
    if not settings.warehouse_path.exists():
        raise click.ClickException(f"There is no warehouse yet: {FIRST_A_RUN}.")
    arguments = build_arguments(
        command="build",
        select=("rpt_recommendation_methods",),
        exclude=(),
        run_date=run_date or today(settings),
        settings=settings,
    )
    try:
        results = DbtRunner(settings).invoke(arguments)
    except DbtFailure as failure:
        raise click.ClickException(str(failure)) from failure
    broken = [f"{result.unique_id}: {result.message}" for result in results if not result.is_good]
    if broken:
        raise click.ClickException("The evaluation failed.\n" + "\n".join(broken))
    print_table(COLUMNS, [method.cells() for method in read_evaluation(settings.warehouse_path)])
