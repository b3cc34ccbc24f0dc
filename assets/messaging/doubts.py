"""Messages sent one by one whose answer is missing: settled by evidence under our own ids, or not at all.

A provider's silence proves nothing. Only a channel that can show that it never took a message lets it go again;
otherwise it waits for the provider's events, and after a day for a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from assets.messaging import owners
from assets.messaging.channels.messages import Doubt, Fate, MessageChannel
from assets.messaging.ledger import batches, messages, transitions
from assets.messaging.outbox import Outbox
from assets.messaging.reconcile import Reconciliation
from assets.messaging.states import State

PATIENCE = timedelta(hours=24)
# A second request must arrive while the first one's key is still remembered.
_MARGIN = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Again:
    """A message in doubt whose very bytes may be sent again: the provider still knows its key."""

    message_id: str
    batch_id: str


def settle_doubts(
    outbox: Outbox, channels: Mapping[str, MessageChannel], done: Reconciliation, *, senders_are_gone: bool = False
) -> list[Again]:
    """Move what there is evidence for; returns what may be sent again as it was."""
    now, again = outbox.now(), []
    for channel, rows in sorted(_in_doubt(outbox).items()):
        route = channels.get(channel)
        fates = _fates(route, rows, now)
        for row in rows:
            ids, since = [row["message_id"]], row["since"]
            is_over = senders_are_gone or row["lease_owner"] == outbox.owner
            is_over = is_over or owners.is_certainly_dead(row["lease_owner"])
            fate = fates.get(row["message_id"])
            ttl = route.promise.idempotency_ttl if route else None
            if fate is Fate.ACCEPTED:
                done.accepted += len(outbox.move(ids, {State.UNKNOWN}, State.ACCEPTED))
            elif fate is Fate.ABSENT and route and route.promise.proves_absence and is_over:
                changes = {"error": "the provider never took it", "sent_at": None}
                done.deferred += len(outbox.move(ids, {State.UNKNOWN}, State.DEFERRED, **changes))
            elif ttl is not None and is_over and now - since < ttl - _MARGIN:
                again.append(Again(row["message_id"], row["batch_id"]))
            elif now - since > PATIENCE:
                error = "no answer and no evidence; a person must look"
                done.quarantined += len(outbox.move(ids, {State.UNKNOWN}, State.QUARANTINED, error=error))
            else:
                done.unknown += 1
    return again


def _fates(route: MessageChannel | None, rows: list[dict[str, Any]], now: datetime) -> Mapping[str, Fate]:
    if route is None or not route.promise.can_lookup:
        return {}
    return route.look_up([Doubt(row["message_id"], row["since"]) for row in rows], now)


def _in_doubt(outbox: Outbox) -> dict[str, list[dict[str, Any]]]:
    """By channel, with the instant at which the last attempt began."""
    since = (
        sa.select(sa.func.max(transitions.c.at))
        .where(transitions.c.message_id == messages.c.message_id, transitions.c.state == State.SENDING)
        .scalar_subquery()
    )
    columns = (messages.c.message_id, messages.c.batch_id, messages.c.channel, messages.c.lease_owner)
    query = (
        sa.select(*columns, sa.type_coerce(since, transitions.c.at.type).label("since"))
        .join(batches, batches.c.batch_id == messages.c.batch_id)
        .where(messages.c.state == State.UNKNOWN, batches.c.manifest.is_(None))
        .order_by(messages.c.message_id)
    )
    found: dict[str, list[dict[str, Any]]] = {}
    with outbox.transaction() as tx:
        for row in tx.execute(query).mappings():
            found.setdefault(row["channel"], []).append(dict(row))
    return found
