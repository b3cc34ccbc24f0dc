"""A small analysts' copy with the marts that the report reads: seeded figures of a believable size, nothing real."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import duckdb

TODAY = date(2026, 11, 22)
DAYS = [TODAY - timedelta(days=i) for i in range(13, -1, -1)]
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
PERSONAS = [
    ("Champions", "active", 312),
    ("Loyal", "active", 498),
    ("New", "active", 121),
    ("At risk", "lapsed", 356),
    ("Need nurturing", "lapsed", 402),
    ("Inactive", "inactive", 780),
]

SCHEMA = """
create schema marts; create schema seeds;
create table seeds.decision_reasons (position integer, reason varchar, decision varchar, sentence varchar);
create table marts.rpt_tiles (period varchar, starts_on date, ends_on date, comparison_starts_on date,
    comparison_ends_on date, persona varchar, tile varchar, value double, comparison_value double);
create table marts.rpt_decisions_by_day (run_date date, journey varchar, channel varchar, decision varchar,
    reason varchar, n bigint);
create table marts.dim_journeys (journey varchar, name varchar, class varchar, priority integer);
create table marts.rpt_journey_funnel (run_date date, journey varchar, step varchar, channel varchar,
    n_candidates bigint, n_suppressed bigint, n_held bigint, n_decided_to_send bigint, n_sent bigint,
    n_delivered bigint, n_opened bigint, n_clicked bigint, n_unsubscribed bigint, n_complained bigint,
    n_orders bigint, revenue_minor bigint);
create table marts.rpt_flow_vs_newsletter (message_kind varchar, n_delivered bigint, n_opened bigint,
    n_clicked bigint, n_orders bigint, revenue_minor bigint, open_rate double, click_rate double,
    click_to_open_rate double, revenue_per_recipient_minor double, average_receipt_minor double);
create table marts.fct_customer_rfm (snapshot_on date, customer_id varchar, persona varchar, stage varchar);
create table marts.dim_customers (customer_id varchar, persona varchar, is_erased boolean, n_orders bigint,
    net_revenue_minor bigint);
create table marts.rpt_persona_movement (period varchar, from_on date, to_on date, persona_from varchar,
    persona_to varchar, had_order_at_start boolean, split varchar, n_customers bigint, revenue_minor bigint);
create table marts.fct_newsletter_exclusions (run_date date, customer_id varchar, address varchar, rule varchar,
    until_at timestamptz);
create table marts.fct_engagement_events (event_id varchar, event varchar, is_machine boolean);
create table marts.rpt_experiment_arms (experiment varchar, arm varchar, journey varchar, planned_share double,
    is_control boolean, n_assigned bigint, first_assigned_on date, last_assigned_on date, as_of_on date,
    purchase_window_days integer);
create table marts.rpt_experiment_metrics (experiment varchar, arm varchar, segment varchar, metric varchar, n bigint,
    sum_y hugeint, sum_y2 hugeint, sum_x hugeint, sum_x2 hugeint, sum_xy hugeint);
"""

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


def empty(path: Path) -> Path:
    """The marts before the first day: every table, no row."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(SCHEMA)
    return path


def build(path: Path) -> Path:
    """The marts after fourteen days."""
    draw = random.Random(7)
    with duckdb.connect(str(path)) as connection:
        connection.execute(SCHEMA)

        def insert(table: str, rows: list[tuple]) -> None:
            # Many rows per statement: one by one, the build of this file would take longer than all tests.
            row = f"({', '.join('?' * len(rows[0]))})"
            for start in range(0, len(rows), 500):
                chunk = rows[start : start + 500]
                values = [value for values in chunk for value in values]
                connection.execute(f"insert into {table} values {', '.join([row] * len(chunk))}", values)

        insert("seeds.decision_reasons", [r[:4] for r in REASONS])
        insert("marts.dim_journeys", [j[:4] for j in JOURNEYS])
        insert("marts.rpt_tiles", _tiles(draw))
        decisions, funnel = _decisions(draw)
        insert("marts.rpt_decisions_by_day", decisions)
        insert("marts.rpt_journey_funnel", funnel)
        insert(
            "marts.rpt_flow_vs_newsletter",
            [_kind("flow", 4_812, 2_310, 611, 118, 4_130_000), _kind("newsletter", 3_905, 1_402, 118, 12, 214_000)],
        )
        people = [(f"c{i}{p}", p, s) for p, s, n in PERSONAS for i in range(n)]
        insert("marts.fct_customer_rfm", [(TODAY, *person) for person in people])
        insert(
            "marts.dim_customers",
            [(c, p, False, draw.randint(1, 40), draw.randint(20_000, 900_000)) for c, p, _ in people],
        )
        insert("marts.rpt_persona_movement", _movement(draw))
        insert(
            "marts.fct_newsletter_exclusions",
            [
                (day, people[i][0], None, "post_purchase_48_hours" if i % 5 else "marketing_7_days", None)
                for k, day in enumerate(DAYS)
                for i in range(120 + 17 * k + draw.randint(0, 60))
            ],
        )
        insert(
            "marts.fct_engagement_events", [(str(i), "opened" if i % 4 else "clicked", i % 6 == 0) for i in range(600)]
        )
        insert("marts.rpt_experiment_arms", _arms())
        insert("marts.rpt_experiment_metrics", _metrics())
    return path


def _tiles(draw: random.Random) -> list[tuple]:
    rows = []
    for period, days in (("last_7_days", 7), ("last_30_days", 30), ("last_90_days", 90), ("all_time", None)):
        for persona in ("all", *(p for p, _, _ in PERSONAS)):
            for tile, value in TILES.items():
                scale = (days or 365) / 30 if tile in ("revenue_minor", "n_orders") else 1
                scale *= 1 if persona == "all" or tile in ("items_per_order", "average_delay_days") else 0.2
                start = TODAY - timedelta(days=days) if days else None
                before = start - timedelta(days=days) if start else None
                compared = value * scale * draw.uniform(0.85, 1.1) if days else None
                rows.append(
                    (
                        period,
                        start,
                        TODAY - timedelta(days=1),
                        before,
                        start and start - timedelta(days=1),
                        persona,
                        tile,
                        value * scale,
                        compared,
                    )
                )
    return rows


def _decisions(draw: random.Random) -> tuple[list[tuple], list[tuple]]:
    decisions, funnel = [], []
    for day in DAYS:
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


def _movement(draw: random.Random) -> list[tuple]:
    first, rows = TODAY - timedelta(days=28), []
    names = [p for p, _, _ in PERSONAS]
    for i, (start, _, n) in enumerate(PERSONAS):
        for j, end in enumerate(names):
            moved = round(n * 0.74) if i == j else round(n * 0.26 * draw.uniform(0, 0.35) / max(1, abs(i - j)))
            if moved:
                drift = 0 if i == j else moved // 10
                for split, count in (("total", moved), ("own_behaviour", moved - drift), ("drift", drift)):
                    rows.append(("last_4_weeks", first, TODAY, start, end, True, split, count, count * 52_000))
    for split, count in (("total", 64), ("own_behaviour", 64), ("drift", 0)):
        rows.append(("last_4_weeks", first, TODAY, "New", "New", False, split, count, count * 21_000))
    return rows


def _arms() -> list[tuple]:
    def arms(experiment: str, journey: str, *of: tuple[str, float, int]) -> list[tuple]:
        return [
            (experiment, arm, journey, share, i == 0, n, DAYS[0], TODAY, TODAY, 7)
            for i, (arm, share, n) in enumerate(of)
        ]

    return [
        *arms(
            "coffee_product_block", "post_purchase_coffee", ("with_products", 0.5, 611), ("without_products", 0.5, 648)
        ),
        *arms("universal_holdout", "all", ("holdout", 0.05, 103), ("contacted", 0.95, 1_902)),
    ]


def _metrics() -> list[tuple]:
    rows = []
    for experiment, of in (
        ("coffee_product_block", (("with_products", 402, 14_200), ("without_products", 431, 15_900))),
        ("universal_holdout", (("holdout", 71, 12_100), ("contacted", 1_390, 14_050))),
    ):
        for arm, n, mean in of:
            for segment, share in (("all", 1.0), ("branch:with_accessory", 0.4), ("branch:without_accessory", 0.6)):
                m, deviation = round(n * share), 17_000
                total = m * round(mean * (1.1 if "with_acc" in segment else 1))
                prior = m * 120_000
                rows.append(
                    (
                        experiment,
                        arm,
                        segment,
                        "revenue",
                        m,
                        total,
                        round((m - 1) * deviation**2 + total**2 / m),
                        prior,
                        round((m - 1) * 80_000**2 + prior**2 / m),
                        round((m - 1) * 0.5 * 80_000 * deviation + total * prior / m),
                    )
                )
                for metric, rate in (("conversion", 0.33), ("open", 0.46), ("click", 0.11), ("unsubscribe", 0.004)):
                    if experiment == "universal_holdout" and metric != "conversion":
                        continue
                    k = round(m * rate)
                    rows.append((experiment, arm, segment, metric, m, k, k, None, None, None))
    return rows
