"""Landing a day again: nothing is doubled, nothing is lost, and not a byte changes without need."""

from __future__ import annotations

import os
from pathlib import Path

from assets.landing.land import land_history
from tests.unit.landing.conftest import DAY, Shop
from tests.unit.landing.deliveries import ORDERS, files_below


def test_the_same_delivery_twice_changes_nothing_and_answers_the_same(shop: Shop) -> None:
    """A run that is started again must not write a byte, and its checks must not turn green by themselves."""
    shop.deliver_rows(ORDERS, [{}, {"order_id": ""}])
    shop.deliver(ORDERS, "order_id\n", "bad.csv")
    first = shop.land(ORDERS)
    before = files_below(shop.settings.home)
    second = shop.land(ORDERS)
    assert files_below(shop.settings.home) == before
    assert second.skipped
    assert not first.skipped
    assert (second.contract_errors, second.expectations, second.n_rows_kept, second.reject_counts) == (
        first.contract_errors,
        first.expectations,
        first.n_rows_kept,
        first.reject_counts,
    )


def test_landing_from_nothing_gives_the_same_bytes(shop: Shop, tmp_path: Path) -> None:
    """Raw data can be made again from the deliveries at any time, byte for byte."""
    rows = [{"order_id": f"W{i}", "updated_at": f"2026-11-{1 + i % 19:02}T10:00:00Z"} for i in range(300)]
    shop.deliver_rows(ORDERS, [*rows, {"status": "lost"}])
    shop.deliver_rows(ORDERS, [{"order_id": "J1"}, {"order_id": ""}], "more.ndjson")
    shop.land(ORDERS)
    raw = shop.raw_file(ORDERS).read_bytes()
    rejects = (shop.settings.rejects_dir / ORDERS / f"{DAY}.parquet").read_bytes()
    shop.land(ORDERS, force=True)
    assert shop.raw_file(ORDERS).read_bytes() == raw
    assert (shop.settings.rejects_dir / ORDERS / f"{DAY}.parquet").read_bytes() == rejects


def test_a_further_file_lands_the_day_again_as_a_whole(shop: Shop) -> None:
    """The second half of a delivery may come an hour later."""
    shop.deliver_rows(ORDERS, [{"order_id": "W1"}], "a.csv")
    shop.land(ORDERS)
    shop.deliver_rows(ORDERS, [{"order_id": "W2"}], "b.csv.gz")
    assert shop.land(ORDERS).n_rows_kept == 2
    assert shop.raw(ORDERS, "order_id") == [("W1",), ("W2",)]


def test_the_same_content_under_another_name_is_skipped_and_reported(shop: Shop) -> None:
    """Somebody exported twice, once compressed: the rows count once."""
    shop.deliver_rows(ORDERS, [{"order_id": "W1"}], "a.csv")
    shop.deliver_rows(ORDERS, [{"order_id": "W1"}], "b.csv.gz")
    report = shop.land(ORDERS)
    assert (report.n_rows_read, report.n_rows_kept) == (1, 1)
    assert report.notes == ("b.csv.gz: has the same content as a.csv: skipped",)
    assert [f.status for f in report.files] == ["landed", "duplicate"]


def test_clearing_the_landing_folder_changes_nothing(shop: Shop) -> None:
    """Old deliveries are archived; what was landed from them stays."""
    path = shop.deliver_rows(ORDERS, [{}])
    shop.land(ORDERS)
    path.unlink()
    before = files_below(shop.settings.raw_dir)
    assert shop.land(ORDERS).n_rows_kept == 1
    assert files_below(shop.settings.raw_dir) == before


def test_a_landing_that_was_interrupted_is_done_again(shop: Shop) -> None:
    """The manifest is written last: without it nothing counts as landed."""
    shop.deliver_rows(ORDERS, [{}])
    shop.land(ORDERS)
    raw = shop.raw_file(ORDERS)
    raw.with_suffix(".manifest.json").unlink()
    assert not shop.land(ORDERS).skipped
    raw.unlink()
    assert not shop.land(ORDERS).skipped
    assert shop.raw(ORDERS, "order_id") == [("W1",)]
    assert not [path.name for path in raw.parent.iterdir() if path.name.endswith(".tmp")]


def test_a_copied_landing_folder_is_recognised_by_content(shop: Shop) -> None:
    """A restored backup has new file times; that is no new delivery."""
    path = shop.deliver_rows(ORDERS, [{"updated_at": "2026-11-01T00:00:00Z"}])
    shop.land(ORDERS)
    os.utime(path, (1, 1))
    assert shop.land(ORDERS).skipped
    assert land_history(shop.settings, DAY) == []
