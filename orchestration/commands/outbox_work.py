"""`fredning outbox work` and what belongs to it: sending one by one, and messages that a person should look at."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import click

from orchestration.commands.shared import DAY, counted, in_words, opened_ledger, print_table, settings_or_exit, today
from orchestration.settings import SettingsError

if TYPE_CHECKING:
    from assets.messaging.worker import WorkReport


@click.command(epilog="Example:  fredning outbox work --once")
@click.option("--once", is_flag=True, help="Send what is due now and end, instead of waiting for more.")
@click.option("--date", "run_date", type=DAY, default=None, help="With FREDNING_CLOCK=run_date: the day to stand on.")
def work(once: bool, run_date: date | None) -> None:
    """Send released messages one by one, each at its instant.

    Needed where FREDNING_EMAIL_VIA or FREDNING_SMS_VIA names a server: runs then release their approved batches to
    it. May be started several times, and stopped at any time.
    """
    from assets.messaging import daily_steps
    from assets.messaging.channels.configured import one_by_one

    settings = settings_or_exit()
    with in_words(SettingsError):
        is_needed = bool(one_by_one(settings))
    if not is_needed:
        raise click.ClickException(
            "Every channel hands off files, which needs no worker. FREDNING_EMAIL_VIA=smtp://… or "
            "FREDNING_SMS_VIA=kannel://… name servers; README, “Channels”, has the list."
        )
    if settings.clock == "run_date" and run_date is None:
        raise click.ClickException("FREDNING_CLOCK=run_date stands still on a day: name it with --date YYYY-MM-DD.")
    with opened_ledger(settings) as ledger:
        worker = daily_steps.worker(settings, ledger, run_date)
        if once:
            _say(worker.run_once())
            return
        try:
            worker.run_forever(_say)
        except KeyboardInterrupt:
            click.echo("Stopped. Messages in the air are settled at the next start.")


def _say(report: WorkReport) -> None:
    moved = ", ".join(f"{n:,} {state}" for state, n in sorted(report.moved.items()) if n)
    if moved:
        click.echo(f"Attempted: {moved}")
    found = report.reconciled
    for n, meaning in (
        (found.accepted, "of those in doubt had been sent"),
        (found.deferred, "of those in doubt had not left and may be sent again"),
        (found.unknown, "still in doubt: the provider's events will tell, or a person after a day"),
        (found.quarantined, "need a person: `fredning outbox resolve`"),
    ):
        if n:
            click.echo(f"{counted(n, 'message')} {meaning}")
    if report.is_stopped:
        click.echo("Everything is stopped: `fredning outbox resume`.")
    for remark in report.remarks:
        click.echo(f"- {remark}")


@click.command("dead-letters", epilog="Example:  fredning outbox dead-letters --date 2026-11-20")
@click.option("--date", "run_date", type=DAY, default=None, help="Only messages decided for this day.")
def dead_letters(run_date: date | None) -> None:
    """List messages that were not sent and why, by error.

    Refused for good, given up for the day after several attempts, put aside as poison, or waiting for a person.
    What is HELD is decided anew by the next run of a day; run the same day again to try it at once.
    """
    from assets.messaging.ledger_views import dead_letters as listed

    with opened_ledger(settings_or_exit()) as ledger:
        found = listed(ledger, run_date)
    if not found:
        click.echo("There are no dead letters.")
        return
    columns = ("run_date", "journey", "channel", "state", "error", "attempts", "n", "example")
    print_table([name.replace("_", " ") for name in columns], [[row[name] for name in columns] for row in found])


@click.command("forget-key", epilog="Example:  fredning outbox forget-key 3f9a1c07b2de --by kari")
@click.argument("name")
@click.option("--by", required=True, metavar="NAME", help="Who decides this.")
def forget_key(name: str, by: str) -> None:
    """Give up a former secret key that is lost for good.

    Nobody who unsubscribed, complained or was erased under it is known any more, unless the warehouse or the provider
    knows. Not needed after an ordinary change of FREDNING_SECRET_KEY: name the old one in FREDNING_FORMER_SECRET_KEYS.
    """
    from assets.messaging import key_change

    with opened_ledger(settings_or_exit(), may_lack_keys=True) as ledger:
        if not key_change.forget_key(ledger, name):
            raise click.ClickException(f"The ledger was never used with a key of the name {name}.")
    click.echo(f"Given up by {by}: what was asked for under the key {name} is not known any more.")


@click.command(epilog="Example:  fredning outbox rebuild --by kari --write")
@click.option("--by", required=True, metavar="NAME", help="Who decides this; it is kept in the ledger.")
@click.option("--write", is_flag=True, help="Put the new ledger in place; without it, only say what it would hold.")
def rebuild(by: str, write: bool) -> None:
    """Make a new ledger in place of a lost or outdated one.

    From hand-off files and manifests, exports, decisions, provider events and, where there is one, the outdated
    ledger. What a file or an event names counts as sent; what nothing proves unsent is QUARANTINED, counts as sent,
    too, and waits for a person's `resolve`. So nobody gets a message twice; somebody may miss one. Stop all runs and
    workers before. The new ledger starts stopped: `fredning outbox resume` when it looks right.
    """
    from assets.messaging import daily_steps
    from assets.messaging.ledger_guard import LedgerRefused
    from assets.messaging.ledger_rebuild import rebuild as rebuilt

    settings = settings_or_exit()
    with in_words(SettingsError, LedgerRefused, OSError):
        read_file = daily_steps.file_channel(settings).read
        done = rebuilt(settings, read_file, today(settings), by, datetime.now(UTC), write=write)
    click.echo("The ledger of now:")
    for problem in done.problems:
        click.echo(f"- {problem}")
    click.echo("The new ledger:" if write else "A new ledger would hold:")
    print_table(("what is known", "messages"), sorted(done.why.items()))
    print_table(("state", "messages"), sorted(done.states.items()))
    click.echo(f"{counted(done.n_suppressions, 'suppression')} kept.")
    if not write:
        click.echo("Nothing was written. With --write it takes the ledger's place.")
        return
    if done.kept_as:
        click.echo(f"The outdated ledger lies in {done.kept_as.name}.")
    if done.states["QUARANTINED"]:
        click.echo(
            "Look the QUARANTINED ones up at the provider, then `fredning outbox resolve BATCH --sent|--not-sent`; "
            "`fredning outbox batches` names the batches. Until then they count as sent."
        )
    click.echo("Everything is stopped. `fredning outbox resume` lets runs send again.")
