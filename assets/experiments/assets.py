"""The Dagster asset of experiment results: wiring and metadata only."""

import dagster as dg

from assets.experiments.read import read_results
from assets.experiments.words import markdown, sentences, title
from orchestration.partitions import daily, one_day_a_run
from orchestration.settings import Settings
from orchestration.tags import MARKETING_TEAM, WAREHOUSE_POOL


def build_experiment_assets() -> list[dg.AssetsDefinition]:
    """What the experiments showed, as of the run's day."""

    @dg.asset(
        key=["experiments", "results"],
        group_name="experiments",
        partitions_def=daily,
        backfill_policy=one_day_a_run,
        pool=WAREHOUSE_POOL,
        deps=[dg.AssetKey(["marts", "rpt_experiment_metrics"]), dg.AssetKey(["marts", "rpt_experiment_arms"])],
        kinds={"python", "duckdb"},
        owners=[MARKETING_TEAM],
        description="What the A/B tests and control groups showed so far: who leads, whether that is decided, whether "
        "the arms have their planned sizes, and what difference could be seen at all.",
    )
    def experiment_results(settings: dg.ResourceParam[Settings]) -> dg.MaterializeResult:
        results = read_results(settings.warehouse_path)
        decided = [result for result in results if result.verdict == "decided"]
        broken = [result for result in results if result.verdict == "broken_split"]
        words = [f"**{title(result)}**: {' '.join(sentences(result, settings.currency))}" for result in results]
        return dg.MaterializeResult(
            metadata={
                "in_words": dg.MetadataValue.md("\n\n".join(words) or "No experiment has been planned yet."),
                "table": dg.MetadataValue.md(markdown(results, settings.currency)),
                "experiments": len(results),
                "decided": len(decided),
                "broken_splits": len(broken),
                "customers_assigned": sum(arm.n_assigned for result in results for arm in result.arms),
            }
        )

    return [experiment_results]
