"""A key test of a carried table looks at what was computed anew, and overlooks nothing for that."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration.dbt import build_arguments
from orchestration.tested import states_that_passed
from tests.dbt.carried.disorder import FIRST_DAY
from tests.dbt.carried.two_warehouses import Shop

# A table that reads nothing but a delivery, and its key test.
TABLE, KEY = "int_behaviour__cart_events", "message_id"
UNIQUE_ID = f"model.fredning.{TABLE}"
DOUBLED = ("select *\nfrom final", "select *\nfrom final\nunion all\nselect *\nfrom final")


def day(number: int) -> date:
    return FIRST_DAY + timedelta(days=number)


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = Shop(tmp_path_factory.mktemp("shop"), seed=2)
    for number in range(3):
        shop.deliver(day(number))
    return shop


@pytest.fixture
def shop(delivered: Shop) -> Shop:
    """Delivered, and not yet built."""
    delivered.carried.forget()
    passed(delivered).unlink(missing_ok=True)
    return delivered


def passed(shop: Shop) -> Path:
    return shop.runner.settings.home / "dbt" / "tested.json"


EVERYTHING, NEW_ROWS = "looks at everything", "looks at new rows"


def build(
    shop: Shop, number: int, *, command: str = "build", exclude: str = "", table: str = TABLE
) -> tuple[str, str] | None:
    """Run the table and its key test. Returns how the test ended and what it looked at, None where it was left out."""
    arguments = build_arguments(
        command=command,
        select=[f"+{table}"],
        exclude=[exclude] if exclude else [],
        run_date=day(number),
        settings=shop.runner.settings,
    )
    results = shop.runner.invoke(arguments)
    assert [r.message for r in results if r.is_error] == []
    found = [r for r in results if re.match(rf"test\.fredning\.unique_(combination_)?{table}", r.unique_id)]
    is_cut = re.search("__affected|where snapshot_on >", str(found[0].statement)) if found else None
    return (found[0].status, NEW_ROWS if is_cut else EVERYTHING) if found else None


def test_a_day_tests_what_it_computed(shop: Shop) -> None:
    """Every morning looks at a day's rows, not at all history; the first look is at everything."""
    assert build(shop, 0) == ("pass", EVERYTHING)
    assert build(shop, 1) == ("pass", NEW_ROWS)


def test_rows_that_were_doubled_are_found_again_every_day(shop: Shop) -> None:
    """A mistake must not be forgotten because its rows are yesterday's."""
    build(shop, 0)
    with shop.with_wrong(UNIQUE_ID, *DOUBLED):
        assert build(shop, 1) == ("fail", NEW_ROWS)
    assert states_that_passed(shop.runner.settings) == {}
    assert build(shop, 2) == ("fail", EVERYTHING)


def test_what_a_killed_run_has_not_tested_is_tested_by_the_next(shop: Shop) -> None:
    build(shop, 0)
    with shop.with_wrong(UNIQUE_ID, *DOUBLED):
        assert build(shop, 1, exclude="test_type:data") is None
    assert build(shop, 2) == ("fail", EVERYTHING)


def test_a_test_that_fails_by_itself_is_remembered(shop: Shop) -> None:
    """Checks may be run alone, from the UI: what they find counts as well."""
    build(shop, 0)
    with duckdb.connect(str(shop.carried.path)) as connection:
        connection.execute(f"insert into intermediate.{TABLE} from intermediate.{TABLE} limit 1")
    assert build(shop, 0, command="test") == ("fail", EVERYTHING)
    assert states_that_passed(shop.runner.settings) == {}


@pytest.fixture
def carried_by_cart(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The same table, as if the rows of a cart were computed together; the second day waits for its test."""
    build(shop, 0)
    passed_on_the_first_day = passed(shop).read_text()
    build(shop, 1)
    passed(shop).write_text(passed_on_the_first_day)
    config = shop.runner.parsed.flat_graph["nodes"][UNIQUE_ID]["config"]
    monkeypatch.setitem(config, "meta", config["meta"] | {"carried_by": ["cart_id"]})
    return shop


def test_a_new_row_beside_an_old_one_with_its_key_is_found(carried_by_cart: Shop) -> None:
    with duckdb.connect(str(carried_by_cart.carried.path)) as connection:
        connection.execute(f"create or replace table main.{TABLE}__affected as select 'new' as cart_id")
        connection.execute(
            f"insert into intermediate.{TABLE} by name "
            f"select * replace ('new' as cart_id) from intermediate.{TABLE} limit 1"
        )
    assert build(carried_by_cart, 1, command="test") == ("fail", NEW_ROWS)


def test_a_table_that_grows_by_days_is_tested_for_the_days_that_it_was_given(shop: Shop) -> None:
    """Snapshots of the past stay as they are; what was made from nothing, or failed, is looked at as a whole."""
    table = "fct_customer_rfm"
    assert build(shop, 0, table=table) == ("pass", EVERYTHING)
    assert build(shop, 2, table=table) == ("pass", NEW_ROWS)
    assert build(shop, 1, table=table) == ("pass", EVERYTHING), "a replay may add days before it"
    with duckdb.connect(str(shop.carried.path)) as connection:
        connection.execute(f"insert into marts.{table} from marts.{table} where snapshot_on = '{day(1)}' limit 1")
    assert build(shop, 1, command="test", table=table) == ("fail", NEW_ROWS)
    assert f"marts.{table}" not in states_that_passed(shop.runner.settings)


def test_snapshots_made_from_nothing_are_all_tested(shop: Shop) -> None:
    """What passed was another warehouse."""
    table = "fct_customer_rfm"
    build(shop, 0, table=table)
    shop.carried.forget()
    assert build(shop, 1, table=table) == ("pass", EVERYTHING)
