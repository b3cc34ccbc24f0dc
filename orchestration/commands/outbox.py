"""`fredning outbox`: what a person tells the outbox ledger: approve, stop, settle. Prints ids, never an address."""

from __future__ import annotations

from datetime import UTC, date, datetime

import click

from orchestration.commands.outbox_views import batches, show, status, stop_of
from orchestration.commands.outbox_work import dead_letters, forget_key, rebuild, work
from orchestration.commands.shared import (
    DAY,
    counted,
    opened_ledger,
    settings_or_exit,
    today,
)

_BY = click.option("--by", required=True, metavar="NAME", help="Who decides this; it is kept in the ledger.")


@click.group(no_args_is_help=True)
def outbox() -> None:
    """What was handed off and what waits; approve, stop, settle."""


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
        before = stop_of(ledger)
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


outbox.add_command(status)
outbox.add_command(batches)
outbox.add_command(show)
outbox.add_command(work)
outbox.add_command(dead_letters)
outbox.add_command(rebuild)
outbox.add_command(forget_key)
