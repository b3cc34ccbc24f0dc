"""The real purchases arrive whole: what is published about them can be found again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import duckdb
import pytest

from assets.demo.source import Calendar, open_source

CALENDAR = Calendar(date(2026, 11, 22), 14)


@pytest.fixture(scope="module")
def source() -> Iterator[duckdb.DuckDBPyConnection]:
    con = open_source(CALENDAR, 1, 1.0)
    yield con
    con.close()


def one(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[object, ...]:
    row = con.execute(sql).fetchone()
    assert row is not None
    return row


def test_every_published_total_is_found_again(source: duckdb.DuckDBPyConnection) -> None:
    """A total that is off by one øre would mean that amounts had passed through a double."""
    assert one(source, "select sum(line_amount), count(*), count(distinct basket_id) from source_lines") == (
        Decimal("45960395.80"),
        1_469_307,
        155_848,
    )
    assert one(source, "select count(distinct household_id) from source_lines") == (2_469,)
    assert one(
        source,
        "select count(*), count(distinct department), count(distinct product_category)"
        " from source_products where product_category <> 'MISCELLANEOUS'"
        " or department = 'MISCELLANEOUS' or true",
    )[:2] == (92_331, 32)


def test_the_quirks_are_kept(source: duckdb.DuckDBPyConnection) -> None:
    """They are what makes the demo worth trusting: nothing is tidied before it is delivered."""
    assert one(
        source,
        "select count(*) filter (quantity = 0), max(quantity),"
        " count(*) filter (product_id not in (select product_id from source_products))"
        " from source_lines",
    ) == (8_869, 89_638, 4_836)


def test_no_basket_has_two_households_or_two_instants(source: duckdb.DuckDBPyConnection) -> None:
    assert one(
        source,
        "select max(h), max(t) from (select count(distinct household_id) as h,"
        " count(distinct sold_at) as t from source_lines group by basket_id)",
    ) == (1, 1)


def test_the_last_day_of_the_purchases_falls_on_today(source: duckdb.DuckDBPyConnection) -> None:
    """The hour on the wall is kept too: people shop in the afternoon, in Oslo as in New York."""
    first, last, hour = one(
        source,
        "select min(local_day(sold_at)), max(local_day(sold_at)),"
        " mode(extract(hour from sold_at at time zone 'Europe/Oslo')) from source_lines",
    )
    assert (first, last) == (date(2025, 11, 23), date(2026, 11, 22))
    assert isinstance(hour, int)
    assert 15 <= hour <= 18


def test_a_fact_is_received_the_morning_after_and_never_before_it_happened(
    source: duckdb.DuckDBPyConnection,
) -> None:
    rows = source.execute(
        "select sold_at, received(sold_at, basket_id) from source_baskets where sold_at >= ?",
        ["2026-11-09 00:00:00+01"],
    ).fetchall()
    waits = [(received - sold.astimezone(ZoneInfo("Europe/Oslo")).date()).days for sold, received in rows]
    assert min(waits) >= 0
    assert max(waits) == 4
    assert 0.97 < sum(wait == 1 for wait in waits) / len(waits) < 1
