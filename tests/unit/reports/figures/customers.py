"""Who the customers are: their personas, what they are worth in a period, and who moved from one persona to another."""

from __future__ import annotations

import random
from datetime import date, timedelta

PERSONAS = [
    ("Champions", "active", 312),
    ("Loyal", "active", 498),
    ("New", "active", 121),
    ("At risk", "lapsed", 356),
    ("Need nurturing", "lapsed", 402),
    ("Inactive", "inactive", 780),
]

TILES = {
    "revenue_minor": 384_512_300,
    "average_order_value_minor": 29_640,
    "customer_lifetime_value_minor": 186_140,
    "customer_value_in_period_minor": 91_000,
    "n_orders": 12_973,
    "items_per_order": 9.4,
    "average_delay_days": 5.8,
    "n_customers": 2_066,
    "n_single_purchase_customers": 188,
    "n_repeat_customers": 1_878,
}

# Identifier, persona and stage of each.
PEOPLE = [(f"c{i}{p}", p, s) for p, s, n in PERSONAS for i in range(n)]


def customers(draw: random.Random) -> list[tuple]:
    return [(c, p, False, draw.randint(1, 40), draw.randint(20_000, 900_000)) for c, p, _ in PEOPLE]


def tiles(draw: random.Random, today: date) -> list[tuple]:
    rows = []
    for period, days in (("last_7_days", 7), ("last_30_days", 30), ("last_90_days", 90), ("all_time", None)):
        for persona in ("all", *(p for p, _, _ in PERSONAS)):
            for tile, value in TILES.items():
                scale = (days or 365) / 30 if tile in ("revenue_minor", "n_orders") else 1
                scale *= 1 if persona == "all" or tile in ("items_per_order", "average_delay_days") else 0.2
                start = today - timedelta(days=days) if days else None
                before = start - timedelta(days=days) if start else None
                compared = value * scale * draw.uniform(0.85, 1.1) if days else None
                rows.append(
                    (
                        period,
                        start,
                        today - timedelta(days=1),
                        before,
                        start and start - timedelta(days=1),
                        persona,
                        tile,
                        value * scale,
                        compared,
                    )
                )
    return rows


def movement(draw: random.Random, today: date) -> list[tuple]:
    first, rows = today - timedelta(days=28), []
    names = [p for p, _, _ in PERSONAS]
    for i, (start, _, n) in enumerate(PERSONAS):
        for j, end in enumerate(names):
            moved = round(n * 0.74) if i == j else round(n * 0.26 * draw.uniform(0, 0.35) / max(1, abs(i - j)))
            if moved:
                drift = 0 if i == j else moved // 10
                for split, count in (("total", moved), ("own_behaviour", moved - drift), ("drift", drift)):
                    rows.append(("last_4_weeks", first, today, start, end, True, split, count, count * 52_000))
    for split, count in (("total", 64), ("own_behaviour", 64), ("drift", 0)):
        rows.append(("last_4_weeks", first, today, "New", "New", False, split, count, count * 21_000))
    return rows
