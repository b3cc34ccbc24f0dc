"""The Dagster asset of the offline evaluation of recommendations: wiring and metadata only."""

import dagster as dg

from assets.recommendations.evaluation import markdown, read_evaluation
from orchestration.partitions import daily, one_day_a_run
from orchestration.settings import Settings
from orchestration.tags import DATA_TEAM, ON_DEMAND_TAGS, WAREHOUSE_POOL


def build_recommendation_assets() -> list[dg.AssetsDefinition]:
    """What each way of recommending would have found."""

    @dg.asset(
        key=["recommendations", "evaluation"],
        group_name="recommendations",
        partitions_def=daily,
        backfill_policy=one_day_a_run,
        pool=WAREHOUSE_POOL,
        deps=[dg.AssetKey(["marts", "rpt_recommendation_methods"])],
        kinds={"python", "duckdb"},
        owners=[DATA_TEAM],
        tags=ON_DEMAND_TAGS,
        description="How well each way of recommending would have guessed the last basket of the shop's customers. On "
        "demand: start the job evaluate_recommendations.",
    )
    def recommendation_evaluation(settings: dg.ResourceParam[Settings]) -> dg.MaterializeResult:
        methods = read_evaluation(settings.warehouse_path)
        return dg.MaterializeResult(metadata={"methods": len(methods), "table": dg.MetadataValue.md(markdown(methods))})

    return [recommendation_evaluation]
