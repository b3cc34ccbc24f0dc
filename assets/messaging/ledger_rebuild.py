"""A new ledger in place of a lost one, which never allows a second send.

Whatever cannot be proved unsent counts as sent: messages that a hand-off file or an event names are ACCEPTED, those
that were final stay so, and all others that were ever decided are QUARANTINED for a person. The new ledger starts
stopped. It is written beside the old one and takes its place in one step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from assets.messaging import approvals, daily_steps, ledger
from assets.messaging.chunks import chunks
from assets.messaging.ledger import batches, erasures, messages, secret_keys, suppressions, transitions, wishes
from assets.messaging.ledger_evidence import Evidence, ReadFile, Row, collect
from assets.messaging.ledger_export import export_messages
from assets.messaging.ledger_guard import LedgerRefused, exports_of, problems_of
from assets.messaging.outbox import Outbox
from assets.messaging.states import FINAL, State
from orchestration.settings import Settings

IN_DOUBT = "the ledger was lost, and nothing proves that it was not sent"
# What no event of a provider can undo: it was sent, or it never will be.
_SETTLED = FINAL | {State.ACCEPTED, State.DELIVERED, State.BOUNCED}
_REQUIRED: Row = {"journey": "unknown", "step": "unknown", "class": "unknown", "address_key": ""}
# A database of SQLite, its log, and the log's index.
_FILES = ("", "-wal", "-shm")
_LOGGED = ("message_id", "state")
_COLUMNS = frozenset(messages.c.keys()) - {"lease_owner", "lease_until"}


@dataclass(slots=True)
class Rebuilt:
    """What the new ledger holds. `why` counts messages by what is known of them."""

    problems: list[str]
    states: Counter[str] = field(default_factory=Counter)
    why: Counter[str] = field(default_factory=Counter)
    n_suppressions: int = 0
    kept_as: Path | None = None


def rebuild(settings: Settings, read_file: ReadFile, today: date, by: str, now: datetime, *, write: bool) -> Rebuilt:
    """Build a new ledger from what is left; without `write` only say what it would hold.

    Raises `LedgerRefused` when the ledger that is there needs no rebuilding, or stands in a database of others.
    """
    target = settings.ledger_path
    outbox = Outbox(settings.ledger_url or target)
    try:
        done = Rebuilt(problems_of(outbox.engine, settings))
        is_there = ledger.exists(outbox.engine)
        if not done.problems:
            raise LedgerRefused("The outbox ledger is in order: it knows all that was handed off. Nothing to rebuild.")
        if is_there and settings.ledger_url:
            raise LedgerRefused(
                "The outbox ledger in FREDNING_LEDGER_URL is older than what was handed off. Name a new, empty "
                "database there and rebuild into it; the old one stays as it is."
            )
        evidence = collect(settings, read_file, outbox.engine if is_there else None)
    finally:
        outbox.close()
    fresh = target.with_name(f".{target.name}.rebuilt")
    _remove(fresh)
    url: Path | str = fresh
    if settings.ledger_url and write:
        url = settings.ledger_url
    try:
        with Outbox(url) as new:
            _fill(new, evidence, done, now)
            _settle(settings, new, today)
            approvals.stop_everything(new, f"{by} (rebuilt)", now)
            _count(new, done)
            if write:
                for path in exports_of(settings):
                    export_messages(new.engine, path)
        if write and not settings.ledger_url:
            done.kept_as = _set_aside(target, now)
            fresh.replace(target)
    finally:
        _remove(fresh)
    return done


def _fill(new: Outbox, evidence: Evidence, done: Rebuilt, now: datetime) -> None:
    new.create()
    rows = [_row(message_id, evidence, done) for message_id in sorted(_ids(evidence))]
    # A manifest without a message that anything knows is still a batch that was handed off.
    named = {batch_id: evidence.batches[batch_id] for batch_id in evidence.manifested}
    named |= {row["batch_id"]: row for row in rows}
    with new.transaction() as tx:
        for chunk in chunks([_batch(batch_id, row, evidence, now) for batch_id, row in sorted(named.items())]):
            tx.execute(new.insert_new(batches), chunk)
        for chunk in chunks(rows):
            tx.execute(sa.insert(messages), chunk)
            same = {"at": now, "attempt": 0, "fence": 0, "reason": "rebuilt"}
            tx.execute(sa.insert(transitions), [{name: row[name] for name in _LOGGED} | same for row in chunk])
        _insert(tx, new, suppressions, evidence.suppressions)
        _insert(tx, new, wishes, evidence.wishes)
        _insert(tx, new, erasures, evidence.erasures)
        for row in evidence.secret_keys:
            tx.execute(new.insert_new(secret_keys).values(row))


def _ids(evidence: Evidence) -> set[str]:
    return {*evidence.remembered, *evidence.handed_off, *evidence.decided}


def _row(message_id: str, evidence: Evidence, done: Rebuilt) -> Row:
    """One message by all that is known of it; what was told later outweighs what was known before."""
    sources = (evidence.decided, evidence.handed_off, evidence.remembered)
    row: Row = dict.fromkeys(_COLUMNS) | _REQUIRED
    for source in sources:
        known = source.get(message_id, {})
        row |= {name: value for name, value in known.items() if name in _COLUMNS and value is not None}
    before = State(row["state"]) if row["state"] else None
    batch_id = evidence.handed_off.get(message_id, row)["batch_id"]
    if before in _SETTLED and before is not None:
        row["state"], why = before, "remembered by an export or an old copy"
    elif message_id in evidence.handed_off or batch_id in evidence.manifested - evidence.read:
        row["state"], row["batch_id"], why = State.ACCEPTED, batch_id, "named by a hand-off file or its manifest"
        row |= {"reason": None, "error": None}
    else:
        row |= {"state": State.QUARANTINED, "reason": None, "error": IN_DOUBT}
        why = "decided or planned, and perhaps sent"
    done.why[why] += 1
    # The contact policy counts from the instant of sending; the planned one is the best that is left.
    sent_at = row["sent_at"] or (row["send_at"] if row["state"] not in FINAL else None)
    batch_id = row["batch_id"] or f"{row['run_date']}.{row['channel']}.{row['journey']}.{row['step']}.rebuilt"
    return row | {"sent_at": sent_at, "batch_id": batch_id, "attempt": row["attempt"] or 0, "fence": 0}


def _batch(batch_id: str, row: Row, evidence: Evidence, now: datetime) -> Row:
    blank = dict.fromkeys(batches.c.keys()) | {"format": "unknown", "n": 0, "sha256": "", "state": approvals.STOPPED}
    blank |= {name: row[name] for name in ("run_date", "channel", "journey", "step")} | {"reason": "rebuilt"}
    known = evidence.batches.get(batch_id, {})
    if known.get("state") not in (None, "SENT"):
        known = known | {"state": approvals.STOPPED, "reason": "rebuilt"}
    return (
        blank
        | {name: value for name, value in known.items() if value is not None}
        | {
            "batch_id": batch_id,
            "created": known.get("created") or now,
        }
    )


def _insert(tx: sa.Connection, new: Outbox, table: sa.Table, rows: Iterable[Row]) -> None:
    newest_first = sorted(rows, key=lambda row: row["at"], reverse=True)
    for chunk in chunks(newest_first):
        tx.execute(new.insert_new(table), chunk)


def _settle(settings: Settings, new: Outbox, today: date) -> None:
    """Let the provider's own reports speak: they prove sending, and say what became of it."""
    daily_steps.take_in_events(settings, new, today, since=date.min)


def _count(new: Outbox, done: Rebuilt) -> None:
    with new.transaction() as tx:
        counted: Any = tx.execute(sa.select(messages.c.state, sa.func.count()).group_by(messages.c.state))
        done.states.update(dict(counted.all()))
        done.n_suppressions = tx.execute(sa.select(sa.func.count()).select_from(suppressions)).scalar_one()


def _set_aside(target: Path, now: datetime) -> Path | None:
    """Move the ledger's files out of the way; returns where it lies now, if it was there.

    A log that outlived its database would be played into the one that comes into its place.
    """
    kept = target.with_name(f"{target.name}.before-rebuild-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    is_there = target.exists()
    for suffix in _FILES:
        beside = target.with_name(target.name + suffix)
        if beside.exists():
            beside.replace(kept.with_name(kept.name + suffix))
    return kept if is_there else None


def _remove(path: Path) -> None:
    for suffix in _FILES:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
