"""The daily lists in SQL against plain loops, by both rules, over shops where scores tie and lists run out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dbt.customers.chain import Chain, compile_chain
from tests.dbt.customers.recommendation_oracle import DAMPING, DAYS, MAX_PRODUCTS, MIN_BASKETS, Shop, Shown
from tests.dbt.customers.recommendation_worlds import INPUTS, TODAY, draw, tables

MODELS = (
    "int_recommendations__slots",
    "int_recommendations__also_bought",
    "int_recommendations__best_sellers",
    "int_recommendations__kept_out",
    "int_recommendations__proposed_also_bought",
    "int_recommendations__for_candidates",
)
METHODS = ("damped_sum", "most_valuable")
N_SHOPS = 20


@pytest.fixture(scope="module", params=METHODS)
def chain(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Chain]:
    variables = {
        "timezone": "UTC",
        "also_bought_method": request.param,
        "also_bought_days": DAYS,
        "bought_together_damping": DAMPING,
        "bought_together_max_products": MAX_PRODUCTS,
        "bought_together_min_baskets": MIN_BASKETS,
    }
    home = tmp_path_factory.mktemp(request.param)
    return request.param, compile_chain(home, MODELS, INPUTS, variables)


def lists(chain: Chain, world: dict[str, Any]) -> dict[str, Shown]:
    chain.run(TODAY, tables(world))
    rows = chain.rows(
        "select customer_id, product_id, method, score from intermediate.int_recommendations__for_candidates "
        "order by customer_id, rank"
    )
    found: dict[str, Shown] = {}
    for row in rows:
        found.setdefault(row["customer_id"], []).append((row["product_id"], row["method"], row["score"]))
    return found


def expected(world: dict[str, Any], method: str) -> dict[str, Shown]:
    shop = Shop(world, TODAY)
    asked = {slot["customer_id"]: shop.list_for(slot, method) for slot in world["slots"]}
    return {customer: shown for customer, shown in asked.items() if shown}


def test_everybody_gets_the_list_of_plain_loops(chain: tuple[str, Chain]) -> None:
    """Order, method and score of every place: what is out is out before the top is taken, and ties go by product id."""
    method, sql = chain
    places = set()
    for seed in range(N_SHOPS):
        world = draw(seed)
        right = expected(world, method)
        assert lists(sql, world) == right, seed
        places |= {way for shown in right.values() for _, way, _ in shown}
    assert places == {"also_bought", "best_seller_category", "best_seller"}, "the shops must reach every fallback"


MUTANTS = [
    ("order_lines.is_valid and order_lines.product_id is not null and", "order_lines.product_id is not null and"),
    ("sizes.n_products between 2 and", "sizes.n_products between 1 and 10 *"),
    ("score desc nulls last, product_id", "score desc nulls last, product_id desc"),
    ("scored.score desc, scored.product_number", "scored.score desc, scored.product_number desc"),
    ("or order_lines.returned_quantity > 0", ""),
    ("and scored.item_number = unwanted_items.item_number", "and false"),
    ("n_shown_before < max_recommendations", "n_shown_before < 0"),
    ("customer_type = 'b2c'", "true"),
    ("order_lines.net_amount_minor desc,", ""),
    ("max(ordered_at) as ordered_at", "min(ordered_at) as ordered_at"),
    ("ordered_at desc, order_id desc", "ordered_at desc, order_id"),
    ("slots.reference_cart_id = carts.cart_id", "false"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("right", "wrong"), MUTANTS, ids=[right for right, _ in MUTANTS])
def test_the_oracle_notices_a_wrong_rule(chain: tuple[str, Chain], right: str, wrong: str) -> None:
    """Shops in which a mistake changes nobody's list prove nothing."""
    method, sql = chain
    if method == "most_valuable" and right.startswith("sizes."):
        pytest.skip("whoever bought little is no basket")
    with sql.changed(right, wrong):
        assert any(lists(sql, world) != expected(world, method) for world in map(draw, range(3 * N_SHOPS)))
