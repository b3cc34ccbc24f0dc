"""Which carts were abandoned, in an event log of another kind of shop: through landing and dbt to the trigger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.landing.drop import drop, ndjson
from assets.landing.land import land_dataset
from assets.messaging.journeys import land_templates
from orchestration.dbt import build_arguments
from orchestration.dbt_runner import DbtRunner
from orchestration.home import ensure_sources
from orchestration.settings import Settings
from tests.dbt.carts.foreign_log import MIDNIGHT, RUN_DATE, STORIES, accounts, events, instant, orders

Cart = tuple[str, dict[str, float]]


def deliver(settings: Settings) -> None:
    """Everything arrives on the morning of the run."""
    booked = list(orders())
    told = {"created_at": instant("-09:00:00"), "updated_at": instant("-09:00:00")}
    deliveries: dict[str, list[dict[str, Any]]] = {
        "tracker/events": list(events()),
        "webshop/accounts": [
            {"account_id": account, "email": f"{account}@mail.example", "country": "NO"} | told
            for account in sorted(accounts())
        ],
        "webshop/orders": [
            {"order_id": order["order_id"], "account_id": order["account_id"], "placed_at": order["placed_at"],
             "updated_at": order["placed_at"], "status": "paid", "currency": "NOK", "total_amount": "100.00"}
            for order in booked
        ],
        "webshop/order_lines": [
            {"order_id": order["order_id"], "line_number": 1, "product_id": order["product_id"], "quantity": 1,
             "unit_price": "100.00", "line_amount": "100.00"}
            for order in booked
        ],
    }  # fmt: skip
    for dataset, rows in deliveries.items():
        drop(settings.landing_dir, dataset, RUN_DATE, "log", ndjson(rows))
        land_dataset(settings, *dataset.split("/"), RUN_DATE, strict=True)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Cart]]:
    """The abandoned carts of each browser, as the trigger and the carts' table say: local time and contents."""
    home: Path = tmp_path_factory.mktemp("foreign")
    settings = Settings(home=home, threads=2)
    ensure_sources(settings)
    land_templates(settings, RUN_DATE)
    deliver(settings)
    arguments = build_arguments(
        command="build", select=["+fct_trigger_carts_abandoned"], exclude=["test_type:data"], run_date=RUN_DATE,
        settings=settings,
    )  # fmt: skip
    results = DbtRunner(settings).invoke(arguments)
    assert [r.message for r in results if not r.is_good] == []
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        rows = connection.execute(
            """
            select carts.anonymous_id, anchors.anchor_at, carts.lines, anchors.goal_reached_at
            from marts.fct_trigger_carts_abandoned as anchors
            join marts.fct_carts as carts on anchors.reference_cart_id = carts.cart_id
            order by carts.anonymous_id, anchors.anchor_at
            """
        ).fetchall()
    carts: dict[str, list[Cart]] = {}
    for browser, changed_at, lines, bought_at in rows:
        if bought_at is None:
            contents = {line["product_id"]: line["quantity"] for line in json.loads(lines)}
            carts.setdefault(browser, []).append((str(changed_at - MIDNIGHT), contents))
    return carts


@pytest.mark.parametrize("name", STORIES)
def test_what_was_left_in_carts_is_what_a_reader_of_the_log_would_say(found: dict[str, list[Cart]], name: str) -> None:
    """A reminder of what somebody has bought or taken out is worse than none."""
    assert found.get(name, []) == [(at, pytest.approx(contents)) for at, contents in STORIES[name].left]


def test_nobody_is_reminded_of_what_is_in_no_story(found: dict[str, list[Cart]]) -> None:
    assert found.keys() <= STORIES.keys()
