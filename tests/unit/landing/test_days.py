"""Days of deliveries: missed ones are caught up, each is judged by its own date, and what waits is told."""

from __future__ import annotations

from datetime import date, timedelta

from assets.landing.land import land_history
from assets.landing.summary import summarise
from tests.unit.landing.conftest import DAY, Shop
from tests.unit.landing.deliveries import CONSENTS, ORDERS


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


def test_files_outside_a_day_are_reported(shop: Shop) -> None:
    """A folder named 20261120 would never be read, and nobody would know."""
    shop.deliver_rows(CONSENTS, [{}])
    folder = shop.settings.landing_dir / CONSENTS
    (folder / "20261120").mkdir()
    (folder / "lost.csv").write_text("x")
    assert [error.split(":")[0] for error in shop.land(CONSENTS).open_errors] == ["20261120", "lost.csv"]
