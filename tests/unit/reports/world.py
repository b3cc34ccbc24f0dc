"""A small analysts' copy with the marts that the report reads: seeded figures of a believable size, nothing real.

Belongs here: which day the copy is of, and what goes into which table. Not here: the figures (`figures`) and the
tables' columns (`tables`).
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import duckdb

from tests.unit.reports.figures import customers, experiments, messages
from tests.unit.reports.tables import SCHEMA

TODAY = date(2026, 11, 22)
DAYS = [TODAY - timedelta(days=i) for i in range(13, -1, -1)]


def empty(path: Path) -> Path:
    """The marts before the first day: every table, no row."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(SCHEMA)
    return path


def build(path: Path) -> Path:
    """The marts after fourteen days."""
    draw = random.Random(7)  # one for all: in another order the same figures would come out differently
    with duckdb.connect(str(path)) as connection:
        connection.execute(SCHEMA)

        def insert(table: str, rows: list[tuple]) -> None:
            # Many rows per statement: one by one, the build of this file would take longer than all tests.
            row = f"({', '.join('?' * len(rows[0]))})"
            for start in range(0, len(rows), 500):
                chunk = rows[start : start + 500]
                values = [value for values in chunk for value in values]
                connection.execute(f"insert into {table} values {', '.join([row] * len(chunk))}", values)

        insert("seeds.decision_reasons", [r[:4] for r in messages.REASONS])
        insert("marts.dim_journeys", [j[:4] for j in messages.JOURNEYS])
        insert("marts.rpt_tiles", customers.tiles(draw, TODAY))
        decisions, funnel = messages.decisions_and_funnel(draw, DAYS)
        insert("marts.rpt_decisions_by_day", decisions)
        insert("marts.rpt_journey_funnel", funnel)
        insert("marts.rpt_flow_vs_newsletter", messages.flow_and_newsletter())
        insert("marts.fct_customer_rfm", [(TODAY, *person) for person in customers.PEOPLE])
        insert("marts.dim_customers", customers.customers(draw))
        insert("marts.rpt_persona_movement", customers.movement(draw, TODAY))
        insert("marts.fct_newsletter_exclusions", messages.exclusions(draw, DAYS))
        insert("marts.fct_engagement_events", messages.opens_and_clicks())
        insert("marts.rpt_experiment_arms", experiments.arms(DAYS))
        insert("marts.rpt_experiment_metrics", experiments.metrics())
    return path
