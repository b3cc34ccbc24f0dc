"""`fredning preview`: messages as they really arrive, in one's own mail program or on one's own phone, before approval.

Prints numbers, positions in the seed list and errors' names, never an address.
"""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime

import click

from orchestration.commands.shared import DAY, in_words, opened_ledger, settings_or_exit
from orchestration.settings import SettingsError


@click.command(epilog="Example:  fredning preview --to-seeds --waiting --language nb")
@click.option("--to-seeds", is_flag=True, help="Send them to everybody in FREDNING_SEED_LIST.")
@click.option("--journey", help="Only this journey.")
@click.option("--step", help="Only steps of this name.")
@click.option("--language", help="Only this language.")
@click.option("--channel", type=click.Choice(["email", "sms"]), help="Only this channel.")
@click.option("--waiting", is_flag=True, help="Only messages like those of batches that wait for approval.")
@click.option("--date", "run_date", type=DAY, default=None, help="With --waiting: only batches of this day.")
@click.option("--all", "is_all", is_flag=True, help="Send even more than 50 messages.")
def preview(
    to_seeds: bool,
    journey: str | None,
    step: str | None,
    language: str | None,
    channel: str | None,
    waiting: bool,
    run_date: date | None,
    is_all: bool,
) -> None:
    """Write sample messages as they would leave, or send them to yourself.

    One of every journey, step, variant, branch and language, with invented customers and your own products, by the way
    that customers' messages go: the same templates, headers and channels. Without --to-seeds they become files that
    mail programs open. With it they leave by FREDNING_EMAIL_VIA and FREDNING_SMS_VIA for the addresses in
    FREDNING_SEED_LIST (mail addresses and mobile numbers, separated by commas) and for nobody else; a channel that is
    `file` writes files.

    Subjects begin with [Test]; an SMS stays as it is. Links at the foot change nothing for anybody. The outbox ledger
    gets no message of them; its stop and the channels' rates hold. Each call is a new test: what was sent before is
    sent again. Ends with 1 when anything was not accepted.
    """
    from assets.messaging.seeds.addresses import seeds_of
    from assets.messaging.seeds.run import SeedRefused, file_samples, send_samples, waiting_kinds
    from assets.messaging.seeds.samples import NothingWanted, Wanted
    from assets.messaging.template_files import TemplateErrors

    if run_date and not waiting:
        raise click.UsageError("--date says which batches --waiting is about: give both, or neither.")
    settings, kinds, now = settings_or_exit(), None, datetime.now(UTC)
    with in_words(SettingsError, TemplateErrors, NothingWanted, SeedRefused, OSError):
        settings.require_secret_key()
        seeds = seeds_of(settings) if to_seeds else ()
        if waiting:
            with opened_ledger(settings) as ledger:
                kinds = waiting_kinds(ledger, run_date)
            if not kinds:
                click.echo("No batch waits.")
                return
        wanted = Wanted(journey, step, language, channel, kinds)
        if to_seeds:
            with opened_ledger(settings, may_begin=True) as ledger:
                done = send_samples(settings, ledger, wanted, seeds, now, is_all=is_all)
        else:
            done = file_samples(settings, wanted, now)
    for sentence in done.said:
        click.echo(sentence)
    if not done.is_good:
        sys.exit(1)
