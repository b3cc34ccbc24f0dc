"""After a crash: find out by our own names what was handed off, and move messages by evidence only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from assets.messaging import owners
from assets.messaging.channels.file import FileChannel, Found
from assets.messaging.claims import release_dead
from assets.messaging.ledger import batches, messages
from assets.messaging.ledger_lookups import find_batch, members_of
from assets.messaging.manifest import manifest_name
from assets.messaging.outbox import Outbox
from assets.messaging.sending import mark_sent
from assets.messaging.states import COUNTS_AS_SENT, State


@dataclass(slots=True)
class Reconciliation:
    """What a look around found: numbers of messages, and what a person should know."""

    released: int = 0
    accepted: int = 0
    deferred: int = 0
    quarantined: int = 0
    unknown: int = 0
    notes: list[str] = field(default_factory=list)


def reconcile(outbox: Outbox, channel: FileChannel, now: datetime, *, senders_are_gone: bool = False) -> Reconciliation:
    """Free what dead workers held, then look every uncertain batch up.

    `senders_are_gone` is a person's word that no worker is running anywhere; without it a worker on
    another host is only believed dead once that can be proved.
    """
    done = Reconciliation()
    done.released = release_dead(outbox, senders_are_gone=senders_are_gone)[State.READY]
    with outbox.transaction() as tx:
        uncertain = sa.select(messages.c.batch_id).where(messages.c.state == State.UNKNOWN)
        ids = sorted(set(tx.execute(uncertain).scalars()))
    for batch_id in ids:
        batch = find_batch(outbox, batch_id)
        # Only files have a manifest; messages that leave one by one are `doubts`.
        if batch is not None and batch["manifest"] is not None:
            settle(outbox, channel, batch, now, done, sender_is_gone=senders_are_gone)
    return done


def settle(
    outbox: Outbox,
    channel: FileChannel,
    batch: dict[str, Any],
    now: datetime,
    done: Reconciliation,
    *,
    sender_is_gone: bool,
) -> None:
    """Decide the UNKNOWN messages of one batch by what lies in the outbox."""
    batch_id, manifest = batch["batch_id"], batch["manifest"].encode()
    members = members_of(outbox, batch_id, {State.UNKNOWN})
    ids = [member["message_id"] for member in members]
    found = channel.look_up(batch["file"], batch["file_sha256"], _manifest_name(batch), manifest)
    if found is Found.WITHOUT_MANIFEST:
        channel.put(_manifest_name(batch), manifest)
    if found in (Found.COMPLETE, Found.COLLECTED, Found.WITHOUT_MANIFEST):
        with outbox.transaction() as tx:
            done.accepted += len(
                outbox.move_in(tx, ids, {State.UNKNOWN}, State.ACCEPTED, provider_reference=batch["file"])
            )
            mark_sent(tx, batch_id, now)
        return
    # Somebody who has part of the batch (an event came back) contradicts an empty place.
    contradicted = bool(members_of(outbox, batch_id, COUNTS_AS_SENT - {State.UNKNOWN}))
    if found is Found.OTHER_CONTENT or contradicted:
        moved = outbox.move(ids, {State.UNKNOWN}, State.QUARANTINED, error=f"outbox holds {found}; a person must look")
        done.quarantined += len(moved)
        done.notes.append(f"{batch_id}: {found} in the outbox, {len(moved)} messages need a person")
        return
    if sender_is_gone or all(owners.is_certainly_dead(member["lease_owner"]) for member in members):
        done.deferred += len(outbox.move(ids, {State.UNKNOWN}, State.DEFERRED, error="not in the outbox", sent_at=None))
        return
    done.unknown += len(ids)
    done.notes.append(f"{batch_id}: nothing in the outbox, but its sender may still be alive")


@dataclass(frozen=True, slots=True)
class Deviation:
    """A handed-off batch whose files are not as the ledger remembers them."""

    batch_id: str
    found: Found


def verify(outbox: Outbox, channel: FileChannel, run_date: date) -> list[Deviation]:
    """Compare a day's handed-off files with the ledger; a lost manifest of an intact file is put back.

    Files that were collected and removed by the provider are no deviation.
    """
    # Only files have a manifest; messages that left one by one lie nowhere.
    handed_off = (batches.c.run_date == run_date, batches.c.state == "SENT", batches.c.manifest.is_not(None))
    query = sa.select(batches).where(*handed_off)
    with outbox.transaction() as tx:
        sent = [dict(row) for row in tx.execute(query.order_by(batches.c.batch_id)).mappings()]
    deviations = []
    for batch in sent:
        manifest = batch["manifest"].encode()
        found = channel.look_up(batch["file"], batch["file_sha256"], _manifest_name(batch), manifest)
        if found is Found.WITHOUT_MANIFEST:
            channel.put(_manifest_name(batch), manifest)
        if found in (Found.WITHOUT_MANIFEST, Found.OTHER_CONTENT):
            deviations.append(Deviation(batch["batch_id"], found))
    return deviations


def _manifest_name(batch: dict[str, Any]) -> str:
    return manifest_name(batch["run_date"], batch["batch_id"])
