"""Commands that read the decision ledger: its rows, and the closed list of its reasons."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from orchestration.commands.shared import (
    DAY,
    FIRST_A_RUN,
    counted,
    local,
    names,
    print_table,
    read_only,
    settings_or_exit,
)
from orchestration.settings import Settings

if TYPE_CHECKING:
    import duckdb

_ROWS = """
    select customer_id, message_id, journey, step, channel, decision, reason, failed_gates, send_at, evidence,
        count(*) over () as n_all
    from marts.fct_contact_decisions
    where run_date = $run_date
        and ($customer is null or customer_id = $customer)
        and ($journey is null or journey = $journey)
        and ($decision is null or decision = $decision)
        and ($reason is null or reason = $reason)
    order by customer_id, priority, journey, due_at, step, channel, message_id
    limit $limit
"""


@click.command(epilog="Example:  fredning reasons")
def reasons() -> None:
    """List the reasons that a decision can have.

    The first gate that fails gives the reason; `failed_gates` names all of them.
    """
    settings = settings_or_exit()
    rows = [(int(r["position"]), r["reason"], r["decision"], r["sentence"]) for r in _reasons(settings)]
    print_table(("", "reason", "decision", "sentence"), rows)


def _reasons(settings: Settings) -> list[dict[str, str]]:
    path = settings.dbt_dir / "seeds" / "decision_reasons.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@click.command(epilog="Example:  fredning ledger --date 2026-11-20 --customer c0123456789abcde")
@click.option("--date", "run_date", type=DAY, default=None, help="The run_date; default: the newest that was decided.")
@click.option("--customer", default=None, help="Only this customer_id.")
@click.option("--journey", default=None, help="Only this journey.")
@click.option("--decision", type=click.Choice(["send", "hold", "suppress"]), default=None, help="Only this decision.")
@click.option("--reason", default=None, help="Only this reason; `fredning reasons` lists them.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most so many rows.")
def ledger(
    run_date: date | None,
    customer: str | None,
    journey: str | None,
    decision: str | None,
    reason: str | None,
    limit: int,
) -> None:
    """Show the decisions of a day, and why.

    One row for each message that could have been sent, by e-mail or SMS. With --customer the message's id is
    shown, too, for `fredning outbox show`. Reads the analysts' copy if it holds the day, else the warehouse.
    """
    from assets.queries import records

    settings = settings_or_exit()
    known = {r["reason"]: r["sentence"] for r in _reasons(settings)}
    if reason is not None and reason not in known:
        raise click.ClickException(f"There is no reason {reason}. There are: {names(known)}.")
    filters = {"customer": customer, "journey": journey, "decision": decision, "reason": reason}
    with decided_day(settings, run_date) as (connection, day, _):
        rows = records(connection, _ROWS, {"run_date": day, "limit": limit, **filters})
        journeys = connection.execute(
            "select distinct journey from marts.fct_contact_decisions where run_date = ? order by 1", [day]
        ).fetchall()
    if journey is not None and (journey,) not in journeys:
        raise click.ClickException(
            f"{journey} had no candidates on {day}. Journeys that had: {names(name for (name,) in journeys)}."
        )
    if not rows:
        click.echo(f"Nothing that matches could have been sent on {day}.")
        return
    _print_rows(rows, day, settings, customer)
    used = dict.fromkeys(row["reason"] for row in rows if row["reason"])
    for name in used:
        click.echo(f"{name}: {known.get(name, '')}")
    n_all = rows[0]["n_all"]
    if n_all > len(rows):
        click.echo(f"{counted(n_all, 'row')} match, the first {len(rows)} are shown: narrow them down, or use --limit.")


def _print_rows(rows: list[dict[str, Any]], day: date, settings: Settings, customer: str | None) -> None:
    key = "customer_id" if customer is None else "message_id"
    shown = [
        (
            row[key],
            f"{row['journey']} / {row['step']}",
            row["channel"],
            row["decision"],
            row["reason"],
            names(row["failed_gates"]),
            local(row["send_at"], settings),
            evidence_text(row["evidence"]),
        )
        for row in rows
    ]
    headings = ("journey / step", "channel", "decision", "reason", "failed gates", "send at", "evidence")
    about = f" about {customer}" if customer else ""
    title = f"Decisions of {day}{about} (times in {settings.timezone})"
    print_table((key.removesuffix("_id"), *headings), shown, title=title)


def evidence_text(evidence: str) -> str:
    """The ledger's JSON as `order webshop:17, permission consent:E5`: ids only, as they stand there."""

    def flat(value: Any, name: str) -> Iterator[str]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from flat(inner, key)
        elif value is not None:
            shown = names(value) if isinstance(value, list) else value
            yield f"{name.replace('_', ' ')} {shown}"

    return ", ".join(flat(json.loads(evidence), ""))


@contextmanager
def decided_day(settings: Settings, run_date: date | None) -> Iterator[tuple[duckdb.DuckDBPyConnection, date, date]]:
    """The file to read that day from, the day itself, and the newest day in the file.

    A published copy is never locked, so it comes first.
    """
    if settings.published_path.is_file():
        with read_only(settings.published_path, "analysts' copy") as connection:
            # Not through assets.publishing: that would load Dagster for one date.
            published = connection.execute("select run_date from main.published").fetchone()
            is_there = published is not None and (run_date is None or run_date <= published[0])
            if is_there or not settings.warehouse_path.is_file():
                yield connection, *_day(connection, run_date)
                return
    with read_only(settings.warehouse_path, "warehouse") as connection:
        yield connection, *_day(connection, run_date)


def _day(connection: duckdb.DuckDBPyConnection, run_date: date | None) -> tuple[date, date]:
    """The day asked for (or the newest), and the newest; a day without decisions is refused."""
    days: list[date] = [
        row[0]
        for row in connection.execute("select distinct run_date from marts.fct_contact_decisions order by 1").fetchall()
    ]
    if not days:
        raise click.ClickException(f"Nothing has been decided yet: {FIRST_A_RUN}.")
    if run_date is None:
        return days[-1], days[-1]
    if run_date not in days:
        raise click.ClickException(
            f"Nothing was decided for {run_date}. There are decisions from {days[0]} to {days[-1]}; "
            f"`fredning run --date {run_date}` decides that day."
        )
    return run_date, days[-1]
