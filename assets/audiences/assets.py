"""The Dagster asset that writes the day's audiences."""

import dagster as dg

from assets.audiences.daily import deliver_audiences
from orchestration.partitions import daily, one_day_a_run, run_date_of
from orchestration.settings import Settings
from orchestration.tags import MARKETING_TEAM, WAREHOUSE_POOL


def build_audience_assets() -> list[dg.AssetsDefinition]:
    """The day's lists as files."""

    @dg.asset(
        key=["audiences", "lists"],
        group_name="audiences",
        partitions_def=daily,
        backfill_policy=one_day_a_run,
        pool=WAREHOUSE_POOL,
        deps=[
            dg.AssetKey(["marts", "fct_audience_members"]),
            dg.AssetKey(["marts", "fct_newsletter_exclusions"]),
        ],
        kinds={"python", "file"},
        owners=[MARKETING_TEAM],
        description="Hashed customer lists for Meta and Google with what must be taken off them, and the newsletter "
        "exclusion list: audiences/<day>/, whole when manifest.json is there. Only people with a consent of purpose "
        "`ads` are in the hashed ones.",
    )
    def audiences_lists(
        context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]
    ) -> dg.MaterializeResult:
        run_date = run_date_of(context)
        written = deliver_audiences(settings, run_date)
        rows = "\n".join(f"| {one.name} | {one.n_members} | {one.n_removals} |" for one in written)
        return dg.MaterializeResult(
            metadata={
                "path": dg.MetadataValue.path(str(settings.audiences_dir / run_date.isoformat())),
                "lists": dg.MetadataValue.md(f"| list | members | removals |\n|---|---|---|\n{rows}"),
            }
        )

    return [audiences_lists]
