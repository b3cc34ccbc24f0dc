"""Files that are corrected, broken, taken away or renamed after they were landed: good rows are never lost to them."""

from __future__ import annotations

from datetime import timedelta

from tests.unit.landing.conftest import DAY, Shop
from tests.unit.landing.deliveries import CONSENTS, ORDERS


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
