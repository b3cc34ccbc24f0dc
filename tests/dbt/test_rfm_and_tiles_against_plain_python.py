"""RFM history, cut points and tiles of small random retailers, every row against plain Python."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.landing.land import ensure_raw
from assets.messaging.template_schemas import SCHEMAS
from orchestration.dbt import build_arguments
from orchestration.dbt_runner import DbtRunner
from orchestration.settings import Settings
from tests.dbt import oracle_rfm as oracle
from tests.dbt.oracle_purchases import orders_known
from tests.dbt.raw_purchases import write_raw
from tests.dbt.small_retailer import draw

# The second day is a Monday in a new month; then the first one again, as after a mistake.
FIRST_RUN, SECOND_RUN = date(2026, 10, 29), date(2026, 11, 2)
SELECT = ("+rpt_tiles", "+rpt_persona_movement", "+rpt_persona_metrics")
PERSONAS = ("Champions", "Loyal", "New", "At risk", "Need nurturing", "Inactive")
RFM = (
    "select snapshot_on, customer_id, days_since_last_order, n_orders, net_revenue_minor, r_score, f_score, m_score, "
    "persona, absolute_stage from marts.fct_customer_rfm"
)
CUT_POINTS = "select * from intermediate.int_rfm__cut_points"


class Retailer:
    """One drawn retailer, its warehouse, and what the warehouse said after each run."""

    def __init__(self, runner: DbtRunner, seed: int) -> None:
        self.settings = runner.settings
        self.rows = draw(seed)
        self._runner = runner
        self.forget()
        write_raw(self.settings.home, self.rows)

    def forget(self) -> None:
        self.settings.warehouse_path.unlink(missing_ok=True)

    def run(
        self,
        day: date,
        *,
        with_data_tests: bool = False,
        select: tuple[str, ...] = SELECT,
        asked: dict[str, str] | None = None,
    ) -> None:
        arguments = build_arguments(
            command="build",
            select=select,
            exclude=() if with_data_tests else ("test_type:data",),
            run_date=day,
            settings=self.settings,
            extra_vars=asked,
        )
        results = self._runner.invoke(arguments)
        assert [r.message for r in results if r.status not in {"success", "pass", "warn"}] == []

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.settings.warehouse_path), read_only=True) as connection:
            connection.execute("set timezone = 'UTC'")
            return connection.execute(sql).fetchall()

    def shop(self, day: date) -> oracle.Shop:
        persons = dict(self.query("select record_id, customer_id from intermediate.int_identity__persons"))
        consumers = self.query(
            "select customer_id from intermediate.int_customers__golden_records where customer_type = 'b2c'"
        )
        return oracle.Shop(orders_known(self.rows, persons, day), {row[0] for row in consumers})


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DbtRunner]:
    """dbt starts once; retailers follow each other in the same home."""
    home: Path = tmp_path_factory.mktemp("retailer")
    settings = Settings(home=home, threads=2)
    ensure_raw(settings, {f"templates/{table}": schema for table, schema in SCHEMAS.items()})
    return DbtRunner(settings)


def expected_tiles(shop: oracle.Shop, day: date, personas: dict[str, str]) -> dict[tuple[str, str, str], Any]:
    expected = {}
    for period, (start, end, comparison) in oracle.periods(day).items():
        for segment in ("all", *PERSONAS):
            members = None if segment == "all" else {c for c, name in personas.items() if name == segment}
            now = oracle.tiles(shop, day, start, end, members)
            before = oracle.tiles(shop, day, comparison, start, members) if comparison else dict.fromkeys(now)
            expected |= {(period, segment, tile): (now[tile], before[tile]) for tile in now}
    return expected


def assert_tiles(retailer: Retailer, day: date, rfm: set[tuple[Any, ...]]) -> None:
    personas = {row[1]: row[8] for row in rfm if row[0] == day}
    expected = expected_tiles(retailer.shop(day), day, personas)
    told = {
        (period, segment, tile): (value, before)
        for period, segment, tile, value, before in retailer.query(
            "select period, persona, tile, value, comparison_value from marts.rpt_tiles"
        )
    }
    assert told.keys() == expected.keys()
    wrong = {key: (told[key], expected[key]) for key in told if told[key] != pytest.approx(expected[key])}
    assert wrong == {}


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_every_snapshot_score_and_tile_is_what_the_rules_say(runner: DbtRunner, seed: int) -> None:
    """Scores decide who gets which message; they are worth a second, independent reading of the rules.

    Snapshots of the past are compared with what the oracle sees of each day; a later run may add snapshots and must
    leave the existing ones alone; running the old day again must give its snapshot again and touch no other.
    """
    retailer = Retailer(runner, seed)

    retailer.run(FIRST_RUN)
    shop = retailer.shop(FIRST_RUN)
    cuts = {f"{day:%Y-%m}": oracle.cut_points(shop, day.replace(day=1)) for day in oracle.snapshot_days(FIRST_RUN)}
    expected = set().union(
        *(oracle.rfm_rows(shop, day, cuts[f"{day:%Y-%m}"]) for day in oracle.snapshot_days(FIRST_RUN))
    )
    first = set(retailer.query(RFM))
    assert first == expected
    assert len({row[0] for row in first}) > 50, "the draw must fill the history, or nothing was tested"
    assert_tiles(retailer, FIRST_RUN, first)

    retailer.run(SECOND_RUN, with_data_tests=True)
    shop = retailer.shop(SECOND_RUN)
    new_cuts = oracle.cut_points(shop, date(2026, 11, 1))
    second = set(retailer.query(RFM))
    assert second - first == oracle.rfm_rows(shop, SECOND_RUN, new_cuts)
    assert first - second == set()
    assert_tiles(retailer, SECOND_RUN, second)

    retailer.run(FIRST_RUN)
    assert set(retailer.query(RFM)) == second, "an old day run again gives its own rows again and touches no other"

    assert_moves_of_any_two_days(retailer)

    assert_rebuilt_alike(retailer, second)


def assert_moves_of_any_two_days(retailer: Retailer) -> None:
    """Anybody may ask about a Wednesday that no run and no Monday ever made a snapshot of."""
    start, end = date(2026, 2, 11), date(2026, 10, 14)
    retailer.run(SECOND_RUN, select=("rpt_persona_moves",), asked={"rfm_from": f"{start}", "rfm_to": f"{end}"})
    shop = retailer.shop(SECOND_RUN)
    personas = {}
    for day in (start, end):
        rows = oracle.rfm_rows(shop, day, oracle.cut_points(shop, day.replace(day=1)))
        personas[day] = {row[1]: row[8] for row in rows}
    told = retailer.query(
        "select customer_id, persona_from, persona_by_cut_points_of_start, persona_to, cause "
        "from marts.rpt_persona_moves"
    )
    assert {row[0]: row[3] for row in told if row[3]} == personas[end]
    assert {row[0]: row[1] for row in told if row[1]} == personas[start]
    rescored = oracle.rfm_rows(shop, end, oracle.cut_points(shop, start.replace(day=1)))
    by_start = {row[1]: row[8] for row in rescored}
    for customer, before, middle, after, cause in told:
        assert middle == by_start.get(customer, "No orders")
        if before is None:
            assert cause == "new"
        elif before == (after or "No orders"):
            assert cause == "stayed"
        else:
            moved_then = {"drift": middle == before, "own_behaviour": middle == (after or "No orders")}
            assert moved_then.get(cause, not any(moved_then.values()))
    assert {row[4] for row in told} >= {"stayed", "own_behaviour"}


def assert_rebuilt_alike(retailer: Retailer, snapshots: set[tuple[Any, ...]]) -> None:
    """The warehouse may be rebuilt at any time: what it holds hangs on what was known, not on the way there."""
    cut_points = set(retailer.query(CUT_POINTS))
    retailer.forget()
    retailer.run(SECOND_RUN)
    rebuilt = set(retailer.query(RFM))
    oldest = min(row[0] for row in rebuilt)
    # Only runs make snapshots of other days than Mondays.
    assert rebuilt == {row for row in snapshots if row[0] >= oldest and row[0] != FIRST_RUN}
    assert set(retailer.query(CUT_POINTS)) <= cut_points


def test_a_shop_without_a_single_sale_builds(runner: DbtRunner) -> None:
    """The first day of a new installation is a day like any other: empty marts, tiles with zeros and nulls."""
    retailer = Retailer(runner, 1)
    write_raw(retailer.settings.home, {dataset: [] for dataset in retailer.rows})

    retailer.run(FIRST_RUN)

    assert retailer.query("select count(*) from marts.fct_customer_rfm") == [(0,)]
    assert retailer.query("select distinct value from marts.rpt_tiles where tile = 'n_orders'") == [(0.0,)]
    assert retailer.query("select distinct value from marts.rpt_tiles where tile = 'items_per_order'") == [(None,)]
