"""What the days decided about messages, and what came of them: reasons, the funnel, exclusions, opens and clicks."""

from __future__ import annotations

import random
from datetime import date

from tests.unit.reports.figures.customers import PEOPLE

REASONS = [
    (2, "NO_ADDRESS", "suppress", "No usable address is known for the channel.", 0.11),
    (4, "NO_PERMISSION", "suppress", "There was no legal basis for this channel and purpose.", 0.27),
    (6, "ALREADY_SENT", "suppress", "This step was handed off for the same reason before.", 0.01),
    (8, "GOAL_REACHED", "suppress", "What the journey wants has happened.", 0.06),
    (10, "OPEN_SERVICE_CASE", "hold", "The customer has an open complaint or service case.", 0.01),
    (13, "HOLDOUT", "suppress", "The customer is in a control group.", 0.05),
    (15, "QUARANTINED", "hold", "The customer is left in peace.", 0.16),
    (16, "RESERVED", "hold", "The slot is kept for a more important message.", 0.02),
    (17, "OUTRANKED", "hold", "Another message to the same customer went first.", 0.07),
    (19, "OUTSIDE_WINDOW", "hold", "No permitted sending hour was left on the day.", 0.005),
]
JOURNEYS = [
    ("welcome", "Welcome to the club", "lifecycle", 10, 0.1),
    ("cart_abandoned", "Abandoned cart", "lifecycle", 20, 0.12),
    ("post_purchase_coffee", "Coffee, after the purchase", "post_purchase", 30, 0.3),
    ("post_purchase_dog", "Dog food, after the purchase", "post_purchase", 31, 0.15),
    ("newsletter_weekly", "Weekly newsletter", "newsletter", 90, 0.33),
]


def decisions_and_funnel(draw: random.Random, days: list[date]) -> tuple[list[tuple], list[tuple]]:
    decisions, funnel = [], []
    for day in days:
        for journey, _, _, _, weight in JOURNEYS:
            if journey == "newsletter_weekly" and day.isoweekday() != 4:
                continue
            n = round(1_400 * weight * draw.uniform(0.7, 1.3) * (2 if journey == "newsletter_weekly" else 1))
            counts = {reason: round(n * share) for _, reason, _, _, share in REASONS}
            sent = n - sum(counts.values())
            of = {kind: sum(counts[r] for _, r, d, _, _ in REASONS if d == kind) for kind in ("hold", "suppress")}
            decisions.append((day, journey, "email", "send", None, sent))
            decisions += [(day, journey, "email", d, r, counts[r]) for _, r, d, _, _ in REASONS if counts[r]]
            opened, clicked = round(sent * 0.47), round(sent * 0.12)
            funnel.append(
                (
                    day,
                    journey,
                    "first",
                    "email",
                    n,
                    of["suppress"],
                    of["hold"],
                    sent,
                    sent,
                    sent - 2,
                    opened,
                    clicked,
                    1,
                    0,
                    clicked // 5,
                    clicked // 5 * 31_000,
                )
            )
    return decisions, funnel


def flow_and_newsletter() -> list[tuple]:
    return [_kind("flow", 4_812, 2_310, 611, 118, 4_130_000), _kind("newsletter", 3_905, 1_402, 118, 12, 214_000)]


def exclusions(draw: random.Random, days: list[date]) -> list[tuple]:
    """More of them as the days go by."""
    return [
        (day, PEOPLE[i][0], None, "post_purchase_48_hours" if i % 5 else "marketing_7_days", None)
        for k, day in enumerate(days)
        for i in range(120 + 17 * k + draw.randint(0, 60))
    ]


def opens_and_clicks() -> list[tuple]:
    return [(str(i), "opened" if i % 4 else "clicked", i % 6 == 0) for i in range(600)]


def _kind(kind: str, delivered: int, opened: int, clicked: int, orders: int, revenue: int) -> tuple:
    return (
        kind,
        delivered,
        opened,
        clicked,
        orders,
        revenue,
        opened / delivered,
        clicked / delivered,
        clicked / opened,
        revenue / delivered,
        revenue / orders,
    )
