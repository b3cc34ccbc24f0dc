"""When the next message may leave: a channel's rate and pauses, and a message's wait after it was deferred.

Kept in the ledger, so that all workers together keep one pace and obey one Retry-After.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from assets.messaging.ledger import Instant, deferrals, pace
from assets.messaging.outbox import Outbox

_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=1)


def free_at(outbox: Outbox, channel: str) -> datetime | None:
    """The instant from which the channel may send; None if it never had to wait."""
    with outbox.transaction() as tx:
        return tx.execute(sa.select(pace.c.free_at).where(pace.c.channel == channel)).scalar()


def reserve(outbox: Outbox, channel: str, n: int, rate: float | None, now: datetime) -> datetime:
    """Take the channel's next `n` places; returns the instant of the first one (never before `now`)."""
    with outbox.transaction() as tx:
        tx.execute(outbox.insert_new(pace).values(channel=channel, free_at=now))
        mine = pace.c.channel == channel
        start = max(now, tx.execute(sa.select(pace.c.free_at).where(mine)).scalar_one())
        if rate:
            tx.execute(sa.update(pace).where(mine).values(free_at=start + timedelta(seconds=n / rate)))
    return start


def pause(outbox: Outbox, channel: str, until: datetime) -> None:
    """Nothing of the channel leaves before this instant; an earlier pause never shortens a longer one."""
    with outbox.transaction() as tx:
        tx.execute(outbox.insert_new(pace).values(channel=channel, free_at=until))
        tx.execute(sa.update(pace).where(pace.c.channel == channel, pace.c.free_at < until).values(free_at=until))


def wait_after(attempt: int) -> timedelta:
    """How long a message waits after its n-th attempt was deferred: 30 s, doubled each time, at most an hour."""
    return min(_FIRST_WAIT * 2 ** min(max(attempt, 1) - 1, 10), _LONGEST_WAIT)


def defer(tx: sa.Connection, outbox: Outbox, until: Mapping[str, datetime]) -> None:
    """Note when these messages may be tried again."""
    for message_id, at in until.items():
        tx.execute(outbox.insert_new(deferrals).values(message_id=message_id, until=at))
        tx.execute(sa.update(deferrals).where(deferrals.c.message_id == message_id).values(until=at))


def may_try(now: datetime, message_id: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Whether a message need not wait any longer, as a condition."""
    waits = sa.select(deferrals.c.message_id).where(
        deferrals.c.message_id == message_id, deferrals.c.until > sa.literal(now, Instant)
    )
    return ~sa.exists(waits.correlate_except(deferrals))
