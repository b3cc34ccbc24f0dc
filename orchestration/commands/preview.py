"""`fredning preview`: messages as they really arrive, in one's own mail program or on one's own phone, before approval.

Prints numbers, positions in the seed list and errors' names, never an address.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import click

from orchestration.commands.shared import DAY, counted, in_words, opened_ledger, settings_or_exit
from orchestration.settings import Settings, SettingsError

if TYPE_CHECKING:
    from assets.messaging.seed_messages import Kind, SeedMessage
    from assets.messaging.seed_sending import SeedReport

# More than anybody looks at; the samples of a whole installation are hundreds.
_MANY = 50
_ADDRESSES = {"email": "mail address", "sms": "mobile number"}
_MEANINGS = {
    "REJECTED": "refused",
    "DEFERRED": "not accepted this time",
    "UNKNOWN": "in doubt, as the answer is missing",
}


@click.command(epilog="Example:  fredning preview --to-seeds --waiting --language nb")
@click.option("--to-seeds", is_flag=True, help="Send them to everybody in FREDNING_SEED_LIST.")
@click.option("--journey", help="Only this journey.")
@click.option("--step", help="Only steps of this name.")
@click.option("--language", help="Only this language.")
@click.option("--channel", type=click.Choice(["email", "sms"]), help="Only this channel.")
@click.option("--waiting", is_flag=True, help="Only messages like those of batches that wait for approval.")
@click.option("--date", "run_date", type=DAY, default=None, help="With --waiting: only batches of this day.")
@click.option("--all", "is_all", is_flag=True, help=f"Send even more than {_MANY} messages.")
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
    from assets.messaging.journeys import load_templates
    from assets.messaging.render import Renderer
    from assets.messaging.seed_list import NOBODY, seeds_of
    from assets.messaging.seed_messages import NothingWanted, Wanted, write_messages
    from assets.messaging.shop_goods import own_shop
    from assets.messaging.template_files import TemplateErrors
    from assets.messaging.template_samples import Shop

    if run_date and not waiting:
        raise click.UsageError("--date says which batches --waiting is about: give both, or neither.")
    settings, now = settings_or_exit(), datetime.now(UTC)
    with in_words(SettingsError, TemplateErrors, NothingWanted):
        settings.require_secret_key()
        seeds = seeds_of(settings) if to_seeds else NOBODY
        templates = load_templates(settings.templates_dir, check_texts=False)
        kinds = _waiting(settings, run_date, templates.brand.language_for) if waiting else None
        if kinds is not None and not kinds:
            click.echo("No batch waits.")
            return
        goods = own_shop(settings, templates.brand)
        shop = goods or Shop.of(templates.brand)
        samples = Wanted(journey, step, language, channel, kinds).samples(templates, shop)
        made = write_messages(settings, Renderer(settings, templates), samples, seeds, now)
    is_good = bool(made.messages) and not made.failed
    if to_seeds:
        is_good = _send(settings, made.messages, now, is_all=is_all) and is_good
    elif made.messages:
        _file(settings, made.messages, now)
    if goods is None:
        click.echo("The products in them are invented, without pictures: the published copy holds none of yours yet.")
    for name, why in made.failed.items():
        click.echo(f"{name} cannot be written: {why}. `fredning check` says where.")
    for missing in sorted({sample.channel for sample in samples} - {seed.channel for seed in seeds}):
        click.echo(f"{missing}: left out, FREDNING_SEED_LIST names no {_ADDRESSES[missing]}.")
    if not is_good:
        sys.exit(1)


def _waiting(settings: Settings, run_date: date | None, language_for: Callable[[str | None], str]) -> frozenset[Kind]:
    """What the batches that wait consist of."""
    from assets.messaging.approvals import WAITING
    from assets.messaging.ledger_views import list_batches

    with opened_ledger(settings) as ledger:
        found = list_batches(ledger, run_date, WAITING)
    return frozenset((row["channel"], row["journey"], row["step"], language_for(row["language"])) for row in found)


def _send(settings: Settings, messages: Sequence[SeedMessage], now: datetime, *, is_all: bool) -> bool:
    """Send what a server takes and file the rest; False if anything was not accepted."""
    from assets.messaging.channels.configured import message_channels
    from assets.messaging.seed_sending import SeedSending, left_alone

    with in_words(SettingsError):
        servers = message_channels(settings)
    n = sum(one.seed.channel in servers for one in messages)
    if n > _MANY and not is_all:
        raise click.ClickException(
            f"These would be {n} messages. Name a --journey, --step, --language or --channel, take --waiting, or say "
            "--all."
        )
    with opened_ledger(settings, may_begin=True) as ledger:
        sending = SeedSending(settings, ledger)
        if sending.is_stopped():
            raise click.ClickException(
                "Everything is stopped, tests too: `fredning outbox status` says by whom. Nothing was sent."
            )
        alone = left_alone(settings, ledger, {one.seed for one in messages})
        for seed, why in sorted(alone.items(), key=lambda item: item[0].position):
            click.echo(f"Entry {seed.position} of FREDNING_SEED_LIST gets nothing: its address is suppressed ({why}).")
        going = [one for one in messages if one.seed not in alone]
        is_good = not alone
        for name, server in sorted(servers.items()):
            if letters := [one.letter for one in going if one.seed.channel == name]:
                report = sending.send(name, server, letters)
                _say(name, report)
                is_good = is_good and report.is_good
    if filed := [one for one in going if one.seed.channel not in servers]:
        _file(settings, filed, now)
        settings_of = sorted({f"FREDNING_{one.seed.channel.upper()}_VIA" for one in filed})
        click.echo(f"Nobody got them: no server is named by {' or '.join(settings_of)}.")
    return is_good


def _say(channel: str, report: SeedReport) -> None:
    accepted = report.states.total() - report.errors.total()
    click.echo(f"{channel}: {accepted} of {counted(report.states.total() + report.n_left, 'message')} accepted.")
    for (state, error), n in sorted(report.errors.items()):
        click.echo(f"  {n} {_MEANINGS[state]}: {error}")
    if report.n_left:
        click.echo(f"  {report.n_left} not tried: {report.why_left}")


def _file(settings: Settings, messages: Sequence[SeedMessage], now: datetime) -> None:
    from assets.messaging.seed_sending import write_files

    with in_words(OSError):
        folder = write_files(settings, messages, now)
    click.echo(f"{counted(len(messages), 'file')} in {folder}")
