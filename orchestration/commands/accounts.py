"""Commands that draw up accounts over the ledger: what was crowded out, and what late data let through."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import click

from orchestration.commands.shared import (
    DAY,
    build_on_demand,
    print_table,
    read_only,
    require_warehouse,
    settings_or_exit,
)

_NEWEST = "select max(run_date) from marts.fct_contact_decisions"

_CROWD_OUT = """
    select journey, coalesce(to_journey, 'sent elsewhere') as by_whom, reason, coalesce(quarantine_rule, '') as rule,
        n_messages, n_delayed, n_lost, round(past_revenue_minor_lost / 100)::bigint as at_stake
    from marts.rpt_crowd_out
    order by past_revenue_minor_lost desc, n_lost desc, journey, by_whom, reason
    limit $limit
"""

_REGRETS = """
    select cause, journey, step, channel, count(*) as n, min(days_late) as soonest, max(days_late) as latest,
        min(run_date)::varchar as first, max(run_date)::varchar as last, min(message_id) as example
    from marts.fct_late_data_regrets
    group by cause, journey, step, channel
    order by n desc, cause, journey, step, channel
    limit $limit
"""

_LIMIT = click.option(
    "--limit", type=click.IntRange(min=1), default=30, show_default=True, help="At most so many rows."
)
_DATE = click.option(
    "--date", "run_date", type=DAY, default=None, help="With what was known on this day; default: the newest decided."
)


@click.command("crowd-out", epilog="Example:  fredning crowd-out --limit 10")
@_DATE
@_LIMIT
def crowd_out(run_date: date | None, limit: int) -> None:
    """Show what each journey lost to which other one.

    Arbitration, look-ahead and quarantine in one account. Delayed messages left on a later day, lost ones have not. At
    stake is what as many messages of the journey brought before, in whole units of the currency: what followed them,
    not what they caused. Builds marts.rpt_crowd_out.
    """
    columns = ("journey", "came after", "reason", "rule", "messages", "delayed", "lost", "at stake")
    _show("rpt_crowd_out", run_date, _CROWD_OUT, limit, columns, "No message has lost to another one.")


@click.command("late-data", epilog="Example:  fredning late-data --date 2026-11-20")
@_DATE
@_LIMIT
def late_data(run_date: date | None, limit: int) -> None:
    """Show messages that late data would have stopped.

    They should not have gone: the fact (a purchase, a cancelled order, a withdrawn consent, a service case) had
    happened when the message was decided, and was delivered days later. Builds marts.fct_late_data_regrets, with one
    row per message and cause.
    """
    columns = ("cause", "journey", "step", "channel", "messages", "days late", "to", "first", "last", "for example")
    _show("fct_late_data_regrets", run_date, _REGRETS, limit, columns, "Nothing that came late would have mattered.")


def _show(model: str, run_date: date | None, sql: str, limit: int, columns: Sequence[str], nothing: str) -> None:
    settings = settings_or_exit()
    require_warehouse(settings)
    if run_date is None:
        with read_only(settings.warehouse_path, "warehouse") as connection:
            found = connection.execute(_NEWEST).fetchone()
        run_date = found[0] if found else None
    if run_date is None:
        raise click.ClickException("Nothing has been decided yet: run `make demo`, or `fredning run`, first.")
    build_on_demand(settings, model, run_date)
    with read_only(settings.warehouse_path, "warehouse") as connection:
        rows = connection.execute(sql, {"limit": limit}).fetchall()
    if rows:
        print_table(columns, rows)
    else:
        click.echo(nothing)
