"""The Dagster asset that forgets: the last step of a day, after everything else has been decided and published."""

from dataclasses import asdict

import dagster as dg

from assets.privacy.erasure import erase
from orchestration.partitions import daily, one_day_a_run, run_date_of
from orchestration.settings import Settings
from orchestration.tags import DATA_TEAM, WAREHOUSE_POOL


def build_privacy_assets() -> list[dg.AssetsDefinition]:
    @dg.asset(
        key=["privacy", "erasure"],
        group_name="published",
        partitions_def=daily,
        backfill_policy=one_day_a_run,
        pool=WAREHOUSE_POOL,
        deps=[dg.AssetKey(["published", "warehouse"])],
        kinds={"python", "duckdb"},
        owners=[DATA_TEAM],
        description="Forgets everybody who asked: in delivered and raw files, the outbox ledger, hand-off files, "
        "previews, the warehouse and the published copy. What stays are keyed hashes on the suppression list and the "
        "ids of messages. The day's ledger still says ERASED; the next day does not know the person. Does nothing in "
        "milliseconds when nobody asked.",
    )
    def erasure(context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]) -> dg.MaterializeResult:
        return dg.MaterializeResult(metadata=asdict(erase(settings, run_date_of(context))))

    return [erasure]
