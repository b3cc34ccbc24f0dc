"""Raw files as their readers find them: in order of time, and of the same types from the first day on."""

from __future__ import annotations

import pytest

from assets.landing.contract import load_contracts
from assets.landing.land import ensure_raw
from assets.landing.storage import EMPTY
from tests.unit.landing.conftest import DAY, Shop
from tests.unit.landing.deliveries import ORDERS, files_below


def test_rows_lie_in_order_of_time(shop: Shop) -> None:
    """Readers of one day of a year's file can skip the rest."""
    times = ["2026-11-03T10:00:00Z", "2026-11-01T10:00:00Z", "2026-11-02T10:00:00Z"]
    shop.deliver_rows(ORDERS, [{"order_id": t[8:10], "updated_at": t} for t in times])
    shop.land(ORDERS)
    import pyarrow.parquet as pq

    assert pq.read_table(shop.raw_file(ORDERS))["order_id"].to_pylist() == ["01", "02", "03"]


def test_every_dataset_has_a_typed_file_before_anything_was_delivered(shop: Shop) -> None:
    """dbt's globs must match something, and the models must see the right types on the first day."""
    import duckdb
    import pyarrow as pa

    extra = pa.schema([("journey", pa.string()), ("received_on", pa.date32())])
    ensure_raw(shop.settings, {"templates/journeys": extra})
    before = files_below(shop.settings.home)
    ensure_raw(shop.settings, {"templates/journeys": extra})
    assert files_below(shop.settings.home) == before
    for name in [*load_contracts(), "templates/journeys"]:
        found = duckdb.sql(f"describe from '{shop.settings.raw_dir / name}/*.parquet'").fetchall()
        assert ("received_on", "DATE") in [row[:2] for row in found]
    assert (shop.settings.rejects_dir / ORDERS / EMPTY).exists()


@pytest.mark.parametrize("dataset", list(load_contracts()))
def test_landed_files_have_the_types_of_the_empty_ones(shop: Shop, dataset: str) -> None:
    """One file of another type would break every read over the glob."""
    import duckdb

    ensure_raw(shop.settings)
    contract = shop.contract(dataset)
    shop.deliver(dataset, ",".join(contract.column_names) + "\n")
    shop.land(dataset)
    folder = shop.settings.raw_dir / dataset
    landed = duckdb.sql(f"describe from '{folder}/{DAY}.parquet'").fetchall()
    empty = duckdb.sql(f"describe from '{folder}/{EMPTY}'").fetchall()
    assert [row[:2] for row in landed] == [row[:2] for row in empty]
