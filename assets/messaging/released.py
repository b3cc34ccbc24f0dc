"""Batches whose messages leave one by one: released to the spool, looked after while they last, closed when done."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from assets.messaging import approvals, pacing
from assets.messaging.batches import Batch
from assets.messaging.ledger import Instant, batches, deferrals, messages
from assets.messaging.outbox import Outbox
from assets.messaging.sending import mark_sent
from assets.messaging.spool import Spool
from assets.messaging.states import COUNTS_AS_SENT, LEASED, OPEN, State

_QUEUED = frozenset({State.READY, State.APPROVED, State.DEFERRED})


def release(outbox: Outbox, spool: Spool, batch: Batch) -> None:
    """Give an approved batch to the workers. The spool comes first: a released batch can always be read."""
    spool.write(batch)
    with outbox.transaction() as tx:
        mine = sa.and_(batches.c.batch_id == batch.batch_id, batches.c.state == approvals.APPROVED)
        tx.execute(sa.update(batches).where(mine).values(state=approvals.RELEASED))


def in_work(outbox: Outbox, channels: Collection[str]) -> list[dict[str, Any]]:
    """Released batches of these channels, those with the earliest messages first."""
    first = sa.select(sa.func.min(messages.c.send_at)).where(messages.c.batch_id == batches.c.batch_id)
    query = (
        sa.select(batches.c.batch_id, batches.c.run_date, batches.c.channel)
        .where(batches.c.state == approvals.RELEASED, batches.c.channel.in_(sorted(channels)))
        .order_by(first.scalar_subquery(), batches.c.batch_id)
    )
    with outbox.transaction() as tx:
        return [dict(row) for row in tx.execute(query).mappings()]


def day_ends_at(run_date: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(run_date + timedelta(days=1), time(), tzinfo=zone).astimezone(UTC)


def requeue(outbox: Outbox, batch: dict[str, Any], now: datetime, zone: ZoneInfo) -> None:
    """Let what came back wait its turn again; hold everything once the day that it was decided for is over."""
    mine = sa.and_(messages.c.batch_id == batch["batch_id"], messages.c.state.in_(_QUEUED))
    with outbox.transaction() as tx:
        rows = tx.execute(sa.select(messages.c.message_id, messages.c.state).where(mine)).all()
        if now >= day_ends_at(batch["run_date"], zone):
            # Its instants and quarantines were worked out for that day; a later run decides anew.
            ids, why = [row[0] for row in rows], "the day it was decided for is over"
            outbox.move_in(tx, ids, _QUEUED, State.HELD, reason=approvals.HELD_BACK, error=why)
            return
        ready = sa.select(messages.c.message_id).where(mine, pacing.may_try(outbox.now(), messages.c.message_id))
        ready = ready.where(messages.c.state != State.APPROVED)
        ids = list(tx.execute(ready).scalars())
        outbox.move_in(tx, ids, {State.DEFERRED}, State.READY)
        outbox.move_in(tx, ids, {State.READY}, State.APPROVED)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the workers have before them: how many messages wait, from when one may leave, how many are in doubt."""

    n: int
    next_due_at: datetime | None
    n_in_doubt: int


def waiting(outbox: Outbox, channels: Collection[str]) -> Waiting:
    """The released messages of these channels that are still to be sent or settled."""
    # After a deferral a message's instant has passed long ago; it may leave when its wait is over.
    due = sa.case((deferrals.c.until > messages.c.send_at, deferrals.c.until), else_=messages.c.send_at)
    queued, in_doubt = messages.c.state.in_(sorted(_QUEUED)), messages.c.state.in_(sorted(LEASED | {State.UNKNOWN}))
    query = (
        sa.select(
            sa.func.count().filter(queued),
            sa.func.min(due, type_=Instant).filter(queued),
            sa.func.count().filter(in_doubt),
        )
        .select_from(messages)
        .join(batches, batches.c.batch_id == messages.c.batch_id)
        .outerjoin(deferrals, deferrals.c.message_id == messages.c.message_id)
        .where(batches.c.state == approvals.RELEASED, batches.c.channel.in_(sorted(channels)))
    )
    with outbox.transaction() as tx:
        return Waiting(*tx.execute(query).one())


def close_done(outbox: Outbox, spool: Spool, now: datetime, zone: ZoneInfo) -> None:
    """Mark batches of which nothing is left to send, and remove from the spool what nobody will send any more."""
    left = sa.func.count().filter(messages.c.state.in_(sorted(OPEN | LEASED | {State.UNKNOWN})))
    sent = sa.func.count().filter(messages.c.state.in_(sorted(COUNTS_AS_SENT)))
    doubtful = sa.func.count().filter(messages.c.state == State.UNKNOWN)
    for run_date, batch_id in spool.batches():
        query = sa.select(left, sent, doubtful).where(messages.c.batch_id == batch_id)
        with outbox.transaction() as tx:
            n_left, n_sent, n_doubtful = tx.execute(query).one()
            if not n_left:
                mine = batches.c.batch_id == batch_id
                tx.execute(sa.update(batches).where(mine, batches.c.state != "SENT").values(n_sent=n_sent))
                if n_sent:
                    mark_sent(tx, batch_id, outbox.now())
        is_over = now >= day_ends_at(run_date, zone)
        if not n_doubtful and (is_over or not n_left):
            spool.remove(run_date, batch_id)
