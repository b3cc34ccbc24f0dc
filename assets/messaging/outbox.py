"""The outbox ledger: plans, guarded moves, claims by lease and fence, approvals, suppressions.

The only module that changes a message's state. Every change names the states it may start from, is
one statement with that guard in it, and leaves a line in the append-only log, in one transaction.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from assets.messaging import ledger, ledger_export, owners
from assets.messaging.clock import WallClock
from assets.messaging.ledger import batches, messages, meta, suppressions, transitions
from assets.messaging.states import OPEN, State, check_move

LEASE = timedelta(minutes=10)
# Well below the number of parameters that one statement may have in either database.
CHUNK = 2_000

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger already knows about a message."""

    state: State
    batch_id: str | None
    request_hash: str | None
    run_date: date


@dataclass(frozen=True, slots=True)
class Claim:
    """The messages that one worker holds, under one fence number."""

    fence: int
    message_ids: tuple[str, ...]


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

    # --- reading -----------------------------------------------------------------------------------

    def known(self, message_ids: Collection[str]) -> dict[str, Known]:
        """What is known about these messages; unknown ones are left out."""
        columns = (messages.c.message_id, messages.c.state, messages.c.batch_id)
        query = sa.select(*columns, messages.c.request_hash, messages.c.run_date)
        found: dict[str, Known] = {}
        with self.engine.begin() as tx:
            for chunk in _chunks(message_ids):
                for row in tx.execute(query.where(messages.c.message_id.in_(chunk))):
                    found[row[0]] = Known(State(row[1]), row[2], row[3], row[4])
        return found

    def members(self, batch_id: str, states: Collection[State] | None = None) -> list[dict[str, Any]]:
        """The rows of one batch in a fixed order."""
        query = sa.select(messages).where(messages.c.batch_id == batch_id)
        if states is not None:
            query = query.where(messages.c.state.in_(states))
        with self.engine.begin() as tx:
            rows = tx.execute(query.order_by(messages.c.message_id)).mappings()
            return [dict(row) for row in rows]

    def batch(self, batch_id: str) -> dict[str, Any] | None:
        with self.engine.begin() as tx:
            row = tx.execute(sa.select(batches).where(batches.c.batch_id == batch_id)).mappings().first()
        return dict(row) if row else None

    def require_batch(self, batch_id: str) -> dict[str, Any]:
        """A batch that must be there. Raises `LookupError` if it is not."""
        row = self.batch(batch_id)
        if row is None:
            raise LookupError(f"the ledger has no batch {batch_id}")
        return row

    def is_stopped(self) -> bool:
        with self.engine.begin() as tx:
            return tx.execute(sa.select(meta.c.stopped_at)).scalar() is not None

    def export_messages(self, path: Path) -> int:
        """Write the whole ledger for the warehouse; returns the number of messages."""
        return ledger_export.export_messages(self.engine, path)

    # --- planning ----------------------------------------------------------------------------------

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
            for chunk in _chunks(rows):
                ids = [row["message_id"] for row in chunk]
                before = sa.select(messages.c.message_id, messages.c.batch_id)
                known = dict(tx.execute(before.where(messages.c.message_id.in_(ids))).all())
                fresh = [{**row, "state": to} for row in chunk if row["message_id"] not in known]
                if fresh:
                    done = tx.execute(self.insert_new(messages).returning(messages.c.message_id), fresh)
                    moved += self._log(tx, done.scalars().all(), to, None)
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

    # --- moving ------------------------------------------------------------------------------------

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
        new_lease: dict[str, Any] | None = None,
        **changes: Any,
    ) -> list[str]:
        """`move` inside a transaction. With a fence, only messages still claimed under that number."""
        check_move(sources, target)
        changes |= new_lease or {}
        guard = messages.c.state.in_(sorted(sources))
        if fence is not None:
            guard = sa.and_(guard, messages.c.fence == fence)
        moved: list[str] = []
        for chunk in _chunks(ids):
            statement = (
                sa.update(messages)
                .where(messages.c.message_id.in_(chunk), guard)
                .values({"reason": None, "error": None, **changes, "state": target})
                .returning(messages.c.message_id)
            )
            moved += self._log(tx, tx.execute(statement).scalars().all(), target, changes.get("reason"))
        return moved

    def _log(self, tx: sa.Connection, ids: Sequence[str], state: State, reason: str | None) -> list[str]:
        for chunk in _chunks(ids):
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

    # --- claims ------------------------------------------------------------------------------------

    def claim(self, batch_id: str, message_ids: Collection[str]) -> Claim:
        """Take those of the messages that are approved, for this worker, under one new fence number."""
        claimed: list[str] = []
        with self.transaction() as tx:
            lease = self.new_lease(tx)
            for chunk in _chunks(message_ids):
                statement = (
                    sa.update(messages)
                    .where(messages.c.message_id.in_(chunk), messages.c.batch_id == batch_id)
                    .where(messages.c.state == State.APPROVED)
                    .values(state=State.CLAIMED, **lease)
                    .returning(messages.c.message_id)
                )
                claimed += self._log(tx, tx.execute(statement).scalars().all(), State.CLAIMED, None)
        return Claim(int(lease["fence"]), tuple(sorted(claimed)))

    def new_lease(self, tx: sa.Connection) -> dict[str, Any]:
        """What a claimed row notes about its worker, under a fence number that nobody had before."""
        raised = sa.update(meta).values(fence=meta.c.fence + 1).returning(meta.c.fence)
        fence = int(tx.execute(raised).scalar_one())
        return {"fence": fence, "lease_owner": self.owner, "lease_until": self._now() + LEASE}

    def still_held(self, claim: Claim) -> Claim:
        """The claim without the messages that have meanwhile been suppressed, expired or taken over."""
        query = sa.select(messages.c.message_id).where(
            messages.c.fence == claim.fence, messages.c.state == State.CLAIMED
        )
        with self.transaction() as tx:
            held = set(tx.execute(query).scalars())
        return Claim(claim.fence, tuple(i for i in claim.message_ids if i in held))

    def release_dead(self, *, senders_are_gone: bool = False) -> dict[State, int]:
        """Take messages from workers that died or are late: CLAIMED → READY, SENDING → UNKNOWN only."""
        now = self._now()
        lost: dict[State, list[str]] = {State.CLAIMED: [], State.SENDING: []}
        columns = (messages.c.message_id, messages.c.state, messages.c.lease_owner, messages.c.lease_until)
        with self.transaction() as tx:
            rows = tx.execute(sa.select(*columns).where(messages.c.state.in_(sorted(lost)))).all()
            gone = {owner: owners.is_certainly_dead(owner) for owner in {row[2] for row in rows}}
            for message_id, state, owner, until in rows:
                if senders_are_gone or gone[owner] or until is None or until <= now:
                    lost[State(state)].append(message_id)
            back = self.move_in(tx, lost[State.CLAIMED], {State.CLAIMED}, State.READY)
            unknown = self.move_in(tx, lost[State.SENDING], {State.SENDING}, State.UNKNOWN, error="the sender is gone")
        return {State.READY: len(back), State.UNKNOWN: len(unknown)}


def suppressed_in(
    tx: sa.Connection, keys: Collection[tuple[str, str]]
) -> dict[tuple[str, str], list[tuple[str, datetime]]]:
    """The ledger's suppressions of these (address key, channel) pairs, inside a transaction."""
    found: dict[tuple[str, str], list[tuple[str, datetime]]] = {}
    wanted = set(keys)
    for chunk in _chunks({key for key, _ in wanted}):
        for row in tx.execute(sa.select(suppressions).where(suppressions.c.address_key.in_(chunk))):
            if (row.address_key, row.channel) in wanted:
                found.setdefault((row.address_key, row.channel), []).append((row.reason, row.at))
    return found


def _chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    listed = list(items)
    for start in range(0, len(listed), CHUNK):
        yield listed[start : start + CHUNK]
