"""`fredning outbox status`, `batches`, `show`: what the outbox ledger knows, by ids and numbers, never an address."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Any

import click

from orchestration.commands.shared import DAY, counted, local, opened_ledger, print_table, settings_or_exit

_DATE = click.option("--date", "run_date", type=DAY, default=None, help="Only messages decided for this day.")
_HASH_DIGITS = 12


@click.command(epilog="Example:  fredning outbox status --date 2026-11-20")
@_DATE
def status(run_date: date | None) -> None:
    """Count messages by state.

    With --date also by journey and channel.
    """
    from assets.messaging import released
    from assets.messaging.channels.configured import one_by_one
    from assets.messaging.ledger_views import count_by_state

    settings = settings_or_exit()
    with opened_ledger(settings) as ledger:
        counts = count_by_state(ledger, run_date)
        stop = stop_of(ledger)
        waiting = released.waiting(ledger, one_by_one(settings))
    by_all = ("run_date", "journey", "channel", "state", "reason")
    keys = by_all if run_date else ("run_date", "state", "reason")
    sums: Counter[tuple[Any, ...]] = Counter()
    for row in counts:
        sums[tuple(row[key] or "" for key in keys)] += row["n"]
    if sums:
        print_table(
            (*(key.replace("_", " ") for key in keys), "messages"), sorted((*key, n) for key, n in sums.items())
        )
    else:
        click.echo(f"No message was planned for {run_date}." if run_date else "No message has been planned yet.")
    if stop:
        click.echo(f"Everything is stopped since {local(stop[0], settings)} by {stop[1]}: `fredning outbox resume`.")
    if settings.kill_switch:
        click.echo("Everything is stopped by FREDNING_KILL_SWITCH=on.")
    if waiting.next_due_at:
        click.echo(
            f"{counted(waiting.n, 'message')} released, the next one due at {local(waiting.next_due_at, settings)}: "
            "`fredning outbox work`, or the sensor released_messages_due, sends them."
        )
    states = Counter[str]()
    for row in counts:
        states[row["state"]] += row["n"]
    if states["HELD"]:
        click.echo(f"{counted(states['HELD'], 'message')} held back: `fredning outbox batches` says why.")
    if states["UNKNOWN"]:
        click.echo(f"{counted(states['UNKNOWN'], 'message')} in doubt: `fredning outbox reconcile` looks them up.")
    if states["QUARANTINED"]:
        click.echo(
            f"{counted(states['QUARANTINED'], 'message')} need a person: look at the provider's side, then use "
            "`fredning outbox resolve`."
        )


def stop_of(ledger: Any) -> tuple[datetime, str] | None:
    """Since when and by whom everything is stopped."""
    import sqlalchemy as sa

    from assets.messaging.ledger import meta

    with ledger.transaction() as tx:
        row = tx.execute(sa.select(meta.c.stopped_at, meta.c.stopped_by)).one()
    return (row.stopped_at, row.stopped_by) if row.stopped_at is not None else None


@click.command(epilog="Example:  fredning outbox batches --date 2026-11-20 --waiting")
@_DATE
@click.option("--waiting", is_flag=True, help="Only batches that have not left.")
def batches(run_date: date | None, waiting: bool) -> None:
    """List batches with the hash to approve them by."""
    from assets.messaging.approvals import WAITING
    from assets.messaging.ledger_views import list_batches

    settings = settings_or_exit()
    with opened_ledger(settings) as ledger:
        found = list_batches(ledger, run_date, WAITING if waiting else ())
    if not found:
        click.echo("No batch waits." if waiting else "There is no batch.")
        return
    rows = [
        (
            row["batch_id"],
            row["n"],
            row["n_sent"],
            row["state"],
            row["reason"],
            row["approved_by"],
            local(row["sent_at"], settings),
            row["sha256"][:_HASH_DIGITS],
        )
        for row in found
    ]
    print_table(("batch", "messages", "sent", "state", "reason", "approved by", "sent at", "hash"), rows)
    if waiting:
        click.echo(
            "`fredning preview --to-seeds --waiting` sends samples of them to your own inboxes and phones; "
            "`fredning outbox approve HASH --by NAME` lets one go."
        )


@click.command(epilog="Example:  fredning outbox show dd49a6e3f07c141a6d1e01bf468ea9dc")
@click.argument("message_id")
def show(message_id: str) -> None:
    """Show every state that a message has been in."""
    from assets.messaging.ledger_views import life_of

    settings = settings_or_exit()
    with opened_ledger(settings) as ledger:
        life = life_of(ledger, message_id)
        about = _about(ledger, message_id)
    if not life or about is None:
        raise click.ClickException(
            f"The outbox ledger knows no message {message_id}: only what was decided to be sent gets there. "
            "`fredning ledger --customer ID` shows message ids with their decisions."
        )
    for name, value in about.items():
        shown = local(value, settings) if isinstance(value, datetime) else value
        if shown not in (None, ""):
            click.echo(f"{name.replace('_', ' '):>16}  {shown}")
    rows = [(f"{row['at'].astimezone(settings.zone):%Y-%m-%d %H:%M:%S}", row["state"], row["reason"]) for row in life]
    print_table((f"at ({settings.timezone})", "state", "reason"), rows)


def _about(ledger: Any, message_id: str) -> dict[str, Any] | None:
    import sqlalchemy as sa

    from assets.messaging.ledger import messages

    shown = ("run_date", "customer_id", "journey", "step", "channel", "variant", "send_at", "sent_at", "expires_at")
    columns = [messages.c[name] for name in (*shown, "permission_id", "batch_id", "error")]
    with ledger.transaction() as tx:
        row = tx.execute(sa.select(*columns).where(messages.c.message_id == message_id)).mappings().first()
    return dict(row) if row else None
