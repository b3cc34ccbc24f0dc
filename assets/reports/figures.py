"""Reads every figure of the report from one DuckDB file, read-only, and lets go of it before anything is drawn.

Only questions to the marts belong here; wording, formatting and drawing do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import duckdb

from assets.experiments.read import read_results
from assets.experiments.summary import Result
from assets.queries import Row, records

DAYS_SHOWN = 28
PERIODS = (
    ("last_7_days", "Last 7 days"),
    ("month_to_date", "Month to date"),
    ("previous_month", "Previous month"),
    ("last_30_days", "Last 30 days"),
    ("last_90_days", "Last 90 days"),
    ("last_365_days", "Last 365 days"),
    ("all_time", "All time"),
)
MOVEMENT_PERIODS = ("last_4_weeks", "last_13_weeks", "last_week")


@dataclass(frozen=True)
class Figures:
    """What the page shows, as rows of the marts (see each query)."""

    today: date
    tiles: Sequence[Row]
    decisions: Sequence[Row]
    reasons: Sequence[Row]
    journeys: Sequence[Row]
    experiments: Sequence[Result]
    kinds: Sequence[Row]
    personas: Sequence[Row]
    persona_metrics: Sequence[Row]
    movement: Sequence[Row]
    peace_by_day: Sequence[Row]
    peace_by_rule: Sequence[Row]
    machine: Row
    n_people: int


_TILES = """
    select period, persona, tile, value, comparison_value, starts_on, ends_on, comparison_starts_on, comparison_ends_on
    from marts.rpt_tiles order by period, persona, tile
"""
_DECISIONS = """
    select run_date, decision, coalesce(reason, 'SENT') as reason, sum(n)::bigint as n
    from marts.rpt_decisions_by_day where run_date between ? and ? group by all order by all
"""
_REASONS = "select position, reason, decision, sentence from seeds.decision_reasons order by position"
_JOURNEYS = """
    select
        funnel.journey,
        coalesce(any_value(journeys.name), funnel.journey) as name,
        coalesce(any_value(journeys.priority), 999) as priority,
        any_value(journeys.class) as class,
        sum(n_candidates)::bigint as n_candidates, sum(n_suppressed)::bigint as n_suppressed,
        sum(n_held)::bigint as n_held, sum(n_decided_to_send)::bigint as n_decided_to_send,
        sum(n_sent)::bigint as n_sent, sum(n_delivered)::bigint as n_delivered,
        sum(n_opened)::bigint as n_opened, sum(n_clicked)::bigint as n_clicked,
        sum(n_unsubscribed)::bigint as n_unsubscribed, sum(n_complained)::bigint as n_complained,
        sum(n_orders)::bigint as n_orders, sum(revenue_minor)::bigint as revenue_minor
    from marts.rpt_journey_funnel as funnel
    left join marts.dim_journeys as journeys on funnel.journey = journeys.journey
    where funnel.run_date between ? and ?
    group by funnel.journey order by priority, funnel.journey
"""
_KINDS = "select * from marts.rpt_flow_vs_newsletter order by message_kind"
_PERSONAS = """
    select persona, any_value(stage) as stage, count(*) as n
    from marts.fct_customer_rfm
    where snapshot_on = (select max(snapshot_on) from marts.fct_customer_rfm where snapshot_on <= ?)
    group by persona order by n desc
"""
_PERSONA_METRICS = """
    select
        persona, count(*) as n_customers, sum(net_revenue_minor)::bigint as revenue_minor,
        sum(net_revenue_minor) / nullif(sum(sum(net_revenue_minor)) over (), 0) as revenue_share,
        sum(net_revenue_minor) / count(*) as customer_value_minor, sum(n_orders) / count(*) as orders_per_customer,
        sum(net_revenue_minor) / nullif(sum(n_orders), 0) as order_value_minor
    from marts.dim_customers where persona is not null group by persona
"""
_MOVEMENT = """
    select
        period, from_on, to_on, persona_from, persona_to, had_order_at_start, split,
        n_customers, revenue_minor
    from marts.rpt_persona_movement order by all
"""
_PEACE_BY_DAY = """
    select run_date, count(distinct customer_id) as n from marts.fct_newsletter_exclusions
    where run_date between ? and ? group by run_date order by run_date
"""
_PEACE_BY_RULE = """
    select rule, count(distinct customer_id) as n, max(until_at) as until_at
    from marts.fct_newsletter_exclusions where run_date = ? group by rule order by n desc, rule
"""
_MACHINE = """
    select
        count(*) filter (where event = 'opened' and not is_machine) as n_opens,
        count(*) filter (where event = 'opened' and is_machine) as n_machine_opens,
        count(*) filter (where event = 'clicked' and not is_machine) as n_clicks,
        count(*) filter (where event = 'clicked' and is_machine) as n_machine_clicks
    from marts.fct_engagement_events
"""
_PEOPLE = "select count(*) as n from marts.dim_customers where not coalesce(is_erased, false)"


def read_figures(database: Path, today: date) -> Figures:
    """Everything the page shows of `today` and the four weeks up to it."""
    first = today - timedelta(days=DAYS_SHOWN - 1)
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        rows = partial(records, connection)
        figures = {
            "tiles": rows(_TILES),
            "decisions": rows(_DECISIONS, [first, today]),
            "reasons": rows(_REASONS),
            "journeys": rows(_JOURNEYS, [first, today]),
            "kinds": rows(_KINDS),
            "personas": rows(_PERSONAS, [today]),
            "persona_metrics": rows(_PERSONA_METRICS),
            "movement": _chosen_movement(rows(_MOVEMENT)),
            "peace_by_day": rows(_PEACE_BY_DAY, [first, today]),
            "peace_by_rule": rows(_PEACE_BY_RULE, [today]),
        }
        machine, n_people = rows(_MACHINE)[0], rows(_PEOPLE)[0]["n"]
    return Figures(today=today, experiments=read_results(database), machine=machine, n_people=n_people, **figures)


def _chosen_movement(rows: Sequence[Row]) -> list[Row]:
    """The longest-standing report period that has data: four weeks if there are any."""
    for period in MOVEMENT_PERIODS:
        if chosen := [row for row in rows if row["period"] == period]:
            return chosen
    return []
