"""The landing datasets as Dagster assets: one per contract, each with the checks of its suite."""

from collections.abc import Iterator

import dagster as dg

from assets.landing.checks import asset_metadata, check_results, check_specs
from assets.landing.contract import Contract, load_contracts
from assets.landing.land import land_dataset
from assets.quality.suites import suite_of
from orchestration.partitions import daily, one_day_a_run, run_date_of
from orchestration.settings import Settings
from orchestration.tags import DATA_TEAM


def build_landing_assets() -> list[dg.AssetsDefinition]:
    """One asset per dataset, keyed like its dbt source: landing / source / dataset."""
    return [_landing_asset(contract) for contract in load_contracts().values()]


def _landing_asset(contract: Contract) -> dg.AssetsDefinition:
    suite = suite_of(contract.source, contract.dataset)

    @dg.asset(
        key=["landing", contract.source, contract.dataset],
        group_name="landing",
        description=_description(contract),
        kinds={"python", "parquet", "greatexpectations"},
        owners=[DATA_TEAM],
        tags={"fredning/source": contract.source, "fredning/mode": contract.mode},
        partitions_def=daily,
        backfill_policy=one_day_a_run,
        check_specs=check_specs(contract, suite),
    )
    def land(context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]) -> Iterator[dg.MaterializeResult]:
        report = land_dataset(settings, contract.source, contract.dataset, run_date_of(context))
        yield dg.MaterializeResult(metadata=asset_metadata(report), check_results=list(check_results(report, suite)))

    return land


def _description(contract: Contract) -> str:
    stops = (
        "\n\nA delivery that cannot be read stops the day's hand-off."
        if contract.needed_for_sending
        else "\n\nThe day goes on without a delivery that cannot be read."
    )
    columns = "\n".join(
        f"- `{c.name}` {c.type}{', mandatory' if c.mandatory else ''}{', personal data' if c.personal else ''}"
        for c in contract.columns
    )
    return f"{contract.description}{stops}\n\nKey: {', '.join(contract.key)}\n\n{columns}"
