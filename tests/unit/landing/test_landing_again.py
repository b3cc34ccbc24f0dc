"""Landing twice, landing late, landing a corrected file: nothing is doubled, nothing is lost."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from assets.landing.contract import load_contracts
from assets.landing.land import ensure_raw, land_history
from assets.landing.storage import EMPTY
from assets.landing.summary import summarise
from tests.unit.landing.conftest import DAY, Shop

ORDERS = "webshop/orders"
CONSENTS = "consent/events"


def files_below(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


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


def test_rows_lie_in_order_of_time(shop: Shop) -> None:
    """Readers of one day of a year's file can skip the rest."""
    times = ["2026-11-03T10:00:00Z", "2026-11-01T10:00:00Z", "2026-11-02T10:00:00Z"]
    shop.deliver_rows(ORDERS, [{"order_id": t[8:10], "updated_at": t} for t in times])
    shop.land(ORDERS)
    import pyarrow.parquet as pq

    assert pq.read_table(shop.raw_file(ORDERS))["order_id"].to_pylist() == ["01", "02", "03"]


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


def test_a_corrected_file_replaces_a_refused_one(shop: Shop) -> None:
    """That is what the error asks for."""
    shop.deliver(ORDERS, "order_id\nW1\n")
    assert shop.land(ORDERS).contract_errors
    shop.deliver_rows(ORDERS, [{"order_id": "W1"}])
    report = shop.land(ORDERS)
    assert (report.contract_errors, report.n_rows_kept) == ((), 1)


def test_taking_a_refused_file_away_settles_its_error(shop: Shop) -> None:
    """A file that came by mistake is put right by removing it."""
    shop.deliver_rows(ORDERS, [{}], "good.csv")
    bad = shop.deliver(ORDERS, "order_id\n", "bad.csv")
    assert shop.land(ORDERS).contract_errors
    bad.unlink()
    assert shop.land(ORDERS).contract_errors == ()


def test_clearing_the_landing_folder_changes_nothing(shop: Shop) -> None:
    """Old deliveries are archived; what was landed from them stays."""
    path = shop.deliver_rows(ORDERS, [{}])
    shop.land(ORDERS)
    path.unlink()
    before = files_below(shop.settings.raw_dir)
    assert shop.land(ORDERS).n_rows_kept == 1
    assert files_below(shop.settings.raw_dir) == before


def test_rows_whose_file_has_gone_are_not_lost_to_a_later_file(shop: Shop) -> None:
    """Landing the day again from what is left would silently forget the first file's orders."""
    first = shop.deliver_rows(ORDERS, [{"order_id": "W1"}], "a.csv")
    shop.land(ORDERS)
    first.unlink()
    shop.deliver_rows(ORDERS, [{"order_id": "W2"}], "b.csv")
    report = shop.land(ORDERS)
    assert "a.csv: was landed before and can no longer be read" in report.contract_errors[0]
    assert shop.raw(ORDERS, "order_id") == [("W1",)]
    shop.deliver_rows(ORDERS, [{"order_id": "W1"}], "a.csv")
    assert shop.land(ORDERS).contract_errors == ()
    assert shop.raw(ORDERS, "order_id") == [("W1",), ("W2",)]


def test_a_good_file_that_was_overwritten_by_a_broken_one_stays_in_force(shop: Shop) -> None:
    """Yesterday's good rows are better than none."""
    shop.deliver_rows(CONSENTS, [{}])
    shop.land(CONSENTS)
    shop.deliver(CONSENTS, b"\xff\xfe broken")
    for _ in range(2):
        report = shop.land(CONSENTS)
        assert report.contract_errors
        assert shop.raw(CONSENTS, "event_id") == [("c1",)]


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


def test_missed_days_are_caught_up_and_later_ones_left_alone(shop: Shop) -> None:
    """A machine that was off for two mornings must not lose two days of consents."""
    for offset in (-2, -1, 0, 1):
        day = DAY + timedelta(days=offset)
        shop.deliver_rows(CONSENTS, [{"event_id": f"c{offset}", "occurred_at": "2026-11-01T00:00:00Z"}], day=day)
    report = shop.land(CONSENTS)
    assert [r.received_on for r in report.caught_up] == [DAY - timedelta(days=2), DAY - timedelta(days=1)]
    assert report.received_on == DAY
    assert not shop.raw_file(CONSENTS, DAY + timedelta(days=1)).exists()
    assert [i for d in (-2, -1, 0) for i in shop.raw(CONSENTS, "event_id", DAY + timedelta(days=d))] == [
        ("c-2",),
        ("c-1",),
        ("c0",),
    ]
    assert shop.land(CONSENTS).caught_up == ()


def test_each_day_is_judged_by_its_own_date_when_many_are_landed_at_once(shop: Shop) -> None:
    """What is in the future of one delivery is the past of the next; keys are unique within a delivery only."""
    yesterday = DAY - timedelta(days=1)
    row = {"occurred_at": "2026-11-20T08:00:00Z"}
    shop.deliver_rows(CONSENTS, [row], day=yesterday)
    shop.deliver_rows(CONSENTS, [row], day=DAY)
    reports = land_history(shop.settings, DAY)
    assert [(r.received_on, r.n_rows_kept, r.n_rows_rejected) for r in reports] == [(yesterday, 0, 1), (DAY, 1, 0)]
    assert [len(r.failed("warning")) for r in reports] == [1, 0]


def test_an_unsettled_error_of_yesterday_is_still_an_error_today_where_it_matters(shop: Shop) -> None:
    """Yesterday's unreadable consents may hold a withdrawal that today's mails must respect."""
    shop.deliver(CONSENTS, "event_id\nx\n", day=DAY - timedelta(days=1))
    shop.deliver(ORDERS.replace("orders", "returns"), "return_id\nx\n", day=DAY - timedelta(days=1))
    assert shop.land(CONSENTS).contract_errors == ()
    assert "(delivered 2026-11-19) file.csv: the mandatory column" in shop.land(CONSENTS).open_errors[0]
    assert shop.land("webshop/returns").open_errors == ()
    shop.deliver_rows(CONSENTS, [{"occurred_at": "2026-11-01T00:00:00Z"}], day=DAY - timedelta(days=1))
    assert shop.land(CONSENTS).open_errors == ()


def test_a_day_without_a_delivery_is_a_day_without_rows(shop: Shop) -> None:
    """Not every source has something to say every day."""
    report = shop.land(ORDERS)
    assert not report.was_delivered
    assert report.contract_errors == ()
    assert not shop.raw_file(ORDERS).exists()


def test_a_copied_landing_folder_is_recognised_by_content(shop: Shop) -> None:
    """A restored backup has new file times; that is no new delivery."""
    path = shop.deliver_rows(ORDERS, [{"updated_at": "2026-11-01T00:00:00Z"}])
    shop.land(ORDERS)
    os.utime(path, (1, 1))
    assert shop.land(ORDERS).skipped
    assert land_history(shop.settings, DAY) == []


def test_history_is_landed_once_and_says_what_it_did(shop: Shop) -> None:
    """Whoever waits wants to see it move."""
    shop.deliver_rows(ORDERS, [{}], day=date(2026, 11, 19))
    shop.deliver_rows(ORDERS, [{}, {"status": "?"}], day=DAY)
    shop.deliver_rows(ORDERS, [{}], day=DAY + timedelta(days=1))
    told: list[str] = []
    reports = land_history(shop.settings, DAY, told.append)
    assert [r.received_on for r in reports] == [date(2026, 11, 19), DAY]
    assert told == ["webshop/orders: 2 deliveries, 2 rows, 1 put aside"]
    assert land_history(shop.settings, DAY, told.append) == []


def test_the_summary_tells_landed_from_waiting_days(shop: Shop) -> None:
    """The first question on a bad morning is what has arrived."""
    shop.deliver_rows(ORDERS, [{}, {"status": "?"}])
    shop.land(ORDERS)
    shop.deliver_rows(ORDERS, [{}], day=DAY + timedelta(days=1))
    first, second = summarise(shop.settings)
    assert (first.is_landed, first.n_rows_read, first.n_rows_kept, first.reject_counts) == (
        True,
        2,
        1,
        {"allowed_value": 1},
    )
    assert (second.is_landed, second.n_files, second.received_on) == (False, 1, DAY + timedelta(days=1))


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


def test_a_broken_file_never_costs_the_rows_that_were_landed_under_its_name(shop: Shop) -> None:
    """Not even when another file arrives while it is still broken."""
    shop.deliver_rows(CONSENTS, [{"event_id": "c1"}], "a.csv")
    shop.land(CONSENTS)
    shop.deliver(CONSENTS, b"\xff broken", "a.csv")
    shop.land(CONSENTS)
    shop.deliver_rows(CONSENTS, [{"event_id": "c2"}], "b.csv")
    assert shop.land(CONSENTS).contract_errors
    assert shop.raw(CONSENTS, "event_id") == [("c1",)]
    shop.deliver_rows(CONSENTS, [{"event_id": "c1"}], "a.csv")
    assert shop.land(CONSENTS).contract_errors == ()
    assert shop.raw(CONSENTS, "event_id") == [("c1",), ("c2",)]


def test_a_file_may_be_renamed_after_it_was_landed(shop: Shop) -> None:
    """Its content is still there, so nothing is lost."""
    path = shop.deliver_rows(CONSENTS, [{"event_id": "c1"}], "a.csv")
    shop.land(CONSENTS)
    path.rename(path.with_name("b.csv"))
    assert shop.land(CONSENTS).contract_errors == ()
    assert shop.raw(CONSENTS, "event_id, source_file") == [("c1", "b.csv")]


def test_files_outside_a_day_are_reported(shop: Shop) -> None:
    """A folder named 20261120 would never be read, and nobody would know."""
    shop.deliver_rows(CONSENTS, [{}])
    folder = shop.settings.landing_dir / CONSENTS
    (folder / "20261120").mkdir()
    (folder / "lost.csv").write_text("x")
    assert [error.split(":")[0] for error in shop.land(CONSENTS).open_errors] == ["20261120", "lost.csv"]


def test_an_unusable_file_is_put_right_under_whatever_name(shop: Shop) -> None:
    """Nothing was landed from it, so nothing has to be kept; and its error goes with it."""
    yesterday = DAY - timedelta(days=1)
    bad = shop.deliver_rows(CONSENTS, [{"event_id": f"c{i}", "channel": "fax"} for i in range(30)], "a.csv", yesterday)
    assert "none of the 30 rows" in shop.land(CONSENTS).caught_up[0].contract_errors[0]
    assert shop.land(CONSENTS).open_errors
    bad.unlink()
    assert shop.land(CONSENTS).open_errors == ()
    shop.deliver_rows(CONSENTS, [{"occurred_at": "2026-11-01T00:00:00Z"}], "b.csv", yesterday)
    report = shop.land(CONSENTS)
    assert (report.open_errors, report.caught_up[0].n_rows_kept) == ((), 1)
