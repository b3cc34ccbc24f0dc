"""The landing assets in Dagster: what they show, and what they stop."""

from __future__ import annotations

import dagster as dg
import pytest

from assets.landing.assets import build_landing_assets
from assets.landing.contract import load_contracts
from tests.unit.landing.conftest import DAY, Shop

KEY = dg.AssetKey(["landing", "consent", "events"])


@dg.asset(deps=[KEY])
def hand_off() -> None:
    """Stands for everything that must not happen on bad data."""


def run(shop: Shop, key: dg.AssetKey) -> dg.ExecuteInProcessResult:
    assets = [a for a in build_landing_assets() if a.key == key]
    return dg.materialize(
        [*assets, hand_off],
        partition_key=DAY.isoformat(),
        resources={"settings": shop.settings},
        raise_on_error=False,
    )


def test_there_is_one_asset_per_contract_keyed_like_its_dbt_source() -> None:
    """dbt's models find their sources by these keys."""
    assets = build_landing_assets()
    assert [a.key.to_user_string() for a in assets] == [f"landing/{name}" for name in load_contracts()]
    for asset in assets:
        spec = asset.specs_by_key[asset.key]
        assert spec.group_name == "landing"
        assert spec.owners
        assert spec.description


@pytest.mark.parametrize("name", list(load_contracts()))
def test_only_datasets_that_sending_depends_on_have_blocking_checks(name: str) -> None:
    """Anything else may be late or broken without costing a morning."""
    (asset,) = [a for a in build_landing_assets() if a.key.to_user_string() == f"landing/{name}"]
    blocking = {spec.name for spec in asset.check_specs if spec.blocking}
    needed = load_contracts()[name].needed_for_sending
    assert blocking == ({"delivery_contract", "expectations_blocking"} if needed else set())


def test_a_good_delivery_passes_every_check_and_shows_its_counts(shop: Shop) -> None:
    """The numbers are what people look at first."""
    shop.deliver_rows("consent/events", [{}, {"event_id": "c2"}])
    result = run(shop, KEY)
    assert result.success
    assert {c.check_name for c in result.get_asset_check_evaluations() if c.passed} == {
        "delivery_contract",
        "expectations_blocking",
        "expectations_warning",
    }
    metadata = result.asset_materializations_for_node("landing__consent__events")[0].metadata
    assert metadata["dagster/row_count"].value == 2
    assert metadata["files"].value == "file.csv"


def test_a_few_rejected_rows_warn_and_the_day_goes_on(shop: Shop) -> None:
    """The table of rejects by rule says what to ask the source about."""
    shop.deliver_rows("consent/events", [{}, {"event_id": ""}])
    result = run(shop, KEY)
    assert result.success
    failed = [c for c in result.get_asset_check_evaluations() if not c.passed]
    assert [(c.check_name, c.severity) for c in failed] == [("expectations_warning", dg.AssetCheckSeverity.WARN)]
    assert failed[0].description == "event_id must have a value: 1 of 2 rows (put aside)"
    metadata = result.asset_materializations_for_node("landing__consent__events")[0].metadata
    assert [record.data for record in metadata["rejects_by_rule"].records] == [{"rule": "not_null", "rows": 1}]


def test_consents_that_cannot_be_read_stop_the_hand_off(shop: Shop) -> None:
    """They could hold a withdrawal."""
    shop.deliver("consent/events", "event_id\nx\n")
    result = run(shop, KEY)
    assert not result.success
    failed = [c.check_name for c in result.get_asset_check_evaluations() if not c.passed]
    assert failed == ["delivery_contract"]
    assert "hand_off" not in {key.to_user_string() for key in materialized(result)}


def test_a_catalogue_that_cannot_be_read_is_an_error_that_stops_nothing(shop: Shop) -> None:
    """Yesterday's products are good enough for today's mails."""
    shop.deliver("catalogue/campaigns", "campaign_id\nx\n")
    result = run(shop, dg.AssetKey(["landing", "catalogue", "campaigns"]))
    assert result.success
    (failed,) = [c for c in result.get_asset_check_evaluations() if not c.passed]
    assert (failed.check_name, failed.severity) == ("delivery_contract", dg.AssetCheckSeverity.ERROR)
    assert "the mandatory column 'name' is missing" in (failed.description or "")


def materialized(result: dg.ExecuteInProcessResult) -> list[dg.AssetKey]:
    return [event.asset_key for event in result.get_asset_materialization_events() if event.asset_key]
