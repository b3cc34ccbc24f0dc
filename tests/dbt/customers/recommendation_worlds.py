"""Small shops at random: few products and customers, so that baskets meet, scores tie and lists run out."""

from __future__ import annotations

import json
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.dbt.customers.chain import Input
from tests.dbt.customers.recommendation_oracle import REGRET_DAYS

TODAY = date(2026, 3, 20)
JOURNEY = "second_purchase"

INPUTS = (
    Input(
        "intermediate.int_decisions__candidates",
        "customer_id VARCHAR, journey VARCHAR, anchor VARCHAR, step VARCHAR, anchor_at TIMESTAMPTZ, "
        "reference_order_id VARCHAR, reference_product_id VARCHAR, reference_cart_id VARCHAR",
    ),
    Input(
        "staging.stg_templates__journey_steps",
        "journey VARCHAR, step VARCHAR, recommendation_slots VARCHAR[], max_recommendations INTEGER",
    ),
    Input(
        "staging.stg_templates__policy_settings",
        "gifts_steer BOOLEAN, price_regret_days INTEGER, accessory_lookback_days INTEGER",
    ),
    Input(
        "marts.fct_order_lines",
        "order_id VARCHAR, line_number INTEGER, customer_id VARCHAR, product_id VARCHAR, ordered_at TIMESTAMPTZ, "
        "net_amount_minor BIGINT, unit_price_minor BIGINT, returned_quantity DOUBLE, is_valid BOOLEAN, "
        "is_gift BOOLEAN",
    ),
    Input(
        "marts.dim_products",
        "product_id VARCHAR, product_group VARCHAR, category VARCHAR, item_group_id VARCHAR, "
        "current_price_minor BIGINT, is_known BOOLEAN, is_in_stock BOOLEAN, is_for_sale BOOLEAN",
    ),
    Input("marts.fct_carts", "cart_id VARCHAR, lines VARCHAR"),
    Input("intermediate.int_customers__golden_records", "customer_id VARCHAR, customer_type VARCHAR"),
    Input(
        "intermediate.int_recommendations__proposed_accessories",
        "customer_id VARCHAR, journey VARCHAR, anchor VARCHAR, product_id VARCHAR, score DOUBLE, method VARCHAR, "
        "method_order BIGINT",
    ),
    Input(
        "staging.stg_catalogue__relations",
        "kind VARCHAR, from_group VARCHAR, from_product_id VARCHAR, to_group VARCHAR, to_product_id VARCHAR, "
        "rank INTEGER",
    ),
    Input(
        "intermediate.int_behaviour__replenishment",
        "customer_id VARCHAR, product_id VARCHAR, due_at TIMESTAMPTZ, repeat_probability DOUBLE",
    ),
)


def draw(seed: int) -> dict[str, Any]:
    """Products, customers, carts and order lines of one shop, and who waits for a list."""
    rng = random.Random(seed)
    products = [
        {
            "product_id": f"p{n:02}",
            "product_group": "g",
            "category": rng.choice(("tea", "coffee", None)),
            "item_group_id": rng.choice((None, None, None, f"i{n % 3}")),
            # Never dearer when it was bought, so that price regret (tested on its own) takes nothing out here.
            "current_price_minor": 100_000,
            "is_known": rng.random() < 0.95,
            "is_in_stock": rng.random() < 0.85,
            "is_for_sale": rng.random() < 0.95,
        }
        for n in range(rng.choice((4, 9, 14)))
    ]
    names = [row["product_id"] for row in products]
    customers = [{"customer_id": f"c{n}", "customer_type": "b2b" if rng.random() < 0.1 else "b2c"} for n in range(12)]
    lines: list[dict[str, Any]] = []
    for number in range(rng.choice((0, 5, 40))):
        buyer = rng.choice(customers)["customer_id"]
        ordered_at = datetime(2026, 3, 19, rng.choice((9, 12)), tzinfo=UTC) - timedelta(
            days=rng.choice((0, 1, 2, 89, 90, 91, 180, 181, 300))
        )
        is_gift = rng.random() < 0.1
        # Some products go together; now and then somebody fills a whole trolley, or scans one thing twice.
        chosen = rng.sample(names, min(len(names), rng.choice((1, 2, 2, 3, 4, 9))))
        chosen += rng.choices(chosen, k=rng.choice((0, 0, 1)))
        lines += [
            {
                "order_id": f"o{number:02}",
                "line_number": place,
                "customer_id": buyer,
                "product_id": product,
                "ordered_at": ordered_at,
                "net_amount_minor": rng.choice((100, 200, 200, 900)),
                "unit_price_minor": 100,
                "returned_quantity": 0.0 if (kept := rng.random() < 0.9) else rng.choice((0.0, 1.0)),
                "is_valid": kept,
                "is_gift": is_gift,
            }
            for place, product in enumerate(chosen)
        ]
    carts = [{"cart_id": f"k{n}", "product_ids": rng.sample(names, 2)} for n in range(2)]
    orders = sorted({(line["order_id"], line["customer_id"]) for line in lines})
    slots = [
        {
            "customer_id": who["customer_id"],
            "max_recommendations": rng.choice((1, 4, 20)),
            "reference_order_id": rng.choice([None, *(order for order, of in orders if of == who["customer_id"])]),
            "reference_cart_id": rng.choice((None, None, "k0", "k1")),
        }
        for who in customers
    ]
    return {"products": products, "customers": customers, "lines": lines, "carts": carts, "slots": slots}


def tables(world: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The world as the models' inputs. Each customer waits at an anchor and step of their own."""
    return {
        "intermediate.int_decisions__candidates": [
            {
                "customer_id": slot["customer_id"],
                "journey": JOURNEY,
                "anchor": "a",
                "step": f"first {slot['max_recommendations']}",
                "anchor_at": datetime(2026, 3, 19, tzinfo=UTC),
                "reference_order_id": slot["reference_order_id"],
                "reference_cart_id": slot["reference_cart_id"],
            }
            for slot in world["slots"]
        ],
        "staging.stg_templates__journey_steps": [
            {
                "journey": JOURNEY,
                "step": f"first {n}",
                "recommendation_slots": ["also_bought"],
                "max_recommendations": n,
            }
            for n in (1, 4, 20)
        ],
        "staging.stg_templates__policy_settings": [
            {"gifts_steer": False, "price_regret_days": REGRET_DAYS, "accessory_lookback_days": 365}
        ],
        "marts.fct_order_lines": world["lines"],
        "marts.dim_products": world["products"],
        "marts.fct_carts": [
            {
                "cart_id": cart["cart_id"],
                "lines": json.dumps([{"product_id": product, "quantity": 1} for product in cart["product_ids"]]),
            }
            for cart in world["carts"]
        ],
        "intermediate.int_customers__golden_records": world["customers"],
    }
