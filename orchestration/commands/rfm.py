"""The command that tells personas, and who moved, on any two days of the past."""

from __future__ import annotations

from datetime import date, timedelta

import click

from orchestration.commands.shared import (
    DAY,
    build_on_demand,
    print_table,
    read_only,
    require_warehouse,
    settings_or_exit,
    today,
)

_PERSONAS = """
    select coalesce(persona_to, 'No orders'), count(*), sum(n_orders), avg(net_revenue_minor) / 100.0
    from marts.rpt_persona_moves
    group by 1
    order by 4 desc nulls last, 1
"""
_MOVES = """
    select coalesce(persona_from, 'No order yet'), coalesce(persona_to, 'No orders'), cause, count(*),
        sum(revenue_between_minor) / 100.0
    from marts.rpt_persona_moves
    where cause <> 'stayed'
    group by 1, 2, 3
    order by 4 desc, 1, 2, 3
"""
_UNSCORED = "select count(*) from marts.rpt_persona_moves where persona_to is null and n_orders > 0"


@click.command(epilog="Example:  fredning rfm --date 2026-11-20 --from 2026-10-07")
@click.option("--date", "to_on", type=DAY, default=None, help="Any day up to today; default: today.")
@click.option("--from", "from_on", type=DAY, default=None, help="An earlier day; default: 28 days before.")
def rfm(to_on: date | None, from_on: date | None) -> None:
    """Show RFM personas on any past day, and who moved.

    Each day is told as it was known then. Moves are split by cause: own behaviour, or only new cut points (drift).
    Builds marts.rpt_persona_moves, one row per customer, for SQL; days more than a year back have no cut points.
    """
    settings = settings_or_exit()
    require_warehouse(settings)
    end = to_on or today(settings)
    start = from_on or end - timedelta(days=28)
    if start >= end:
        raise click.UsageError(f"--from {start} must lie before --date {end}")
    build_on_demand(settings, "rpt_persona_moves", end, {"rfm_from": start.isoformat(), "rfm_to": end.isoformat()})
    with read_only(settings.warehouse_path, "warehouse") as connection:
        personas = connection.execute(_PERSONAS).fetchall()
        moves = connection.execute(_MOVES).fetchall()
        unscored = connection.execute(_UNSCORED).fetchone()
    if unscored and unscored[0]:
        raise click.ClickException(f"There are no cut points for {end:%Y-%m}: choose a day of the past year.")
    money = f"mean spend {settings.currency}"
    print_table(
        ("persona", "customers", "orders", money),
        [(name, n, orders, f"{spend or 0:,.0f}") for name, n, orders, spend in personas],
        title=f"Personas on {end}",
    )
    print_table(
        ("from", "to", "cause", "customers", f"spent between {settings.currency}"),
        [(left, right, cause, n, f"{spent or 0:,.0f}") for left, right, cause, n, spent in moves],
        title=f"Moves from {start} to {end}",
    )
