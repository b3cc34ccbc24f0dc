"""What a person asks the ledger: how many are in which state, which batches wait and why, one message's life."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from assets.messaging.ledger import batches, messages, transitions
from assets.messaging.ledger_lookups import members_of
from assets.messaging.outbox import Outbox
from assets.messaging.states import State


def count_by_state(outbox: Outbox, run_date: date | None = None) -> list[dict[str, Any]]:
    """run_date, journey, channel, state, reason → n."""
    keys = [messages.c[name] for name in ("run_date", "journey", "channel", "state", "reason")]
    query = sa.select(*keys, sa.func.count().label("n")).group_by(*keys).order_by(*keys)
    return _rows(outbox, query if run_date is None else query.where(messages.c.run_date == run_date))


def list_batches(outbox: Outbox, run_date: date | None = None, states: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Batches with the hash to approve them by, newest day first."""
    shown = ("batch_id", "run_date", "channel", "journey", "step", "language", "n", "sha256", "state", "reason")
    columns = [batches.c[name] for name in (*shown, "approved_by", "approved_at", "n_sent", "sent_at", "file")]
    query = sa.select(*columns).order_by(batches.c.run_date.desc(), batches.c.batch_id)
    if run_date is not None:
        query = query.where(batches.c.run_date == run_date)
    if states:
        query = query.where(batches.c.state.in_(states))
    return _rows(outbox, query)


def life_of(outbox: Outbox, message_id: str) -> list[dict[str, Any]]:
    """Every state that a message has been in, in order."""
    columns = (transitions.c.at, transitions.c.state, transitions.c.attempt, transitions.c.reason)
    query = sa.select(*columns).where(transitions.c.message_id == message_id)
    return _rows(outbox, query.order_by(transitions.c.seq))


def dead_letters(outbox: Outbox, run_date: date | None = None) -> list[dict[str, Any]]:
    """What was not sent, grouped by error, with the most attempts of one message and the id of one as example."""
    keys = [messages.c[name] for name in ("run_date", "journey", "channel", "state", "error")]
    figures = (
        sa.func.max(messages.c.attempt).label("attempts"),
        sa.func.count().label("n"),
        sa.func.min(messages.c.message_id).label("example"),
    )
    failed = sa.or_(
        messages.c.state.in_((State.REJECTED, State.QUARANTINED)),
        sa.and_(messages.c.state == State.HELD, messages.c.error.is_not(None)),
        sa.and_(messages.c.state == State.EXPIRED, messages.c.attempt > 0),
    )
    query = sa.select(*keys, *figures).where(failed).group_by(*keys).order_by(*keys)
    return _rows(outbox, query if run_date is None else query.where(messages.c.run_date == run_date))


def resolve(outbox: Outbox, batch_id: str, *, was_sent: bool, by: str, now: datetime) -> int:
    """A person's verdict over a batch's QUARANTINED messages, after looking at the provider's side."""
    target = State.ACCEPTED if was_sent else State.REJECTED
    ids = [row["message_id"] for row in members_of(outbox, batch_id, {State.QUARANTINED})]
    return len(outbox.move(ids, {State.QUARANTINED}, target, error=f"decided by {by} at {now.isoformat()}"))


def _rows(outbox: Outbox, query: sa.Select[Any]) -> list[dict[str, Any]]:
    with outbox.transaction() as tx:
        return [dict(row) for row in tx.execute(query).mappings()]
