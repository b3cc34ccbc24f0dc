"""Commands that judge the shop's own rules on its own past."""

from __future__ import annotations

from datetime import date

import click

from orchestration.commands.shared import (
    DAY,
    build_on_demand,
    print_table,
    require_warehouse,
    settings_or_exit,
    today,
)


@click.command("evaluate-recommendations", epilog="Example:  fredning evaluate-recommendations --date 2026-11-20")
@click.option("--date", "run_date", type=DAY, default=None, help="What was known on this day; default: today.")
def evaluate_recommendations(run_date: date | None) -> None:
    """Compare the ways of recommending on the shop's own baskets.

    Everybody's last basket is hidden, the one before it steers, and four products are shown by each method. recall@4 is
    the mean share of the hidden basket's new products that was shown (buy_again: of all its products), coverage the
    share of the catalogue that anybody was shown. Builds marts.rpt_recommendation_methods and leaves the rest alone.
    """
    from assets.recommendations.evaluation import COLUMNS, read_evaluation

    settings = settings_or_exit()
    require_warehouse(settings)
    build_on_demand(settings, "rpt_recommendation_methods", run_date or today(settings))
    print_table(COLUMNS, [method.cells() for method in read_evaluation(settings.warehouse_path)])
