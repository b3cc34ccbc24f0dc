"""From a row of the run to one message's exact bytes, and what the ledger keeps of it.

Same row, same bytes: nothing here reads a clock or draws a number. What cannot be rendered is put aside with a
reason, and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

import orjson

from assets.messaging import keys
from assets.messaging.mime import Mail, UnsafeHeader, mail_bytes, plain_address
from assets.messaging.rendering import Format, MessageSource, RenderError, Sender, Written
from assets.messaging.shelf import Card
from assets.queries import Row
from orchestration.settings import Settings

# What a record of merge fields says of its message alone, and what all messages of its kind have in common.
_OWN = ("message_id", "address", "permission_id")
_SHARED = ("channel", "class", "journey", "step", "variant", "branch", "language", "permission_basis")
# By what mailbox providers' complaint figures are told apart.
FEEDBACK_ID = "{step}:{journey}:{class}:{tenant}"
# What every other record says about its message, besides its content.
_ENVELOPE = (
    *("message_id", "channel", "address", "class", "journey", "step", "variant", "branch", "language"),
    *("permission_basis", "permission_id"),
)
# What the ledger takes from the row as it is.
_KEPT = (
    *("message_id", "customer_id", "journey", "step", "channel", "class", "anchor", "experiment", "variant"),
    *("send_at", "expires_at", "permission_basis", "permission_id", "policy_version"),
)
_of_own, _of_shared = itemgetter(*_OWN), itemgetter(*_SHARED)
_of_envelope, _of_kept = itemgetter(*_ENVELOPE), itemgetter(*_KEPT)

# Products are named rather than written out as the dicts that they also are.
_LINE = orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_APPEND_NEWLINE

# Cards by the names under which records refer to them, as JSON.
Cards = Mapping[str, bytes]


@dataclass(slots=True, eq=False)  # not frozen: that alone would cost a microsecond a message
class Prepared:
    """One message as it will leave."""

    message_id: str
    content: bytes
    index: bytes
    request_hash: str
    template_version: str
    template: bytes | None = None
    # What its record refers to; records that were made together may share one collection.
    cards: Cards = field(default_factory=dict)
    policy_version: str = ""
    timezone: str = ""


@dataclass(frozen=True, slots=True)
class _Made:
    """A message's bytes: as they stand in the file, in the file's index, and as they are hashed."""

    content: bytes
    index: bytes
    hashed: bytes
    template_version: str
    template: bytes | None = None
    cards: Cards = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Poison:
    """A row that cannot become a message."""

    message_id: str
    error: str


@dataclass(slots=True)
class Preparation:
    """What became of one page of rows."""

    prepared: list[Prepared] = field(default_factory=list)
    poison: list[Poison] = field(default_factory=list)


def prepare(settings: Settings, rows: Iterable[Row], source: MessageSource, handoff: Format) -> Preparation:
    """Render rows of one group. A row that fails is put aside; nothing about its person is kept in words."""
    done = Preparation()
    for row in rows:
        try:
            made = _prepare_one(settings, row, source, handoff)
        except (RenderError, UnsafeHeader) as error:
            done.poison.append(Poison(row["message_id"], _reason(error)))
            continue
        done.prepared.append(
            Prepared(
                row["message_id"],
                made.content,
                made.index,
                keys.request_hash(made.hashed),
                made.template_version,
                made.template,
                made.cards,
                row["policy_version"] or "",
                row.get("timezone") or "",
            )
        )
    return done


def check_rendered(rows: Iterable[Row], source: MessageSource) -> dict[str, str]:
    """Which of these rows a provider could not fill its template in with: message_id → reason.

    Merge fields alone do not show that; the message has to be written out once, which costs more than
    everything else here, so it is done when a message is planned and not again when it leaves.
    """
    failed: dict[str, str] = {}
    for row in rows:
        try:
            source.write(row)
        except RenderError as error:
            failed[row["message_id"]] = _reason(error)
    return failed


def _reason(error: RenderError | UnsafeHeader) -> str:
    return getattr(error, "reason", None) or str(error)


def _prepare_one(settings: Settings, row: Row, source: MessageSource, handoff: Format) -> _Made:
    if not row["address"]:
        raise RenderError(row["message_id"], "there is no address")
    link = keys.unsubscribe_link(settings, row["message_id"], row["channel"])
    if handoff == "ndjson" and row["channel"] == "email":
        return _merge_record(row, source, link)
    envelope: dict[str, Any] = dict(zip(_ENVELOPE, _of_envelope(row), strict=True))
    envelope["send_at"], envelope["expires_at"] = iso(row["send_at"]), iso(row["expires_at"])
    envelope["unsubscribe_link"] = link
    written = source.write(row)
    if handoff == "eml":
        index = _line(envelope | {"template_version": written.template_version})
        content = mail_bytes(_mail(settings, row, source.sender(row["channel"]), written, link))
        return _Made(content, index, index + content, written.template_version)
    content = _line(
        envelope
        | {"template_version": written.template_version, "sender": source.sender(row["channel"]).address}
        | {"text": written.text, "segments": written.segments, "encoding": written.encoding}
    )
    return _Made(content, content, content, written.template_version)


def _merge_record(row: Row, source: MessageSource, link: str) -> _Made:
    plain_address("To", row["address"])
    merge = source.merge(row)
    cards: dict[str, bytes] = {}

    def name_of(value: Any) -> str:
        if not isinstance(value, Card):
            raise TypeError(f"a record cannot hold a {type(value).__name__}")
        name, content = value.written()
        cards[name] = content
        return name

    own = dict(zip(_OWN, _of_own(row), strict=True))
    own |= {"send_at": iso(row["send_at"]), "expires_at": iso(row["expires_at"]), "unsubscribe_link": link}
    shared = shared_by_kind(row, merge.template_version, merge.template)
    content = _line(own | shared | {"subject": merge.subject, "fields": merge.fields}, name_of)
    return _Made(content, content, content, merge.template_version, merge.template, cards)


def shared_by_kind(row: Row, template_version: str, template: bytes) -> dict[str, Any]:
    """The part of a record of merge fields that is the same for all messages of its kind."""
    shared = dict(zip(_SHARED, _of_shared(row), strict=True))
    return shared | {"template_version": template_version, "template": template_path(template)}


def _mail(settings: Settings, row: Row, sender: Sender, written: Written, link: str) -> Mail:
    return Mail(
        message_id=row["message_id"],
        host=keys.mail_host(settings),
        sender_name=sender.name,
        sender_address=sender.address,
        reply_to=sender.reply_to,
        recipient=row["address"],
        sent_at=row["send_at"],
        subject=written.subject or "",
        text=written.text,
        html=written.html,
        unsubscribe_link=link,
        feedback_id=FEEDBACK_ID.format_map({**row, "tenant": settings.tenant}),
        language=row["language"],
    )


@lru_cache(maxsize=512)  # a batch asks for every message, and there are few templates
def template_path(template: bytes) -> str:
    """Where a compiled template lies, relative to the outbox: named by its content, so it never changes."""
    return f"templates/{keys.request_hash(template)}.json"


def ledger_row(secret: bytes, run_date: date, row: Row) -> dict[str, Any]:
    """What the ledger keeps of a message: no address, no name."""
    kept: dict[str, Any] = dict(zip(_KEPT, _of_kept(row), strict=True))
    kept["run_date"] = run_date
    kept["address_key"] = keys.address_key(secret, row["channel"], row["address"] or "")
    kept["batch_id"] = kept["request_hash"] = None
    return kept


@lru_cache(maxsize=4_096)
def iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _line(record: Mapping[str, Any], default: Callable[[Any], Any] | None = None) -> bytes:
    return orjson.dumps(record, default, _LINE)
