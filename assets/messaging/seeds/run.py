"""One test from samples to inboxes, for the command line and the Dagster UI: what came of it is said in sentences.

They hold numbers, positions in the seed list and names of errors, never an address.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from assets.messaging.approvals import WAITING
from assets.messaging.channels.configured import message_channels
from assets.messaging.journeys import load_templates
from assets.messaging.ledger_views import list_batches
from assets.messaging.outbox import Outbox
from assets.messaging.render import Renderer
from assets.messaging.seeds.addresses import NOBODY, Seed
from assets.messaging.seeds.samples import Kind, SeedMessage, Wanted, write_messages
from assets.messaging.seeds.sending import SeedReport, SeedSending, left_alone, write_files
from assets.messaging.shop_goods import own_shop
from assets.messaging.states import State
from assets.messaging.template_samples import Shop
from orchestration.settings import Settings

# More than anybody looks at; the samples of a whole installation are hundreds.
MANY = 50
_ADDRESSES = {"email": "mail address", "sms": "mobile number"}
_MEANINGS = {
    State.REJECTED: "refused",
    State.DEFERRED: "not accepted this time",
    State.UNKNOWN: "in doubt, as the answer is missing",
}


class SeedRefused(RuntimeError):
    """Nothing is sent, and the message says why."""


@dataclass(slots=True)
class SeedRun:
    """What came of it, in sentences; good if every message was written and, where it has a server, accepted."""

    said: list[str] = field(default_factory=list)
    is_good: bool = True

    def add(self, sentence: str, *, is_good: bool = True) -> None:
        self.said.append(sentence)
        self.is_good = self.is_good and is_good


def waiting_kinds(outbox: Outbox, run_date: date | None = None) -> frozenset[Kind]:
    """What the batches that wait for approval consist of."""
    found = list_batches(outbox, run_date, WAITING)
    return frozenset((row["channel"], row["journey"], row["step"], row["language"]) for row in found)


def file_samples(settings: Settings, wanted: Wanted, now: datetime) -> SeedRun:
    """Write files to look at. Raises `TemplateErrors`, `NothingWanted` and `OSError`."""
    run = SeedRun()
    messages, notes = _written(settings, wanted, NOBODY, now)
    _file(settings, messages, now, run)
    return _with(notes, run)


def send_samples(
    settings: Settings, outbox: Outbox, wanted: Wanted, seeds: Sequence[Seed], now: datetime, *, is_all: bool = False
) -> SeedRun:
    """Send what a server takes, and file the rest. Raises `SeedRefused`, `SettingsError` and what `file_samples` does.

    More than `MANY` messages are sent only with `is_all`.
    """
    servers, sending, run = message_channels(settings), SeedSending(settings, outbox), SeedRun()
    if sending.is_stopped():
        raise SeedRefused("Everything is stopped, tests too: `fredning outbox status` says by whom. Nothing was sent.")
    messages, notes = _written(settings, wanted, seeds, now)
    n = sum(one.seed.channel in servers for one in messages)
    if n > MANY and not is_all:
        raise SeedRefused(
            f"These would be {n} messages: ask for one journey, step, language or channel only, or --all."
        )
    alone = left_alone(settings, outbox, dict.fromkeys(one.seed for one in messages))
    for seed, why in alone.items():
        run.add(f"Entry {seed.position} of FREDNING_SEED_LIST gets nothing: it is suppressed ({why}).", is_good=False)
    going = [one for one in messages if one.seed not in alone]
    for name, server in sorted(servers.items()):
        if letters := [one.letter for one in going if one.seed.channel == name]:
            _tell(name, sending.send(name, server, letters), run)
    if filed := [one for one in going if one.seed.channel not in servers]:
        _file(settings, filed, now, run)
        variables = sorted({f"FREDNING_{one.seed.channel.upper()}_VIA" for one in filed})
        run.add(f"Nobody got them: no server is named by {' or '.join(variables)}.")
    return _with(notes, run)


def _written(
    settings: Settings, wanted: Wanted, seeds: Sequence[Seed], now: datetime
) -> tuple[list[SeedMessage], SeedRun]:
    """The messages, and what there is to say of them."""
    templates, notes = load_templates(settings.templates_dir, check_texts=False), SeedRun()
    goods = own_shop(settings, templates.brand)
    samples = wanted.samples(templates, goods or Shop.of(templates.brand))
    made = write_messages(settings, Renderer(settings, templates), samples, seeds, now)
    if goods is None:
        notes.add("The products in them are invented, without pictures: the published copy holds none of yours yet.")
    for name, why in made.failed.items():
        notes.add(f"{name} cannot be written: {why}. `fredning check` says where.", is_good=False)
    for missing in sorted({sample.channel for sample in samples} - {seed.channel for seed in seeds}):
        what = f"{missing}: left out, FREDNING_SEED_LIST names no {_ADDRESSES[missing]}."
        notes.add(what, is_good=bool(made.messages))
    return made.messages, notes


def _with(notes: SeedRun, run: SeedRun) -> SeedRun:
    return SeedRun([*run.said, *notes.said], run.is_good and notes.is_good)


def _tell(channel: str, report: SeedReport, run: SeedRun) -> None:
    n = report.states.total() + report.n_left
    run.add(f"{channel}: {report.states[State.ACCEPTED]} of {n} messages accepted.", is_good=report.is_good)
    for (state, error), count in sorted(report.errors.items()):
        run.add(f"{channel}: {count} {_MEANINGS[state]}: {error}.")
    if report.n_left:
        run.add(f"{channel}: {report.n_left} not tried: {report.why_left}.")


def _file(settings: Settings, messages: Sequence[SeedMessage], now: datetime, run: SeedRun) -> None:
    if messages:
        run.add(f"To look at ({len(messages)}): {write_files(settings, messages, now)}")
