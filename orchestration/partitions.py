"""One partition is one run_date: the local day whose messages are decided.

Today's partition exists from midnight on.
"""

from __future__ import annotations

import warnings
from datetime import date

import dagster as dg

from orchestration.settings import Settings

_settings = Settings.from_env()

# end_offset=1: a day's messages are decided on the morning of that same day, so today must be a partition already.
daily = dg.DailyPartitionsDefinition(
    start_date=_settings.first_run_date.isoformat(),
    timezone=_settings.timezone,
    end_offset=1,
)

# One notice per asset on every start would hide what matters. The pin of dagster is exact, so nothing changes unseen.
warnings.filterwarnings("ignore", category=dg.BetaWarning, message="Parameter `backfill_policy`")

# Every asset has the same policy: one run per day, since a day's decisions read what the day before handed off.
one_day_a_run = dg.BackfillPolicy.multi_run(max_partitions_per_run=1)


def run_date_of(context: dg.AssetExecutionContext) -> date:
    """The local day of the run. Raises `dagster` errors when the run has no single partition."""
    return date.fromisoformat(context.partition_key)
