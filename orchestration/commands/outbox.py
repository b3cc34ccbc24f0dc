"""`fredning outbox`: what a person asks and tells the outbox ledger. Shows ids and numbers, never an address."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

import click

from orchestration.commands.outbox_work import dead_letters, forget_key, rebuild, work
from orchestration.commands.shared import (
    DAY,
    counted,
    local,
    opened_ledger,
    print_table,
    settings_or_exit,
    today,
)

_BY = click.option("--by", required=True, metavar="NAME", help="Who decides this; it is kept in the ledger.")
_DATE = click.option("--date", "run_date", type=DAY, default=None, help="Only messages decided for this day.")
_HASH_DIGITS = 12


@click.group(no_args_is_help=True)
def outbox() -> None:
    """What was handed off and what waits; approve, stop, settle."""


@outbox.command(epilog="Example:  fredning outbox status --date 2026-11-20")
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
        stop = _stop(ledger)
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


def _stop(ledger: Any) -> tuple[datetime, str] | None:
    """Since when and by whom everything is stopped."""
    import sqlalchemy as sa

    from assets.messaging.ledger import meta

    with ledger.transaction() as tx:
        row = tx.execute(sa.select(meta.c.stopped_at, meta.c.stopped_by)).one()
    return (row.stopped_at, row.stopped_by) if row.stopped_at is not None else None


@outbox.command(epilog="Example:  fredning outbox batches --date 2026-11-20 --waiting")
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


@outbox.command(epilog="Example:  fredning outbox show dd49a6e3f07c141a6d1e01bf468ea9dc")
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


@outbox.command(epilog="Example:  fredning outbox approve da5b3cdbdcf7 --by kari")
@click.argument("sha256", metavar="HASH")
@_BY
def approve(sha256: str, by: str) -> None:
    """Approve a waiting batch by its hash.

    Its first 8 digits are enough. The approval is for exactly these messages: should their content change, it does
    not hold any more.
    """
    from assets.messaging import approvals
    from assets.messaging.ledger_lookups import require_batch

    settings = settings_or_exit()
    with opened_ledger(settings) as ledger:
        batch_id = approvals.approve(ledger, sha256, by, datetime.now(UTC))
        day = require_batch(ledger, batch_id)["run_date"]
    click.echo(f"Approved by {by}: {batch_id}. The next run of its day sends it: `fredning run --date {day}`.")


@outbox.command("stop-batch", epilog="Example:  fredning outbox stop-batch da5b3cdbdcf7 --by kari")
@click.argument("sha256", metavar="HASH")
@_BY
def stop_batch(sha256: str, by: str) -> None:
    """Keep a waiting batch back until somebody approves it."""
    from assets.messaging import approvals

    with opened_ledger(settings_or_exit()) as ledger:
        batch_id = approvals.stop_batch(ledger, sha256, by)
    click.echo(f"Stopped by {by}: {batch_id}. Only `fredning outbox approve` lets it go.")


@outbox.command(epilog="Example:  fredning outbox stop --by kari")
@_BY
def stop(by: str) -> None:
    """Stop everything at once.

    Nothing starts sending, in any process on this ledger, until `resume`. What has been handed off cannot be called
    back.
    """
    from assets.messaging import approvals

    with opened_ledger(settings_or_exit(), may_begin=True) as ledger:
        approvals.stop_everything(ledger, by, datetime.now(UTC))
    click.echo(f"Everything is stopped, by {by}. `fredning outbox resume` lets it go on.")


@outbox.command(epilog="Example:  fredning outbox resume")
def resume() -> None:
    """Take the stop back.

    What was held meanwhile leaves with the next run of its day.
    """
    from assets.messaging import approvals

    settings = settings_or_exit()
    with opened_ledger(settings) as ledger:
        before = _stop(ledger)
        approvals.resume(ledger)
    click.echo(f"The stop by {before[1]} is taken back." if before else "Nothing was stopped.")
    if settings.kill_switch:
        click.echo("Still stopped by FREDNING_KILL_SWITCH=on: take it out of the environment.")


@outbox.command(epilog="Example:  fredning outbox reconcile --senders-are-gone")
@click.option("--senders-are-gone", is_flag=True, help="Your word that no hand-off is running on any host.")
@click.option("--date", "run_date", type=DAY, default=None, help="The day to stand on; default: today, local.")
def reconcile(senders_are_gone: bool, run_date: date | None) -> None:
    """Find out what became of messages in doubt.

    After a crash the files in the outbox tell what was handed off. Every run does this by itself; here it can be
    done at once.
    """
    from assets.messaging import daily_steps

    settings = settings_or_exit()
    with opened_ledger(settings) as ledger:
        found = daily_steps.look_around(
            settings, ledger, run_date or today(settings), senders_are_gone=senders_are_gone
        )
    for n, meaning in (
        (found.released, "freed from a worker that died before it began"),
        (found.accepted, "had been handed off"),
        (found.deferred, "had not left and may be sent again"),
        (found.unknown, "still in doubt"),
        (found.quarantined, "need a person: `fredning outbox resolve`"),
    ):
        if n:
            click.echo(f"{counted(n, 'message')}: {meaning}")
    for note in found.notes:
        click.echo(f"- {note}")
    if not found.notes and not (found.released or found.accepted or found.deferred or found.unknown):
        click.echo("Nothing was in doubt.")


@outbox.command(
    epilog="Example:  fredning outbox resolve 2026-11-20.email.welcome.hello.nb.da5b3cdbdcf7 --sent --by kari"
)
@click.argument("batch_id")
@click.option("--sent/--not-sent", "was_sent", required=True, help="What the provider's side shows.")
@_BY
def resolve(batch_id: str, was_sent: bool, by: str) -> None:
    """Settle messages that only a person can judge.

    Those of one batch, in the state QUARANTINED. --sent counts them as handed off, --not-sent gives them up for
    good. Neither sends anything.
    """
    from assets.messaging import ledger_views
    from assets.messaging.ledger_lookups import find_batch

    with opened_ledger(settings_or_exit()) as ledger:
        if find_batch(ledger, batch_id) is None:
            raise click.ClickException(f"There is no batch {batch_id}: `fredning outbox batches` lists them.")
        n = ledger_views.resolve(ledger, batch_id, was_sent=was_sent, by=by, now=datetime.now(UTC))
    verdict = "as handed off" if was_sent else "as not sent"
    click.echo(
        f"{counted(n, 'message')} settled {verdict}, by {by}." if n else f"Nothing in {batch_id} needs a verdict."
    )


outbox.add_command(work)
outbox.add_command(dead_letters)
outbox.add_command(rebuild)
outbox.add_command(forget_key)
