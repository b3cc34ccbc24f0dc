"""One attempt at each of a few messages: what is due, the intent before bytes leave, and the outcome after.

The counterpart of `sending` for channels that take messages one by one: there the whole file is an intent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from assets.messaging import approvals, pacing
from assets.messaging.channels.messages import Result
from assets.messaging.claims import Claim, claim_approved, new_lease
from assets.messaging.ledger import Instant, batches, messages, meta
from assets.messaging.outbox import Outbox
from assets.messaging.sending import ASKED, Overtaken, Permissions, objections
from assets.messaging.states import State

# A message that was deferred this often needs a person's eye; it stays open for the next run.
MAX_ATTEMPTS = 8


def claim_due(outbox: Outbox, batch_id: str, limit: int, now: datetime) -> Claim:
    """Take the batch's next messages whose instant has come."""
    query = (
        sa.select(messages.c.message_id)
        .where(messages.c.batch_id == batch_id, messages.c.state == State.APPROVED)
        .where(messages.c.send_at <= sa.literal(now, Instant))
        .where(sa.or_(messages.c.expires_at.is_(None), messages.c.expires_at > sa.literal(now, Instant)))
        .where(pacing.may_try(outbox.now(), messages.c.message_id))
        .order_by(messages.c.send_at, messages.c.message_id)
        .limit(limit)
    )
    with outbox.transaction() as tx:
        due = tx.execute(query).scalars().all()
    return claim_approved(outbox, batch_id, due) if due else Claim(0, ())


def begin(outbox: Outbox, batch_id: str, claim: Claim, permissions: Permissions, now: datetime) -> Claim:
    """Write the intents: CLAIMED → SENDING for those that may leave at this instant; returns which.

    In one transaction with the look at the stop, at the batch and at every permission: whatever is recorded
    before it is obeyed. Messages that may not start go where they belong. Raises `Overtaken` when another worker
    has taken the claim.
    """
    with outbox.transaction() as tx:
        mine = sa.and_(messages.c.state == State.CLAIMED, messages.c.fence == claim.fence)
        rows = [dict(row) for row in tx.execute(sa.select(*ASKED).where(mine)).mappings()]
        if not rows:
            raise Overtaken(f"batch {batch_id}: the claim was taken over by another worker")
        stopped = tx.execute(sa.select(meta.c.stopped_at)).scalar() is not None
        state = tx.execute(sa.select(batches.c.state).where(batches.c.batch_id == batch_id)).scalar()
        if stopped or state != approvals.RELEASED:
            outbox.move_in(tx, claim.message_ids, {State.CLAIMED}, State.READY, fence=claim.fence)
            return Claim(claim.fence, ())
        barred: set[str] = set()
        for reason, ids in objections(tx, rows, permissions, now).items():
            barred |= set(outbox.move_in(tx, ids, {State.CLAIMED}, State.SUPPRESSED, fence=claim.fence, reason=reason))
        late = [r["message_id"] for r in rows if r["expires_at"] and r["expires_at"] <= now]
        barred |= set(outbox.move_in(tx, late, {State.CLAIMED}, State.EXPIRED, fence=claim.fence, reason="EXPIRED"))
        started = outbox.move_in(
            tx,
            [r["message_id"] for r in rows if r["message_id"] not in barred],
            {State.CLAIMED},
            State.SENDING,
            fence=claim.fence,
            attempt=messages.c.attempt + 1,
            sent_at=now,
        )
    return Claim(claim.fence, tuple(sorted(started)))


def begin_again(outbox: Outbox, ids: Collection[str], permissions: Permissions, now: datetime) -> Claim:
    """UNKNOWN → SENDING for the same bytes under the same key. What may not start any more stays in doubt."""
    with outbox.transaction() as tx:
        mine = sa.and_(messages.c.state == State.UNKNOWN, messages.c.message_id.in_(ids))
        rows = [dict(row) for row in tx.execute(sa.select(*ASKED).where(mine)).mappings()]
        barred = {i for found in objections(tx, rows, permissions, now).values() for i in found}
        barred |= {r["message_id"] for r in rows if r["expires_at"] and r["expires_at"] <= now}
        lease = new_lease(outbox, tx)
        started = outbox.move_in(
            tx,
            [r["message_id"] for r in rows if r["message_id"] not in barred],
            {State.UNKNOWN},
            State.SENDING,
            attempt=messages.c.attempt + 1,
            new_lease=lease,
        )
    return Claim(int(lease["fence"]), tuple(sorted(started)))


def record(outbox: Outbox, claim: Claim, results: Iterable[Result]) -> dict[State, int]:
    """Write the outcomes down. A lease that ended meanwhile changes nothing: an answer is evidence."""
    by_state: dict[State, list[Result]] = {}
    for result in results:
        by_state.setdefault(result.state, []).append(result)
    moved: dict[State, int] = {}
    with outbox.transaction() as tx:
        for state, found in sorted(by_state.items()):
            if state is State.DEFERRED:
                moved[state] = _deferred(outbox, tx, claim, found)
                continue
            sources = {State.SENDING} if state is State.UNKNOWN else {State.SENDING, State.UNKNOWN}
            n = 0
            for error in sorted({result.error or "" for result in found}):
                ids = [result.message_id for result in found if (result.error or "") == error]
                n += len(outbox.move_in(tx, ids, sources, state, fence=claim.fence, error=error or None))
            moved[state] = n
        _note_references(tx, claim, by_state.get(State.ACCEPTED, []))
    return moved


def _deferred(outbox: Outbox, tx: sa.Connection, claim: Claim, found: list[Result]) -> int:
    n = 0
    tried = {row[0]: row[1] for row in _attempts(tx, [result.message_id for result in found])}
    until: dict[str, datetime] = {}
    for result in found:
        changes: dict[str, Any] = {"fence": claim.fence, "error": result.error, "sent_at": None}
        ids, attempt = [result.message_id], tried.get(result.message_id, 1)
        moved = outbox.move_in(tx, ids, {State.SENDING, State.UNKNOWN}, State.DEFERRED, **changes)
        n += len(moved)
        if moved and attempt >= MAX_ATTEMPTS:
            error = f"given up for today after {attempt} attempts: {result.error}"
            outbox.move_in(tx, ids, {State.DEFERRED}, State.HELD, reason=approvals.HELD_BACK, error=error)
        elif moved:
            until[result.message_id] = outbox.now() + pacing.wait_after(attempt)
    pacing.defer(tx, outbox, until)
    return n


def _attempts(tx: sa.Connection, ids: list[str]) -> Any:
    return tx.execute(sa.select(messages.c.message_id, messages.c.attempt).where(messages.c.message_id.in_(ids)))


def _note_references(tx: sa.Connection, claim: Claim, found: list[Result]) -> None:
    """The provider's own names, for a person who looks there. Never used to find a message again."""
    rows = [{"mine": r.message_id, "theirs": r.reference} for r in found if r.reference]
    if rows:
        statement = (
            sa.update(messages)
            .where(messages.c.message_id == sa.bindparam("mine"), messages.c.fence == claim.fence)
            .values(provider_reference=sa.bindparam("theirs"))
        )
        tx.execute(statement, rows)
