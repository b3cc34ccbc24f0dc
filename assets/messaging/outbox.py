"""The outbox ledger: what is planned, and every guarded move of a message.

The only module that changes a message's state. Every change names the states it may start from, is one statement with
that guard in it, and leaves a line in the append-only log, in one transaction. Reading belongs to `ledger_lookups`,
leases and fences to `claims`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from assets.messaging import ledger, owners
from assets.messaging.chunks import chunks
from assets.messaging.clock import WallClock
from assets.messaging.ledger import batches, messages, meta, transitions
from assets.messaging.states import OPEN, State, check_move


class Outbox:
    """One ledger. Safe to use from several processes; each call is one transaction."""

    def __init__(
        self,
        path_or_url: Path | str,
        *,
        owner: str | None = None,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self.engine = ledger.open_engine(path_or_url)
        self.owner = owner or owners.this_owner()
        # Leases are about processes, so they follow real time even when a past day is replayed.
        self._now = now or WallClock().now

    def create(self) -> None:
        """Make the tables and the epoch if they are not there. `ledger_guard` decides whether one may."""
        row = {
            "id": 1,
            "epoch": secrets.token_hex(8),
            "schema_version": ledger.SCHEMA_VERSION,
            "created": self._now(),
            "fence": 0,
        }
        with self.transaction() as tx:
            ledger.METADATA.create_all(tx)
            tx.execute(self.insert_new(meta).values(row))

    def close(self) -> None:
        self.engine.dispose()

    def __enter__(self) -> Outbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        with self.engine.begin() as tx:
            yield tx

    def now(self) -> datetime:
        """The instant by which leases, pauses and the log go: real time, also when a past day is replayed."""
        return self._now()

    def insert_new(self, table: sa.Table) -> Any:
        """An insert that leaves an existing row alone: how two planners of one day meet in peace."""
        dialect = postgresql if self.engine.dialect.name == "postgresql" else sqlite
        return dialect.insert(table).on_conflict_do_nothing()

    def plan(self, batch: dict[str, Any] | None, rows: Sequence[dict[str, Any]], to: State = State.PLANNED) -> int:
        """Write messages (and their batch) down before anything is done with them. Returns how many.

        A message that is still open is planned anew; one that has left or is final is not touched.
        """
        moved: list[str] = []
        with self.transaction() as tx:
            if batch is not None:
                tx.execute(self.insert_new(batches).values({**batch, "created": self._now()}))
                again = batches.c.batch_id == batch["batch_id"]
                again = sa.and_(again, batches.c.state == "SUPERSEDED")
                tx.execute(sa.update(batches).where(again).values(state="PLANNED"))
            left: set[str] = set()
            for chunk in chunks(rows):
                ids = [row["message_id"] for row in chunk]
                before = sa.select(messages.c.message_id, messages.c.batch_id)
                known = dict(tx.execute(before.where(messages.c.message_id.in_(ids))).all())
                fresh = [{**row, "state": to} for row in chunk if row["message_id"] not in known]
                if fresh:
                    done = tx.execute(self.insert_new(messages).returning(messages.c.message_id), fresh)
                    moved += self._log(tx, done.scalars().all())
                for row in chunk:
                    if row["message_id"] not in known:
                        continue
                    changes = {key: value for key, value in row.items() if key != "message_id"}
                    changed = self.move_in(tx, [row["message_id"]], OPEN, to, **changes)
                    if changed and known[row["message_id"]] not in (None, row["batch_id"]):
                        left.add(known[row["message_id"]])
                    moved += changed
            for batch_id in sorted(left):
                self._supersede_if_empty(tx, batch_id)
        return len(moved)

    def _supersede_if_empty(self, tx: sa.Connection, batch_id: str) -> None:
        # An approval of this hash would approve nothing any more; say so instead of accepting it.
        remaining = sa.select(sa.func.count()).where(messages.c.batch_id == batch_id)
        if tx.execute(remaining).scalar() == 0:
            tx.execute(
                sa.update(batches)
                .where(batches.c.batch_id == batch_id, batches.c.state != "SENT")
                .values(state="SUPERSEDED", approved_by=None, approved_at=None)
            )

    def move(self, ids: Collection[str], sources: Collection[State], target: State, **changes: Any) -> list[str]:
        """Move those of the messages that are in one of the sources; returns which ones moved."""
        with self.transaction() as tx:
            return self.move_in(tx, ids, sources, target, **changes)

    def move_in(
        self,
        tx: sa.Connection,
        ids: Collection[str],
        sources: Collection[State],
        target: State,
        *,
        fence: int | None = None,
        of_batch: str | None = None,
        new_lease: dict[str, Any] | None = None,
        **changes: Any,
    ) -> list[str]:
        """`move` inside a transaction.

        With a fence, only messages still claimed under that number; with a batch, only those that are still in it.
        """
        check_move(sources, target)
        changes |= new_lease or {}
        guard = messages.c.state.in_(sorted(sources))
        if fence is not None:
            guard = sa.and_(guard, messages.c.fence == fence)
        if of_batch is not None:
            guard = sa.and_(guard, messages.c.batch_id == of_batch)
        moved: list[str] = []
        for chunk in chunks(ids):
            statement = (
                sa.update(messages)
                .where(messages.c.message_id.in_(chunk), guard)
                .values({"reason": None, "error": None, **changes, "state": target})
                .returning(messages.c.message_id)
            )
            moved += self._log(tx, tx.execute(statement).scalars().all())
        return moved

    def _log(self, tx: sa.Connection, ids: Sequence[str]) -> list[str]:
        """A line in the log for each of these messages, as it now is."""
        for chunk in chunks(ids):
            row = sa.select(
                messages.c.message_id,
                sa.literal(self._now(), ledger.Instant),
                messages.c.state,
                messages.c.attempt,
                messages.c.fence,
                messages.c.reason,
            ).where(messages.c.message_id.in_(chunk))
            names = ["message_id", "at", "state", "attempt", "fence", "reason"]
            tx.execute(sa.insert(transitions).from_select(names, row.order_by(messages.c.message_id)))
        return list(ids)
