"""From a row of the run to one message's exact bytes, and what the ledger keeps of it.

Same row, same bytes: nothing here reads a clock or draws a number. What cannot be rendered is put aside with a
reason, and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

import orjson

from assets.messaging import keys
from assets.messaging.mime import Mail, UnsafeHeader, mail_bytes
from assets.messaging.rendering import Format, MessageSource, RenderError, Sender, Written
from assets.messaging.run_content import Row
from assets.messaging.shelf import Card
from orchestration.settings import Settings

# What every record says about its message, besides its content.
_ENVELOPE = (
    *("message_id", "channel", "address", "class", "journey", "step", "variant", "branch", "language"),
    *("permission_basis", "permission_id"),
)
# What the ledger takes from the row as it is.
_KEPT = (
    *("message_id", "customer_id", "journey", "step", "channel", "class", "anchor", "experiment", "variant"),
    *("send_at", "expires_at", "permission_basis", "permission_id", "policy_version"),
)
_of_envelope, _of_kept = itemgetter(*_ENVELOPE), itemgetter(*_KEPT)


# Products are written by `_kept_json` rather than as the dicts that they also are.
_LINE = orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_APPEND_NEWLINE


@dataclass(frozen=True, slots=True)
class Prepared:
    """One message as it will leave, and what the ledger keeps of it."""

    message_id: str
    content: bytes
    index: bytes
    request_hash: str
    template_version: str
    template: bytes | None
    ledger_row: dict[str, Any]
    timezone: str = ""


@dataclass(frozen=True, slots=True)
class _Made:
    """A message's bytes: as they stand in the file, in the file's index, and as they are hashed."""

    content: bytes
    index: bytes
    hashed: bytes
    template_version: str
    template: bytes | None


@dataclass(frozen=True, slots=True)
class Poison:
    """A row that cannot become a message."""

    error: str
    ledger_row: dict[str, Any]


@dataclass(slots=True)
class Preparation:
    """What became of one page of rows."""

    prepared: list[Prepared] = field(default_factory=list)
    poison: list[Poison] = field(default_factory=list)


def prepare(
    settings: Settings, run_date: date, rows: Iterable[Row], source: MessageSource, handoff: Format
) -> Preparation:
    """Render rows of one group. A row that fails is put aside; nothing about its person is kept in words."""
    done = Preparation()
    secret = settings.require_secret_key()
    for row in rows:
        kept = _ledger_row(secret, run_date, row)
        try:
            made = _prepare_one(settings, row, source, handoff)
        except (RenderError, UnsafeHeader) as error:
            done.poison.append(Poison(_reason(error), kept))
            continue
        hashed = keys.request_hash(made.hashed)
        done.prepared.append(
            Prepared(
                row["message_id"],
                made.content,
                made.index,
                hashed,
                made.template_version,
                made.template,
                {**kept, "request_hash": hashed},
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
    envelope: dict[str, Any] = dict(zip(_ENVELOPE, _of_envelope(row), strict=True))
    envelope["send_at"], envelope["expires_at"] = _iso(row["send_at"]), _iso(row["expires_at"])
    envelope["unsubscribe_link"] = link
    if handoff == "eml":
        written = source.write(row)
        index = _line(envelope | {"template_version": written.template_version})
        content = mail_bytes(_mail(settings, row, source.sender(row["channel"]), written, link))
        return _Made(content, index, index + content, written.template_version, None)
    if row["channel"] == "email":
        merge = source.merge(row)
        content = _line(
            envelope
            | {"template_version": merge.template_version, "template": template_path(merge.template)}
            | {"subject": merge.subject, "fields": merge.fields}
        )
        return _Made(content, content, content, merge.template_version, merge.template)
    written = source.write(row)
    content = _line(
        envelope
        | {"template_version": written.template_version, "sender": source.sender(row["channel"]).address}
        | {"text": written.text, "segments": written.segments, "encoding": written.encoding}
    )
    return _Made(content, content, content, written.template_version, None)


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
        feedback_id=f"{row['step']}:{row['journey']}:{row['class']}:{settings.tenant}",
        language=row["language"],
    )


@lru_cache(maxsize=512)  # a batch asks for every message, and there are few templates
def template_path(template: bytes) -> str:
    """Where a compiled template lies, relative to the outbox: named by its content, so it never changes."""
    return f"templates/{keys.request_hash(template)}.json"


def _ledger_row(secret: bytes, run_date: date, row: Row) -> dict[str, Any]:
    kept: dict[str, Any] = dict(zip(_KEPT, _of_kept(row), strict=True))
    kept["run_date"] = run_date
    kept["address_key"] = keys.address_key(secret, row["channel"], row["address"] or "")
    kept["batch_id"] = kept["request_hash"] = None
    return kept


@lru_cache(maxsize=4_096)
def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _line(record: Mapping[str, Any]) -> bytes:
    return orjson.dumps(record, default=_kept_json, option=_LINE)


def _kept_json(value: Any) -> orjson.Fragment:
    """A product's part of a record: written once, and then copied into every record that shows it."""
    if not isinstance(value, Card):
        raise TypeError(f"a record cannot hold a {type(value).__name__}")
    known = value.shown.get("json")
    if known is None:
        known = value.shown["json"] = orjson.Fragment(orjson.dumps(dict(value)))
    return known
