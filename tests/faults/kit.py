"""A small retailer's hand-off for tests: made-up messages, a plain renderer, and everything wired together."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import zstandard

from assets.messaging import keys
from assets.messaging.channels.file import FileChannel, own_staging
from assets.messaging.clock import Clock, FixedClock
from assets.messaging.handoff import HandOff
from assets.messaging.ledger_views import count_by_state
from assets.messaging.outbox import Outbox
from assets.messaging.planning import Planner
from assets.messaging.rendering import Format, Merge, MessageSource, RenderError, Sender, Written
from assets.messaging.run_content import Group, Verdict, Verdicts
from assets.queries import Row
from orchestration.settings import Settings

RUN_DATE = date(2026, 11, 20)
SIX = datetime(2026, 11, 20, 5, tzinfo=UTC)  # 06:00 in Oslo
SECRET = "a secret key for tests, of 32 or more characters"
CANARY = "canary.bird"


def settings(home: Path, **changes: Any) -> Settings:
    base = Settings(home=home, clock="run_date", approval="auto", secret_key=SECRET)
    return replace(base, **changes)


def row(number: int, *, run_date: date = RUN_DATE, **changes: Any) -> Row:
    """One message of `int_messages__content`, everything about it derived from a number."""
    send_at = datetime(run_date.year, run_date.month, run_date.day, 9, tzinfo=UTC)
    made = {
        "run_date": run_date,
        "message_id": keys.request_hash(f"message {number}".encode())[:32],
        "customer_id": f"c{number:015x}",
        "journey": "post_purchase_coffee",
        "step": "thanks",
        "channel": "email",
        "class": "post_purchase",
        "anchor": f"order:webshop:{number}",
        "priority": 10,
        "experiment": None,
        "variant": None,
        "branch": "default",
        "language": "nb",
        "country": "NO",
        "timezone": "Europe/Oslo",
        "address": f"{CANARY}{number}@kunde.example",
        "send_at": send_at + timedelta(seconds=number),
        "expires_at": send_at + timedelta(days=3),
        "permission_basis": "consent",
        "permission_id": f"p{number}",
        "policy_version": "0123456789abcdef",
        "content": json.dumps({"customer": {"first_name": f"Kanari{number}"}}),
    }
    return {**made, **changes}


@dataclass
class ListPage:
    """A page of messages from a list."""

    given: list[Row]

    @property
    def message_ids(self) -> list[str]:
        return [one["message_id"] for one in self.given]

    def rows(self, only: Collection[str] | None = None) -> list[Row]:
        return [one for one in self.given if only is None or one["message_id"] in only]


@dataclass
class ListContent:
    """The run's messages from a list."""

    rows: list[Row]
    gone: set[tuple[str, str]] = field(default_factory=set)
    outside: dict[str, str] = field(default_factory=dict)  # journey: why its volume is held

    def groups(self) -> dict[Group, int]:
        counts: dict[Group, int] = {}
        for one in self.rows:
            group = Group(one["channel"], one["journey"], one["step"], one["language"])
            counts[group] = counts.get(group, 0) + 1
        return counts

    def pages(self, group: Group, size: int) -> Iterator[ListPage]:
        mine = [
            one
            for one in sorted(self.rows, key=lambda one: one["message_id"])
            if Group(one["channel"], one["journey"], one["step"], one["language"]) == group
        ]
        for start in range(0, len(mine), size):
            yield ListPage(mine[start : start + size])

    def withdrawn(self) -> set[tuple[str, str]]:
        return self.gone

    def verdicts(self) -> Verdicts:
        return {(g.channel, g.journey): Verdict(self.outside.get(g.journey)) for g in self.groups()}


class PlainSource:
    """Puts the first name into one sentence; a customer without one is poison."""

    def __init__(self, sentence: str = "Takk for handelen", handoff: Format = "ndjson") -> None:
        self.sentence = sentence
        self.format = handoff

    def sender(self, channel: str) -> Sender:
        if channel == "sms":
            return Sender("", "Butikken")
        return Sender("Butikken på hjørnet", "hei@butikk.example", "svar@butikk.example")

    def handoff(self, channel: str, journey: str) -> Format:
        return self.format if channel == "email" else "ndjson"

    def write(self, row: Mapping[str, Any]) -> Written:
        name = self._name(row)
        text = f"{self.sentence}, {name}!\n"
        if row["channel"] == "sms":
            return Written(text.strip(), "v1", segments=1, encoding="GSM-7")
        return Written(text, "v1", f"{self.sentence}, {name}", f"<p>{text}</p>")

    def merge(self, row: Mapping[str, Any]) -> Merge:
        name = self._name(row)
        template = f"<p>{self.sentence}, {{{{ first_name }}}}!</p>".encode()
        return Merge(f"{self.sentence}, {name}", {"first_name": name}, "v1", template)

    def _name(self, row: Mapping[str, Any]) -> str:
        name = json.loads(row["content"])["customer"]["first_name"]
        if not name:
            raise RenderError(row["message_id"], "the template asks for first_name")
        return str(name)


def hand_off(
    setting: Settings,
    outbox: Outbox,
    content: ListContent,
    *,
    run_date: date = RUN_DATE,
    clock: Clock | None = None,
    source: MessageSource | None = None,
    failpoint: Callable[[str], None] | None = None,
    write: Callable[[int, bytes], int] | None = None,
    max_batch: int = 1_000,
) -> HandOff:
    planner = Planner(setting, run_date, outbox, content, source or PlainSource(), max_batch)
    staging = own_staging(setting.home / "staging")
    channel = FileChannel(setting.outbox_dir, staging, **({"write": write} if write else {}))
    instant = SIX + (run_date - RUN_DATE)
    return HandOff(
        planner,
        channel,
        clock or FixedClock(instant),
        failpoint or (lambda _point: None),
    )


@contextmanager
def mutated(target: Any, name: str, replacement: Callable[..., Any]) -> Iterator[None]:
    """A mistake in the product, for as long as a test has to notice it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(target, name, replacement)
        yield


def states(outbox: Outbox) -> dict[str, int]:
    """How many messages are in each state."""
    counted: dict[str, int] = {}
    for group in count_by_state(outbox):
        counted[group["state"]] = counted.get(group["state"], 0) + group["n"]
    return counted


def handed_off(setting: Settings) -> list[dict[str, Any]]:
    """Every record that a collector would take: of files that a manifest names, and of no others."""
    records: list[dict[str, Any]] = []
    for path in sorted(setting.outbox_dir.glob("*/*.manifest.json")):
        manifest = json.loads(path.read_text())
        for file in manifest["files"]:
            content = (setting.outbox_dir / file["path"]).read_bytes()
            assert keys.request_hash(content) == file["sha256"]
            found = records_of(file["path"], content)
            assert len(found) == file["records"]
            records += found
    return records


def records_of(name: str, content: bytes) -> list[dict[str, Any]]:
    plain = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(content)).read()
    if name.endswith(".tar.zst"):
        with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
            index = tar.extractfile("index.ndjson")
            assert index is not None
            plain = index.read()
    return [json.loads(line) for line in plain.splitlines()]


def all_files(setting: Settings) -> dict[str, bytes]:
    """Everything in the outbox, by path."""
    return {
        str(path.relative_to(setting.outbox_dir)): path.read_bytes()
        for path in sorted(setting.outbox_dir.rglob("*"))
        if path.is_file()
    }
