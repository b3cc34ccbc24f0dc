"""What the provider reports about our messages, applied to the ledger in whatever order it arrives.

A message's state depends on the *set* of its events, not on their order: a complaint outweighs a hard
bounce, that outweighs delivery, and delivery outweighs a soft bounce. An event about a message whose
own outcome is still open is the evidence that was missing: the provider has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from assets.messaging import keys
from assets.messaging.ledger import messages, suppressions
from assets.messaging.ledger_lookups import known_messages
from assets.messaging.outbox import Outbox
from assets.messaging.sending import OPT_OUT
from assets.messaging.states import State

# Whoever opens or clicks has received; an opt-out came from a message that arrived.
ARRIVED = frozenset({"delivered", "opened", "clicked", "unsubscribed"})
FAILED = frozenset({"bounced", "failed", "rejected"})
HARD, SOFT = "bounce: hard", "bounce: soft"
ACCEPTED_BY_EVIDENCE = frozenset({State.SENDING, State.UNKNOWN, State.QUARANTINED})


@dataclass(slots=True)
class EventReport:
    """What a set of events changed."""

    n_moved: int = 0
    n_suppressed: int = 0
    n_foreign: int = 0


def apply_provider_events(outbox: Outbox, secret: bytes, rows: Iterable[Mapping[str, Any]]) -> EventReport:
    """Apply raw provider events; applying them again, or in another order, changes nothing.

    Events that name no message of ours (newsletters sent elsewhere) only suppress their address.
    """
    report = EventReport()
    events = [dict(row) for row in rows]
    ours = known_messages(outbox, {e["message_id"] for e in events if e.get("message_id")})
    wanted: dict[State, dict[str | None, list[str]]] = {}
    for message_id, verdict in _verdicts(e for e in events if e.get("message_id") in ours).items():
        wanted.setdefault(verdict[0], {}).setdefault(verdict[1], []).append(message_id)
    own = _own_addresses(outbox, ours)
    stops = [stop for event in events if (stop := _suppression(secret, event, own))]
    report.n_foreign = sum(1 for event in events if event.get("message_id") not in ours)

    with outbox.transaction() as tx:
        ids = [i for group in wanted.values() for found in group.values() for i in found]
        accepted = outbox.move_in(tx, ids, ACCEPTED_BY_EVIDENCE, State.ACCEPTED)
        report.n_moved += len(accepted)
        for target in (State.DELIVERED, State.BOUNCED, State.COMPLAINED):
            for detail, group in sorted(wanted.get(target, {}).items(), key=lambda item: item[0] or ""):
                report.n_moved += len(_advance(outbox, tx, group, target, detail))
        for stop in stops:
            added = tx.execute(outbox.insert_new(suppressions).values(stop).returning(suppressions.c.at))
            report.n_suppressed += len(added.all())
            _keep_latest(tx, stop)
    return report


def _verdicts(events: Iterable[Mapping[str, Any]]) -> dict[str, tuple[State, str | None]]:
    """The heaviest outcome that each message's events amount to."""
    weight = {(State.BOUNCED, SOFT): 0, (State.DELIVERED, None): 1, (State.BOUNCED, HARD): 2}
    found: dict[str, tuple[State, str | None]] = {}
    for event in events:
        verdict = _verdict(event)
        if verdict is None:
            continue
        before = found.get(event["message_id"])
        if before is None or weight.get(verdict, 3) > weight.get(before, 3):
            found[event["message_id"]] = verdict
    return found


def _verdict(event: Mapping[str, Any]) -> tuple[State, str | None] | None:
    name = event["event"]
    if name == "complained":
        return State.COMPLAINED, None
    if name in FAILED:
        return State.BOUNCED, HARD if event.get("bounce_type") == "hard" else SOFT
    return (State.DELIVERED, None) if name in ARRIVED else None


def _advance(outbox: Outbox, tx: sa.Connection, ids: list[str], target: State, detail: str | None) -> list[str]:
    """Move to a heavier outcome only; the kind of bounce stands in `error`."""
    if target is State.COMPLAINED:
        return outbox.move_in(tx, ids, {State.ACCEPTED, State.DELIVERED, State.BOUNCED}, target)
    if target is State.DELIVERED:
        soft = _bounced(tx, ids, SOFT)
        moved = outbox.move_in(tx, soft, {State.BOUNCED}, target)
        return moved + outbox.move_in(tx, ids, {State.ACCEPTED}, target)
    if detail == SOFT:
        return outbox.move_in(tx, ids, {State.ACCEPTED}, target, error=SOFT)
    again = _bounced(tx, ids, SOFT)
    moved = outbox.move_in(tx, again, {State.BOUNCED}, target, error=HARD)
    return moved + outbox.move_in(tx, ids, {State.ACCEPTED, State.DELIVERED}, target, error=HARD)


def _bounced(tx: sa.Connection, ids: list[str], detail: str) -> list[str]:
    found: list[str] = []
    for start in range(0, len(ids), 2_000):
        chunk = ids[start : start + 2_000]
        query = sa.select(messages.c.message_id).where(
            messages.c.message_id.in_(chunk), messages.c.state == State.BOUNCED, messages.c.error == detail
        )
        found += tx.execute(query).scalars()
    return found


def _own_addresses(outbox: Outbox, message_ids: Iterable[str]) -> dict[str, tuple[str, str]]:
    """(address key, channel) of our messages: what we wrote to, however the provider spells it back."""
    listed = sorted(message_ids)
    found: dict[str, tuple[str, str]] = {}
    columns = (messages.c.message_id, messages.c.address_key, messages.c.channel)
    with outbox.transaction() as tx:
        for start in range(0, len(listed), 2_000):
            chunk = listed[start : start + 2_000]
            for row in tx.execute(sa.select(*columns).where(messages.c.message_id.in_(chunk))):
                found[row[0]] = (row[1], row[2])
    return found


def _suppression(secret: bytes, event: Mapping[str, Any], own: Mapping[str, tuple[str, str]]) -> dict[str, Any] | None:
    """The row that keeps an address from being written to again, if the event asks for that."""
    reason = {"complained": "complaint", "unsubscribed": OPT_OUT}.get(event["event"])
    if event["event"] in FAILED and event.get("bounce_type") == "hard":
        reason = "hard_bounce"
    address, at = event.get("address"), event["occurred_at"]
    if reason is None or not isinstance(at, datetime):
        return None
    known = own.get(event.get("message_id") or "")
    if known and known[0]:
        return {"address_key": known[0], "channel": known[1], "reason": reason, "at": at}
    if not address:
        return None
    channel = event["channel"]
    key = keys.address_key(secret, channel, _normal(channel, address))
    return {"address_key": key, "channel": channel, "reason": reason, "at": at}


def _normal(channel: str, address: str) -> str:
    """Providers echo an address as they like; the decisions know it trimmed and in lower case."""
    return address.strip().lower() if channel == "email" else address.replace(" ", "")


def _keep_latest(tx: sa.Connection, stop: dict[str, Any]) -> None:
    # A second opt-out after a new consent must count, although the first one is already there.
    tx.execute(
        sa.update(suppressions)
        .where(suppressions.c.address_key == stop["address_key"])
        .where(suppressions.c.channel == stop["channel"], suppressions.c.reason == stop["reason"])
        .where(suppressions.c.at < stop["at"])
        .values(at=stop["at"])
    )
