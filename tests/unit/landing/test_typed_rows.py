"""Rows of JSON lines, Parquet and nested events become flat rows of the contract's types, or go aside one by one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.landing.conftest import GOOD, Shop

ORDERS = "webshop/orders"


def test_broken_json_lines_are_put_aside_with_their_line(shop: Shop) -> None:
    """A log that was cut off in the middle of a line has lost that line."""
    good = json.dumps(GOOD[ORDERS])
    lines = [good.replace("W1", "J1"), '{"order_id": "J2"', "", '"text"', good.replace("W1", "J5")]
    shop.deliver(ORDERS, "\n".join(lines), "a.ndjson")
    report = shop.land(ORDERS)
    assert shop.rejects(ORDERS) == [(2, None, "invalid_json"), (4, None, "invalid_json")]
    assert shop.raw(ORDERS, "order_id, source_line") == [("J1", 1), ("J5", 5)]
    assert report.n_rows_read == 4


def test_an_object_where_a_plain_value_belongs_is_put_aside(shop: Shop) -> None:
    """Its text would become an order number."""
    shop.deliver_rows(ORDERS, [{"order_id": {"id": 1}}, {"order_id": "J2"}], "a.ndjson")
    shop.land(ORDERS)
    assert shop.rejects(ORDERS) == [(1, None, "nested_value")]
    assert shop.raw(ORDERS, "order_id") == [("J2",)]


def test_json_values_become_the_columns_types(shop: Shop) -> None:
    """Numbers, booleans and nulls are as welcome as their text."""
    shop.deliver_rows(
        ORDERS,
        [{"order_id": 17, "total_amount": 12.5, "is_gift": True, "store_id": None}, {"is_gift": "no"}],
        "a.ndjson",
    )
    shop.land(ORDERS)
    assert shop.raw(ORDERS, "order_id, total_amount::varchar, is_gift, store_id") == [
        ("17", "12.50", True, None),
        ("W1", "199.00", False, None),
    ]


def test_tracker_events_are_flattened_as_the_contract_says(shop: Shop) -> None:
    """Segment's nested events, with pages and campaigns as text or as objects, become one flat row each."""
    event: dict[str, Any] = {
        "messageId": "m1",
        "type": "track",
        "event": "Product Added",
        "anonymousId": "a1",
        "timestamp": "2026-11-19T10:00:00Z",
        "properties": {
            "product_id": "p1",
            "quantity": 2,
            "price": 49.9,
            "products": [{"product_id": "p1", "quantity": 2, "price": 49.9}],
            "duration_s": 5.5,
            "mood": "good",
        },
        "context": {
            "userAgent": "UA",
            "page": {"url": "https://shop.example/p1"},
            "campaign": {"name": "spring"},
            "traits": {"email": "kari@post.example"},
        },
    }
    simple = {**event, "messageId": "m2", "context": {"page": "/p1"}, "properties": {}}
    shop.deliver("tracker/events", json.dumps(event) + "\n" + json.dumps(simple) + "\n", "e.ndjson")
    report = shop.land("tracker/events")
    columns = "messageId, product_id, quantity, price::varchar, duration_s, page, campaign, traits_email, user_agent"
    assert shop.raw("tracker/events", columns) == [
        ("m1", "p1", 2.0, "49.90", 5.5, "https://shop.example/p1", "spring", "kari@post.example", "UA"),
        ("m2", None, None, None, None, "/p1", None, None, None),
    ]
    assert json.loads(shop.raw("tracker/events", "products")[0][0]) == event["properties"]["products"]
    assert report.unknown_columns == ("properties.mood",)


@pytest.mark.parametrize("value", ['["2015-01-31", "2018-02-28"]', "2015-01-31|2018-02-28", "2015-01-31; 2018-02-28"])
def test_lists_of_days_are_read_in_each_usual_spelling(shop: Shop, value: str) -> None:
    """Delimited text has no lists of its own."""
    quoted = '"' + value.replace('"', '""') + '"'
    shop.deliver_rows("club/members", [{"children_birth_dates": quoted}])
    shop.land("club/members")
    assert shop.raw("club/members", "children_birth_dates::varchar") == [("[2015-01-31, 2018-02-28]",)]


def test_parquet_types_become_the_columns_types(shop: Shop, parquet_bytes) -> None:
    """Ids that a data frame made floating are whole again; naive times are local."""
    from datetime import datetime

    columns: dict[str, Any] = {name: [value] for name, value in GOOD[ORDERS].items()}
    columns |= {
        "order_id": [17.0],
        "total_amount": [199.0],
        "placed_at": [datetime(2026, 11, 19, 10)],  # noqa: DTZ001
        "is_gift": [1],
        "store_id": [None],
    }
    shop.deliver(ORDERS, parquet_bytes(columns), "a.parquet")
    shop.land(ORDERS)
    found = shop.raw(ORDERS, "order_id, total_amount::varchar, hour(placed_at), is_gift, store_id")
    assert found == [("17", "199.00", 9, True, None)]
