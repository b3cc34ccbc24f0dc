"""Who lets a batch go: automatic or a person's approval, bound to the hash of its messages; holds and stops."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from assets.messaging.claims import Claim
from assets.messaging.ledger import batches, meta
from assets.messaging.outbox import Outbox
from assets.messaging.states import OPEN, State

AUTO = "auto"
PLANNED, HELD_BACK, APPROVED, STOPPED = "PLANNED", "HELD_BACK", "APPROVED", "STOPPED"
# In the spool: workers send its messages one by one as they fall due.
RELEASED = "RELEASED"
WAITING = (PLANNED, HELD_BACK, APPROVED, STOPPED)


class ApprovalRefused(ValueError):
    """The hash names no batch, several, or one that is no longer waiting; the message says which."""


def approve(outbox: Outbox, sha256: str, by: str, now: datetime, *, of_batch: str | None = None) -> str:
    """Approve the waiting batch with this hash (its first 8 digits are enough). Returns its id.

    The next hand-off of its day sends it, if its messages still have the very bytes that were approved. `of_batch`:
    only if the hash is that batch's.
    """
    changes: dict[str, object] = {"state": APPROVED, "reason": None, "approved_by": by, "approved_at": now}
    return _decide(outbox, sha256, changes, WAITING, of_batch)


def stop_batch(outbox: Outbox, sha256: str, by: str) -> str:
    """Keep a batch, or what is left of it, back until a person approves it, whatever the configuration says."""
    changes: dict[str, object] = {
        "state": STOPPED,
        "reason": f"stopped by {by}",
        "approved_by": None,
        "approved_at": None,
    }
    return _decide(outbox, sha256, changes, (*WAITING, RELEASED))


def _decide(
    outbox: Outbox, sha256: str, changes: dict[str, object], waiting: tuple[str, ...], of_batch: str | None = None
) -> str:
    if len(sha256) < 8 or not all(digit in "0123456789abcdef" for digit in sha256):
        raise ApprovalRefused("give at least the first 8 hexadecimal digits of the batch's hash")
    with outbox.transaction() as tx:
        found = tx.execute(
            sa.select(batches.c.batch_id, batches.c.state).where(batches.c.sha256.startswith(sha256, autoescape=True))
        ).all()
        if not found:
            raise ApprovalRefused(f"no batch has the hash {sha256}; list them with `fredning outbox`")
        if len(found) > 1:
            raise ApprovalRefused(f"{len(found)} batches begin with {sha256}; give more digits")
        batch_id, state = found[0]
        if of_batch is not None and batch_id != of_batch:
            raise ApprovalRefused(f"the hash {sha256[:12]} is not that of {of_batch} but of {batch_id}: look again")
        if state not in waiting:
            raise ApprovalRefused(f"batch {batch_id} is {state} and waits for nobody")
        tx.execute(sa.update(batches).where(batches.c.batch_id == batch_id).values(**changes))
        return str(batch_id)


def hold_back(outbox: Outbox, batch_id: str, ids: Collection[str], why: str) -> None:
    """Keep these messages of a batch for now and say why; a person's own stop stays what it is."""
    with outbox.transaction() as tx:
        outbox.move_in(tx, ids, OPEN, State.HELD, reason=HELD_BACK, error=why)
        tx.execute(
            sa.update(batches)
            .where(batches.c.batch_id == batch_id, batches.c.state.in_((PLANNED, APPROVED)))
            .where(sa.or_(batches.c.approved_by.is_(None), batches.c.approved_by == AUTO))
            .values(state=HELD_BACK, approved_by=None, approved_at=None)
        )
        tx.execute(
            sa.update(batches).where(batches.c.batch_id == batch_id, batches.c.state != STOPPED).values(reason=why)
        )


def let_through(outbox: Outbox, batch_id: str, ids: Collection[str], now: datetime) -> None:
    """Take messages of a batch from wherever they wait to APPROVED, and note who approved it."""
    waiting = {State.PLANNED, State.HELD, State.DEFERRED}
    with outbox.transaction() as tx:
        tx.execute(
            sa.update(batches)
            .where(batches.c.batch_id == batch_id, batches.c.approved_by.is_(None))
            .values(approved_by=AUTO, approved_at=now)
        )
        tx.execute(
            sa.update(batches)
            .where(batches.c.batch_id == batch_id, batches.c.state.in_(WAITING))
            .values(state=APPROVED, reason=None)
        )
        outbox.move_in(tx, ids, waiting, State.READY)
        outbox.move_in(tx, ids, {State.READY}, State.APPROVED)


def give_back(outbox: Outbox, batch_id: str, claim: Claim, why: str) -> None:
    """Hold claimed messages that have not started yet."""
    held = {"reason": HELD_BACK, "error": why}
    outbox.move(claim.message_ids, {State.CLAIMED}, State.HELD, fence=claim.fence, **held)
    hold_back(outbox, batch_id, (), why)


def stop_everything(outbox: Outbox, by: str, now: datetime) -> None:
    """The kill switch: nothing starts sending, in no process on this ledger, until `resume`."""
    with outbox.transaction() as tx:
        tx.execute(sa.update(meta).values(stopped_at=now, stopped_by=by))


def resume(outbox: Outbox) -> None:
    with outbox.transaction() as tx:
        tx.execute(sa.update(meta).values(stopped_at=None, stopped_by=None))
