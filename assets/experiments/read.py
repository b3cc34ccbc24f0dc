"""Reads what experiments need from the warehouse or the analysts' copy, read-only, and lets go of it at once."""

from __future__ import annotations

from pathlib import Path

import duckdb

from assets.experiments.stats import Sums
from assets.experiments.summary import Arm, Metric, Result, summarise


def read_results(database: Path) -> list[Result]:
    """The experiments as they stand in the file's marts."""
    with duckdb.connect(str(database), read_only=True) as connection:
        arms = connection.execute(
            "select experiment, arm, journey, planned_share, is_control, n_assigned, first_assigned_on, as_of_on, "
            "purchase_window_days "
            "from marts.rpt_experiment_arms order by all"
        ).fetchall()
        metrics = connection.execute(
            "select experiment, arm, segment, metric, n, sum_y, sum_y2, sum_x, sum_x2, sum_xy "
            "from marts.rpt_experiment_metrics order by all"
        ).fetchall()
    return summarise(
        (Arm(*row) for row in arms),
        (Metric(experiment, arm, segment, metric, Sums(*sums)) for experiment, arm, segment, metric, *sums in metrics),
    )
