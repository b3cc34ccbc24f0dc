"""What the demo's deliveries tell of a shop: its baskets, carts and products."""

from __future__ import annotations

from datetime import date

import duckdb

from tests.unit.demo.conftest import DAYS

INITIAL = date(2026, 11, 8)


def count(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = con.execute(sql).fetchone()
    assert row is not None
    return int(row[0])


def test_orders_and_receipts_hold_every_basket_that_is_due(
    delivered: duckdb.DuckDBPyConnection,
) -> None:
    """Orders without lines, or lines without an order, would break every sum downstream."""
    assert not count(
        delivered,
        """
        select count(*) from (
            select order_id from webshop_orders full join webshop_order_lines l using (order_id)
            where webshop_orders.order_id is null or l.order_id is null
            union all
            select receipt_id from pos_receipts r full join pos_receipt_lines l using (receipt_id)
            where r.receipt_id is null or l.receipt_id is null
        )
        """,
    )


def test_totals_are_the_sums_of_their_lines(delivered: duckdb.DuckDBPyConnection) -> None:
    assert not count(
        delivered,
        """
        select count(*) from (
            select order_id, any_value(total_amount)::decimal(18, 2) as total,
                any_value(shipping_amount)::decimal(18, 2) as shipping
            from webshop_orders group by order_id
        ) join (
            select order_id, sum(line_amount::decimal(18, 2)) as lines
            from webshop_order_lines group by order_id
        ) using (order_id)
        where total <> lines + shipping
        """,
    )
    assert not count(
        delivered,
        """
        select count(*) from pos_receipts join (
            select receipt_id, sum(line_amount::decimal(18, 2)) as lines
            from pos_receipt_lines group by receipt_id
        ) using (receipt_id)
        where total_amount::decimal(18, 2) <> lines
        """,
    )


def test_a_third_of_the_baskets_is_bought_online(delivered: duckdb.DuckDBPyConnection) -> None:
    n_orders = count(delivered, "select count(distinct order_id) from webshop_orders")
    n_receipts = count(delivered, "select count(*) from pos_receipts")
    assert 0.2 < n_orders / (n_orders + n_receipts) < 0.4


def test_every_run_day_brings_orders_carts_consents_and_new_members(
    delivered: duckdb.DuckDBPyConnection,
) -> None:
    for table in ("webshop_orders", "pos_receipts", "tracker_events", "catalogue_products"):
        n = count(delivered, f"select count(distinct received_on) from {table}")
        # The shops were closed on Christmas Day, so one morning may bring nothing from the tills.
        assert n >= DAYS, table
    joined = "select count(*) from club_members where joined_at::timestamptz >= '2026-11-08'"
    assert count(delivered, joined) >= 3
    by_night = (
        "select count(*) from consent_events where action = 'withdrawn'"
        " and received_on = (occurred_at::timestamptz at time zone 'Europe/Oslo')::date"
        " and received_on > '2026-11-08'"
    )
    assert count(delivered, by_night) >= 1


def test_carts_are_bought_or_left(delivered: duckdb.DuckDBPyConnection) -> None:
    delivered.execute(
        """
        create or replace temp view carts as
        select properties.cart_id as cart_id, bool_or(event = 'Order Completed') as is_bought
        from tracker_events where properties.cart_id is not null group by 1
        """
    )
    assert count(delivered, "select count(*) from carts where is_bought") > 100
    assert count(delivered, "select count(*) from carts where not is_bought") > 100
    assert not count(
        delivered,
        "select count(*) from tracker_events where event = 'Order Completed'"
        " and properties.order_id not in (select order_id from webshop_orders)",
    )


def test_products_are_all_there_with_a_group_and_a_price(
    delivered: duckdb.DuckDBPyConnection,
) -> None:
    first = "from catalogue_products where received_on = '2026-11-08'"
    assert count(delivered, f"select count(distinct id) {first}") == 92_331
    assert not count(
        delivered,
        f"select count(*) {first} and (product_group is null or title is null"
        " or not regexp_matches(price, '^[0-9]+[.][0-9]{2} NOK$')"
        " or not starts_with(image_link, 'https://'))",
    )
    groups = {row[0] for row in delivered.execute(f"select distinct product_group {first}").fetchall()}
    assert {"coffee", "dog", "baking", "baby", "coffee_filters"} <= groups


def test_what_may_not_be_advertised_is_never_on_offer(
    delivered: duckdb.DuckDBPyConnection,
) -> None:
    """Norwegian law forbids advertising alcohol and tobacco; recommendations leave out what is not in stock."""
    assert not count(
        delivered,
        "select count(*) from catalogue_products where availability = 'in_stock'"
        " and product_group in ('beer', 'wine', 'spirits', 'tobacco', 'fuel', 'vouchers')",
    )


def test_accessory_groups_exist_in_the_catalogue(delivered: duckdb.DuckDBPyConnection) -> None:
    """An accessory group without products would silently recommend nothing."""
    assert not count(
        delivered,
        """
        select count(*) from (
            select unnest([from_group, to_group]) as name from catalogue_relations
            where kind = 'accessory'
        ) where name not in (
            select product_group from catalogue_products where availability = 'in_stock')
        """,
    )
