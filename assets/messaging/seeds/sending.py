"""Hands test messages to a channel, or puts them into files; the outbox ledger gets no row of them.

Of the ledger only what holds for every sender is used: its stop, looked at before each request, the channel's pace,
and which addresses nothing may be sent to. A test is sent once: what came of it is told to whoever asked for it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from assets.messaging import keys, pacing
from assets.messaging.channels.messages import Answer, Letter, MessageChannel, all_alike
from assets.messaging.ledger_lookups import is_stopped, suppressed_in
from assets.messaging.outbox import Outbox
from assets.messaging.seeds.addresses import Seed
from assets.messaging.seeds.samples import SeedMessage
from assets.messaging.sending import STOPS_EVERYTHING
from assets.messaging.states import State
from orchestration.files import write_atomically
from orchestration.settings import Settings

# So long a person waits for a channel; where it rests for longer, they are told until when.
_PATIENCE = timedelta(seconds=15)


@dataclass(slots=True)
class SeedReport:
    """What came of a channel's test messages, in numbers. `why_left` says why the last `n_left` were not tried."""

    states: Counter[State] = field(default_factory=Counter)
    errors: Counter[tuple[State, str]] = field(default_factory=Counter)
    n_left: int = 0
    why_left: str = ""

    @property
    def is_good(self) -> bool:
        return not self.n_left and set(self.states) <= {State.ACCEPTED}


@dataclass(frozen=True, slots=True)
class SeedSending:
    """Sends to one channel at its own pace."""

    settings: Settings
    outbox: Outbox
    sleep: Callable[[float], None] = time.sleep

    def send(self, name: str, channel: MessageChannel, letters: Sequence[Letter]) -> SeedReport:
        """Each letter at most once. Ends early when everything is stopped or the channel has to rest."""
        report = SeedReport()
        size = _request_size(channel)
        for start in range(0, len(letters), size):
            group = letters[start : start + size]
            why_not = self._why_not(name, channel, len(group))
            if why_not:
                report.n_left, report.why_left = len(letters) - start, why_not
                break
            answer = _ask(channel, group)
            for result in answer.results:
                report.states[result.state] += 1
                if result.state is not State.ACCEPTED:
                    report.errors[result.state, result.error or "no reason given"] += 1
            if answer.pause:
                pacing.pause(self.outbox, name, self.outbox.now() + answer.pause)
        return report

    def _why_not(self, name: str, channel: MessageChannel, n: int) -> str | None:
        """Take the channel's next places and wait for them; then, at the last moment, look at the stop."""
        free_at = pacing.free_at(self.outbox, name)
        if free_at and free_at - self.outbox.now() > _PATIENCE:
            until = free_at.astimezone(self.settings.zone)
            return f"the channel rests after a failure or at the provider's wish; try again after {until:%H:%M:%S}"
        start = pacing.reserve(self.outbox, name, n, channel.promise.rate, self.outbox.now())
        self.sleep(max((start - self.outbox.now()).total_seconds(), 0))
        return "everything is stopped" if self.is_stopped() else None

    def is_stopped(self) -> bool:
        return self.settings.kill_switch or is_stopped(self.outbox)


def left_alone(settings: Settings, outbox: Outbox, seeds: Iterable[Seed]) -> dict[Seed, str]:
    """Seeds that nothing at all may be sent to (hard bounce, complaint, erasure), and why.

    An opt-out of marketing is about customers' messages: whoever the retailer names for tests gets them.
    """
    known, found = settings.known_secret_keys(), {}
    with outbox.transaction() as tx:
        for seed in seeds:
            names = {(keys.address_key(key, seed.channel, seed.address), seed.channel) for key in known}
            reasons = {reason for rows in suppressed_in(tx, names).values() for reason, _ in rows}
            if stops := reasons & STOPS_EVERYTHING:
                found[seed] = min(stops)
    return found


def _request_size(channel: MessageChannel) -> int:
    """As many letters as the channel takes at once, but a second's worth at most."""
    promise = channel.promise
    return promise.max_batch if promise.rate is None else min(promise.max_batch, max(int(promise.rate), 1))


def _ask(channel: MessageChannel, group: Sequence[Letter]) -> Answer:
    try:
        return channel.send(group)
    except Exception as error:  # noqa: BLE001 - told as what it is, without its words: they may quote an address
        return all_alike(group, State.UNKNOWN, type(error).__name__)


def write_files(settings: Settings, messages: Iterable[SeedMessage], now: datetime) -> Path:
    """Mails as .eml and SMS as .txt in a new folder, readable by its owner only. Nobody collects there."""
    local = now.astimezone(settings.zone)
    folder = settings.seed_previews_dir / f"{local:%Y-%m-%d}" / f"{local:%H-%M-%S-%f}"
    for one in messages:
        mime, text = one.letter.mime, one.letter.record.get("text")
        suffix, content = ("txt", str(text).encode()) if mime is None else ("eml", mime)
        name = f"{one.name}.seed{one.seed.position}.{suffix}" if one.seed.position else f"{one.name}.{suffix}"
        write_atomically(folder / name, partial(Path.write_bytes, data=content), only_for_owner=True)
    return folder
