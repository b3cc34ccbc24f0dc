"""Who holds which messages: claims by lease and fence, and what becomes of those whose worker is gone.

A lease says until when a worker counts as alive, its fence number that nobody took over: every later write of the
worker is guarded by it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from assets.messaging import owners
from assets.messaging.ledger import messages, meta
from assets.messaging.outbox import Outbox
from assets.messaging.states import State

LEASE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Claim:
    """The messages that one worker holds, under one fence number."""

    fence: int
    message_ids: tuple[str, ...]


def claim_approved(outbox: Outbox, batch_id: str, message_ids: Collection[str]) -> Claim:
    """Take those of the batch's messages that are approved, for this worker, under one new fence number."""
    with outbox.transaction() as tx:
        lease = new_lease(outbox, tx)
        claimed = outbox.move_in(tx, message_ids, {State.APPROVED}, State.CLAIMED, of_batch=batch_id, new_lease=lease)
    return Claim(int(lease["fence"]), tuple(sorted(claimed)))


def new_lease(outbox: Outbox, tx: sa.Connection) -> dict[str, Any]:
    """What a claimed row notes about its worker, under a fence number that nobody had before."""
    raised = sa.update(meta).values(fence=meta.c.fence + 1).returning(meta.c.fence)
    fence = int(tx.execute(raised).scalar_one())
    return {"fence": fence, "lease_owner": outbox.owner, "lease_until": outbox.now() + LEASE}


def still_held(outbox: Outbox, claim: Claim) -> Claim:
    """The claim without the messages that have meanwhile been suppressed, expired or taken over."""
    query = sa.select(messages.c.message_id).where(messages.c.fence == claim.fence, messages.c.state == State.CLAIMED)
    with outbox.transaction() as tx:
        held = set(tx.execute(query).scalars())
    return Claim(claim.fence, tuple(i for i in claim.message_ids if i in held))


def release_dead(outbox: Outbox, *, senders_are_gone: bool = False) -> dict[State, int]:
    """Take messages from workers that died or are late: CLAIMED → READY, SENDING → UNKNOWN only."""
    now = outbox.now()
    lost: dict[State, list[str]] = {State.CLAIMED: [], State.SENDING: []}
    columns = (messages.c.message_id, messages.c.state, messages.c.lease_owner, messages.c.lease_until)
    with outbox.transaction() as tx:
        rows = tx.execute(sa.select(*columns).where(messages.c.state.in_(sorted(lost)))).all()
        gone = {owner: owners.is_certainly_dead(owner) for owner in {row[2] for row in rows}}
        for message_id, state, owner, until in rows:
            if senders_are_gone or gone[owner] or until is None or until <= now:
                lost[State(state)].append(message_id)
        back = outbox.move_in(tx, lost[State.CLAIMED], {State.CLAIMED}, State.READY)
        unknown = outbox.move_in(tx, lost[State.SENDING], {State.SENDING}, State.UNKNOWN, error="the sender is gone")
    return {State.READY: len(back), State.UNKNOWN: len(unknown)}
