"""When a customer runs out of a product, in SQL against plain loops over purchases, on both sides of a clock change."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.dbt.customers.chain import Chain, Input, compile_chain

OSLO = ZoneInfo("Europe/Oslo")
# The clocks are put back on 25 October: the days around it are 25 hours long.
TODAY = date(2026, 10, 27)
HISTORY, AROUND, MIN_BUYERS, MIN_REPEAT, SHRINKAGE = 365, 21, 3, 0.3, 2.65
N_SHOPS = 15

INPUTS = (
    Input(
        "intermediate.int_catalogue__products",
        "product_id VARCHAR, replenish_after_days INTEGER, is_in_stock BOOLEAN, is_for_sale BOOLEAN",
    ),
    Input(
        "marts.fct_order_lines",
        "order_id VARCHAR, line_number INTEGER, customer_id VARCHAR, product_id VARCHAR, ordered_at TIMESTAMPTZ, "
        "received_on DATE, is_valid BOOLEAN, is_gift BOOLEAN",
    ),
)
MODELS = ("int_purchases__by_product", "int_behaviour__replenishment")
Row = dict[str, Any]


def draw(seed: int) -> tuple[list[Row], list[Row]]:
    """Products, and lines of people who buy the same again after nearly the same time, or hardly ever."""
    rng = random.Random(seed)
    products: list[Row] = [
        {
            "product_id": f"p{n}",
            "replenish_after_days": rng.choice((None, None, None, 0, 14)),
            "is_in_stock": rng.random() < 0.9,
            "is_for_sale": rng.random() < 0.9,
        }
        for n in range(5)
    ]
    lines: list[Row] = []
    for product in products:
        for customer in (f"c{n}" for n in range(rng.choice((2, 3, 6)))):
            # Backwards from a last purchase; a gap of nothing is a second purchase on the same day.
            on = TODAY - timedelta(days=rng.choice((0, 1, 2, 3, 20, 40)))
            for number in range(rng.choice((1, 1, 2, 4, 6))):
                # At 22:30 or 23:30 UTC it is the next day already, or not yet, as the clocks stand.
                hour, minute = rng.choice(((0, 0), (10, 0), (22, 30), (23, 30)))
                lines.append(
                    {
                        "order_id": f"o{product['product_id']}{customer}{rng.choice((number, 9))}",
                        "line_number": len(lines),
                        "customer_id": None if rng.random() < 0.03 else customer,
                        "product_id": product["product_id"],
                        "ordered_at": datetime.combine(on, time(hour, minute), UTC),
                        "received_on": on + timedelta(days=rng.choice((0, 1))),
                        "is_valid": rng.random() < 0.95,
                        "is_gift": rng.choice((None, False, False, rng.random() < 0.2)),
                    }
                )
                on -= timedelta(days=rng.choice((0, 5, 9, 10, 10, 11, 30)))
    rng.shuffle(lines)
    return products, lines


def bought_on(product: str, lines: list[Row]) -> dict[str, dict[date, list[Row]]]:
    """Who bought it on which local days, with the lines that count."""
    starts = datetime.combine(TODAY - timedelta(days=HISTORY), time(), OSLO)
    bought: dict[str, dict[date, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for line in lines:
        counts = line["is_valid"] and line["customer_id"] and not line["is_gift"] and line["ordered_at"] >= starts
        if counts and line["product_id"] == product:
            bought[line["customer_id"]][line["ordered_at"].astimezone(OSLO).date()].append(line)
    return bought


def expected_gap(own: list[int], everybodys: list[int], told: int) -> tuple[str, float]:
    """Whose gaps say how long it lasts, and how long. `told`: the catalogue's days, 0 if it has none."""
    if len(own) >= 3:
        of_product = sum(map(math.log, everybodys)) / len(everybodys)
        weighed = (sum(map(math.log, own)) + SHRINKAGE * of_product) / (len(own) + SHRINKAGE)
        return "shrunk", math.exp(weighed)
    if told > 0:
        return "catalogue", float(told)
    return "product_median", float(median(everybodys))


def oracle(products: list[Row], lines: list[Row]) -> dict[tuple[str, str], tuple[Any, ...]]:
    """(customer, product): (due on, gap, repeat probability, own gaps, method, last order, received on)."""
    found = {}
    for product in products:
        bought = bought_on(product["product_id"], lines)
        if not (product["is_in_stock"] and product["is_for_sale"] and bought):
            continue
        repeat = sum(len(days) > 1 for days in bought.values()) / len(bought)
        told = product["replenish_after_days"] or 0
        if told <= 0 and (len(bought) < MIN_BUYERS or repeat < MIN_REPEAT):
            continue
        gaps = {
            customer: [(b - a).days for a, b in zip(sorted(days), sorted(days)[1:], strict=False)]
            for customer, days in bought.items()
        }
        everybodys = [gap for own in gaps.values() for gap in own]
        for customer, own in gaps.items():
            method, gap = expected_gap(own, everybodys, told)
            last = max(bought[customer])
            # Half a day counts as a whole one.
            due_on = last + timedelta(days=math.floor(gap + 0.5))
            if abs((due_on - TODAY).days) <= AROUND:
                rows = bought[customer][last]
                newest = max((row["ordered_at"], row["order_id"]) for row in rows)[1]
                received = max(row["received_on"] for row in rows)
                key = (customer, product["product_id"])
                found[key] = (due_on, round(gap, 6), round(repeat, 9), len(own), method, newest, received)
    return found


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    variables = {
        "replenishment_history_days": HISTORY,
        "replenishment_around_days": AROUND,
        "replenishment_min_buyers": MIN_BUYERS,
        "replenishment_min_repeat_probability": MIN_REPEAT,
        "replenishment_shrinkage": SHRINKAGE,
    }
    return compile_chain(tmp_path_factory.mktemp("replenishment"), MODELS, INPUTS, variables)


def expected_days(chain: Chain, products: list[Row], lines: list[Row]) -> dict[tuple[str, str], tuple[Any, ...]]:
    chain.run(TODAY, {"intermediate.int_catalogue__products": products, "marts.fct_order_lines": lines})
    return {
        (row["customer_id"], row["product_id"]): (
            row["due_at"].astimezone(OSLO).date(),
            round(row["expected_gap_days"], 6),
            round(row["repeat_probability"], 9),
            row["n_own_gaps"],
            row["method"],
            row["last_order_id"],
            row["received_on"],
        )
        for row in chain.rows("select * from intermediate.int_behaviour__replenishment")
    }


def test_a_product_runs_out_when_plain_loops_say(chain: Chain) -> None:
    """A reminder a week late finds the coffee bought elsewhere; one for what nobody buys again is a nuisance."""
    methods = set()
    # In the last one two orders of one instant meet: the anchor of a reminder must not hang on which is read first.
    for seed in (*range(N_SHOPS), 114):
        products, lines = draw(seed)
        right = oracle(products, lines)
        assert expected_days(chain, products, lines) == right, seed
        methods |= {row[4] for row in right.values()}
    assert methods == {"shrunk", "catalogue", "product_median"}


MUTANTS = [
    ("where is_in_stock and is_for_sale", "where is_for_sale"),
    ("and not coalesce(is_gift, false)", ""),
    ("count(bought.days)", "count(*) filter (len(bought.days) > 2)"),
    ("first_ordered_on < last_ordered_on", "first_ordered_on + 7 < last_ordered_on"),
    ("having count(gap_days) >= 3", "having count(gap_days) >= 4"),
    ("median(gap_days)", "avg(gap_days)"),
    ("own.n_gaps + 2.65", "own.n_gaps + 2"),
    ("customer_id is not null", "true"),
    ("is_valid and", ""),
]


@pytest.mark.slow
@pytest.mark.parametrize(("right", "wrong"), MUTANTS, ids=[right for right, _ in MUTANTS])
def test_the_oracle_notices_a_wrong_rule(chain: Chain, right: str, wrong: str) -> None:
    """Purchases in which a mistake changes no date prove nothing."""
    with chain.changed(right, wrong):
        shops = [draw(seed) for seed in range(3 * N_SHOPS)]
        assert any(expected_days(chain, *shop) != oracle(*shop) for shop in shops)
