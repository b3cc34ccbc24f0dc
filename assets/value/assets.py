"""The Dagster asset of the monthly fit of customer value: wiring and metadata only."""

from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.value.parameters import path_of, version_of
from orchestration.partitions import daily, one_day_a_run, run_date_of
from orchestration.settings import Settings
from orchestration.tags import DATA_TEAM, WAREHOUSE_POOL

if TYPE_CHECKING:
    from assets.value.fitting import Fit


def build_value_assets() -> list[dg.AssetsDefinition]:
    """The parameters that predictions of customer value are made with."""

    @dg.asset(
        key=["value", "parameters"],
        group_name="value",
        partitions_def=daily,
        backfill_policy=one_day_a_run,
        pool=WAREHOUSE_POOL,
        deps=[dg.AssetKey(["intermediate", "int_value__triples"])],
        kinds={"python", "parquet"},
        owners=[DATA_TEAM],
        description="BG/NBD and Gamma-Gamma, fitted once a month on purchases before the month's first day and then "
        "frozen, with back-test, calibration and warnings. On the other days it only says that the month has its fit.",
    )
    def value_parameters(
        context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]
    ) -> dg.MaterializeResult:
        version = version_of(run_date_of(context))
        if path_of(settings, version).exists():
            return dg.MaterializeResult(metadata={"version": version, "state": "frozen"})
        # scipy is imported on the one day of a month that needs it.
        from assets.value.monthly import fit_version
        from assets.value.search import NoFit

        try:
            fit = fit_version(settings)
        except NoFit as reason:
            context.log.warning("No fit of customer value for %s: %s", version, reason)
            return dg.MaterializeResult(metadata={"version": version, "state": f"no fit: {reason}"})
        return dg.MaterializeResult(metadata={"version": version, "state": "fitted", **_metadata(fit)})

    return [value_parameters]


def _metadata(fit: "Fit") -> dict[str, Any]:
    groups = "\n".join(
        f"| {group.label} | {group.n_customers:,} | {group.predicted:.2f} | {group.actual:.2f} |"
        for group in fit.test.groups
    )
    return {
        "customers": fit.n_customers,
        "repeat_customers": fit.n_repeat_customers,
        "purchases": f"r {fit.purchases.r:.4g}, alpha {fit.purchases.alpha:.4g} days, a {fit.purchases.a:.4g}, "
        f"b {fit.purchases.b:.4g}, log-likelihood {fit.purchases.log_likelihood:.1f}",
        "spend": f"p {fit.spend.p:.4g}, q {fit.spend.q:.4g}, gamma {fit.spend.gamma:.4g} minor units, "
        f"log-likelihood {fit.spend.log_likelihood:.1f}",
        "test_days": fit.test.days,
        "test_predicted": round(fit.test.predicted, 1),
        "test_actual": round(fit.test.actual, 1),
        "calibration_factor": round(fit.test.factor, 4),
        "back_test": dg.MetadataValue.md(
            "| purchases before | customers | predicted each | came each |\n|---|---:|---:|---:|\n" + groups
        ),
        "warnings": dg.MetadataValue.md("\n".join(f"- {sentence}" for sentence in fit.warnings) or "None."),
    }
