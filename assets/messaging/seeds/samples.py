"""Test messages for a seed list: samples as production writes them, marked as a test. Sends nothing.

They go the way of customers' messages (`prepared.prepare`): the same renderer, headers and records. Only the subject
says that it is a test, and the message id is one that no ledger knows, so that the links at the foot open a page and
change nothing. An SMS is not marked: its text is what is counted and paid for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from assets.messaging import keys
from assets.messaging.channels.messages import Letter
from assets.messaging.content import ContentRow
from assets.messaging.journeys import Templates
from assets.messaging.prepared import prepare
from assets.messaging.render import Renderer
from assets.messaging.rendering import RenderedMessages, Written
from assets.messaging.seeds.addresses import Seed
from assets.messaging.template_samples import Shop, sample_rows
from assets.queries import Row
from orchestration.settings import Settings

MARK = "[Test] "
_LASTS = timedelta(days=1)

# channel, journey, step, language as the ledger has it: what the messages of one batch have in common.
Kind = tuple[str, str, str, str | None]


class NothingWanted(LookupError):
    """No sample is what was asked for; the message says what there is."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which samples; None stands for all. `kinds` are those of batches."""

    journey: str | None = None
    step: str | None = None
    language: str | None = None
    channel: str | None = None
    kinds: frozenset[Kind] | None = None

    def samples(self, templates: Templates, shop: Shop) -> list[ContentRow]:
        """In a fixed order, by journey. Raises `NothingWanted`."""
        rows = list(sample_rows(templates, shop=shop))
        if self.kinds is not None:
            language_for = templates.brand.language_for
            kinds = {(*kind[:3], language_for(kind[3])) for kind in self.kinds}
            rows = [row for row in rows if (row.channel, row.journey, row.step, row.language) in kinds]
            if not rows:
                raise NothingWanted("No batch waits whose journey is among the templates.")
        for name in ("journey", "step", "channel", "language"):
            asked = getattr(self, name)
            kept = [row for row in rows if asked in (None, getattr(row, name))]
            if not kept:
                known = ", ".join(dict.fromkeys(str(getattr(row, name)) for row in rows))
                raise NothingWanted(f"There is no {name} {asked} here, only {known}.")
            rows = kept
        return rows


@dataclass(frozen=True, slots=True)
class SeedMessage:
    """One sample for one seed; `name` says which sample it is."""

    name: str
    seed: Seed
    letter: Letter


@dataclass(slots=True)
class SeedMessages:
    """What became of samples: messages, and by name why a sample cannot be one."""

    messages: list[SeedMessage] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


class _Marked(RenderedMessages):
    """Writes a mail's mark before its subject: in the message, not in its template."""

    def write(self, row: Mapping[str, Any]) -> Written:
        written = super().write(row)
        return written if written.subject is None else replace(written, subject=MARK + written.subject)


def write_messages(
    settings: Settings, renderer: Renderer, samples: Iterable[ContentRow], seeds: Sequence[Seed], now: datetime
) -> SeedMessages:
    """Every sample for each seed of its channel, sample by sample. Each call gives new message ids.

    Mails are whole ones also where a journey hands off merge fields: what a provider makes of those.
    """
    done, marked = SeedMessages(), _Marked(renderer)
    for sample in samples:
        name = _name(sample)
        for seed in seeds:
            if seed.channel != sample.channel:
                continue
            made = prepare(settings, [_row(sample, seed, now)], marked, "eml" if seed.channel == "email" else "ndjson")
            if made.poison:
                done.failed[name] = made.poison[0].error
                break
            [one] = made.prepared
            mime = one.content if seed.channel == "email" else None
            letter = Letter(one.message_id, json.loads(one.index), mime, one.request_hash, one.timezone)
            done.messages.append(SeedMessage(name, seed, letter))
    return done


def _row(sample: ContentRow, seed: Seed, now: datetime) -> Row:
    """The sample as the warehouse would hold it, leaving now. Mail programs show one message id only once."""
    leaving = {"message_id": keys.message_id_of_a_test(), "address": seed.address}
    return {**vars(sample), **leaving, "class": sample.message_class, "send_at": now, "expires_at": now + _LASTS}


def _name(sample: ContentRow) -> str:
    parts = (sample.journey, sample.step, sample.channel, sample.variant, sample.branch, sample.language)
    return "-".join(part for part in parts if part not in (None, "default"))
