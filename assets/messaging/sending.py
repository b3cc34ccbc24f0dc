"""The instant of sending: permission and expiry looked at once more, and the intent written down.

`begin` is the point of no return. Before it a message can go back; after it only evidence moves it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from assets.messaging.claims import Claim
from assets.messaging.ledger import Instant, batches, messages
from assets.messaging.ledger_lookups import suppressed_in
from assets.messaging.outbox import Outbox
from assets.messaging.states import State
from assets.messaging.wishes import wishes_since

# Its person was forgotten; and the same once it is somebody's anew (assets/privacy/returns.py). Nobody can tell whether
# that is the same person, so a sale alone permits nothing there: only service, and a consent that came since.
ERASED, ERASED_BEFORE = "erased", "erased_before"
# An opt-out of marketing leaves service messages alone; these stop everything to the address.
STOPS_EVERYTHING = frozenset({"hard_bounce", "complaint", ERASED})
OPT_OUT = "unsubscribed"
# An opt-out that only the ledger knows, because its address could not be found: no later decision will see it.
OPT_OUT_FOR_GOOD = "unsubscribed_for_good"


# All that permission and expiry depend on.
ASKED = [
    messages.c[name]
    for name in ("message_id", "address_key", "channel", "class", "permission_basis", "send_at", "expires_at")
]


class Overtaken(RuntimeError):
    """This worker's lease ended and somebody else took over; it must stop and write nothing."""


@dataclass(frozen=True, slots=True)
class Permissions:
    """What is known about withdrawn permissions, besides the ledger's own suppressions.

    Opt-outs before `as_of` were seen by the decision itself (and may have been followed by a new
    consent); only later ones are news to it.
    """

    withdrawn: frozenset[tuple[str, str]]
    as_of: datetime

    def objection(
        self, row: Mapping[str, Any], suppressed: Mapping[tuple[str, str], list[tuple[str, datetime]]]
    ) -> str | None:
        """The reason why this message may not start, or None."""
        if not row["permission_basis"]:
            return "WITHDRAWN"
        # An erasure leaves no hash on a message: whose it was, nobody knows any more, so nobody may get it.
        if not row["address_key"]:
            return "ADDRESS_SUPPRESSED"
        key = (row["address_key"], row["channel"])
        marketing = row["permission_basis"] != "service"
        reasons = suppressed.get(key, [])
        if any(reason in STOPS_EVERYTHING for reason, _ in reasons):
            return "ADDRESS_SUPPRESSED"
        if row["permission_basis"] == "existing_customer" and any(reason == ERASED_BEFORE for reason, _ in reasons):
            return "ADDRESS_SUPPRESSED"
        opted_out = any(
            reason == OPT_OUT_FOR_GOOD or (reason == OPT_OUT and at >= self.as_of) for reason, at in reasons
        )
        if marketing and (opted_out or key in self.withdrawn):
            return "WITHDRAWN"
        return None


def recheck(outbox: Outbox, batch_id: str, states: Collection[State], permissions: Permissions, now: datetime) -> None:
    """Suppress what lost its permission and expire what came too late, among a batch's open messages."""
    with outbox.transaction() as tx:
        query = sa.select(*ASKED).where(messages.c.batch_id == batch_id, messages.c.state.in_(states))
        rows = [dict(row) for row in tx.execute(query.order_by(messages.c.message_id)).mappings()]
        for reason, ids in objections(tx, rows, permissions, now).items():
            outbox.move_in(tx, ids, states, State.SUPPRESSED, reason=reason)
        late = [r["message_id"] for r in rows if r["expires_at"] and r["expires_at"] <= max(r["send_at"], now)]
        outbox.move_in(tx, late, states, State.EXPIRED, reason="EXPIRED")


def expire_open(outbox: Outbox, states: Collection[State], now: datetime) -> int:
    """Expire everything that was left over from earlier runs; returns how many."""
    query = sa.select(messages.c.message_id).where(messages.c.state.in_(states), messages.c.expires_at <= now)
    with outbox.transaction() as tx:
        ids = tx.execute(query).scalars().all()
        return len(outbox.move_in(tx, ids, states, State.EXPIRED, reason="EXPIRED"))


def begin(
    outbox: Outbox, batch_id: str, claim: Claim, permissions: Permissions, now: datetime, record: dict[str, Any]
) -> bool:
    """Write the intent: CLAIMED → SENDING for exactly these messages, with what will be handed over.

    Returns False, and changes nothing, if one of them lost its permission since the file was made:
    the caller then makes the file anew. Raises `Overtaken` if the claim is no longer this worker's.
    """
    with outbox.transaction() as tx:
        query = sa.select(*ASKED).where(messages.c.state == State.CLAIMED, messages.c.fence == claim.fence)
        rows = [dict(row) for row in tx.execute(query).mappings()]
        if objections(tx, rows, permissions, now):
            return False
        started = outbox.move_in(
            tx,
            claim.message_ids,
            {State.CLAIMED},
            State.SENDING,
            fence=claim.fence,
            attempt=messages.c.attempt + 1,
            sent_at=sa.case((messages.c.send_at > now, messages.c.send_at), else_=sa.literal(now, Instant)),
        )
        if len(started) != len(claim.message_ids):
            raise Overtaken(f"batch {batch_id}: the claim was taken over by another worker")
        tx.execute(sa.update(batches).where(batches.c.batch_id == batch_id).values(**record))
    return True


def accept(outbox: Outbox, batch_id: str, claim: Claim, reference: str, now: datetime) -> int:
    """The channel has them. A lease that ended meanwhile changes nothing: this is positive evidence."""
    with outbox.transaction() as tx:
        done = outbox.move_in(
            tx,
            claim.message_ids,
            {State.SENDING, State.UNKNOWN},
            State.ACCEPTED,
            fence=claim.fence,
            provider_reference=reference,
        )
        mark_sent(tx, batch_id, now)
    return len(done)


def mark_sent(tx: sa.Connection, batch_id: str, now: datetime) -> None:
    tx.execute(
        sa.update(batches)
        .where(batches.c.batch_id == batch_id, batches.c.state != "SENT")
        .values(state="SENT", reason=None, sent_at=now)
    )


def objections(
    tx: sa.Connection, rows: list[dict[str, Any]], permissions: Permissions, now: datetime
) -> dict[str, list[str]]:
    """The messages among these that may not start, by reason."""
    addresses = {(row["address_key"], row["channel"]) for row in rows}
    suppressed = suppressed_in(tx, addresses)
    asked_for = wishes_since(tx, addresses, permissions.as_of, now)
    found: dict[str, list[str]] = {}
    for row in rows:
        reason = permissions.objection(row, suppressed)
        wish = asked_for.get((row["address_key"], row["channel"]))
        if reason is None and wish and wish.forbids(row, now):
            reason = "WITHDRAWN"
        if reason:
            found.setdefault(reason, []).append(row["message_id"])
    return found
