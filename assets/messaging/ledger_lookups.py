"""What the steps of a hand-off look up in the ledger: messages, batches, the stop, suppressions. Changes nothing.

What a person asks is answered by `ledger_views`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from assets.messaging.chunks import chunks
from assets.messaging.ledger import batches, messages, meta, suppressions
from assets.messaging.outbox import Outbox
from assets.messaging.states import State


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger already knows about a message."""

    state: State
    batch_id: str | None
    request_hash: str | None
    run_date: date


def known_messages(outbox: Outbox, message_ids: Collection[str]) -> dict[str, Known]:
    """What is known about these messages; unknown ones are left out."""
    columns = (messages.c.message_id, messages.c.state, messages.c.batch_id)
    query = sa.select(*columns, messages.c.request_hash, messages.c.run_date)
    found: dict[str, Known] = {}
    with outbox.transaction() as tx:
        for chunk in chunks(message_ids):
            for row in tx.execute(query.where(messages.c.message_id.in_(chunk))):
                found[row[0]] = Known(State(row[1]), row[2], row[3], row[4])
    return found


def members_of(outbox: Outbox, batch_id: str, states: Collection[State] | None = None) -> list[dict[str, Any]]:
    """The rows of one batch in a fixed order."""
    query = sa.select(messages).where(messages.c.batch_id == batch_id)
    if states is not None:
        query = query.where(messages.c.state.in_(states))
    with outbox.transaction() as tx:
        rows = tx.execute(query.order_by(messages.c.message_id)).mappings()
        return [dict(row) for row in rows]


def find_batch(outbox: Outbox, batch_id: str) -> dict[str, Any] | None:
    """A batch's row, or None if the ledger has none of this id."""
    with outbox.transaction() as tx:
        row = tx.execute(sa.select(batches).where(batches.c.batch_id == batch_id)).mappings().first()
    return dict(row) if row else None


def require_batch(outbox: Outbox, batch_id: str) -> dict[str, Any]:
    """A batch that must be there. Raises `LookupError` if it is not."""
    row = find_batch(outbox, batch_id)
    if row is None:
        raise LookupError(f"the ledger has no batch {batch_id}")
    return row


def is_stopped(outbox: Outbox) -> bool:
    """Whether somebody has stopped all sending on this ledger."""
    with outbox.transaction() as tx:
        return is_stopped_in(tx)


def is_stopped_in(tx: sa.Connection) -> bool:
    """`is_stopped` inside a transaction."""
    return tx.execute(sa.select(meta.c.stopped_at)).scalar() is not None


def suppressed_in(
    tx: sa.Connection, keys: Collection[tuple[str, str]]
) -> dict[tuple[str, str], list[tuple[str, datetime]]]:
    """The ledger's suppressions of these (address key, channel) pairs, inside a transaction."""
    found: dict[tuple[str, str], list[tuple[str, datetime]]] = {}
    wanted = set(keys)
    for chunk in chunks({key for key, _ in wanted}):
        for row in tx.execute(sa.select(suppressions).where(suppressions.c.address_key.in_(chunk))):
            if (row.address_key, row.channel) in wanted:
                found.setdefault((row.address_key, row.channel), []).append((row.reason, row.at))
    return found
