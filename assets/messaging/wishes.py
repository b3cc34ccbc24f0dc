"""What somebody asked for since the day was decided: topics, how often, a pause. Looked at once more before sending.

Wishes from before `as_of` were seen by the decisions themselves and are left to them; SQL holds that rule. What this
adds is the hours between a decision and the instant at which its message starts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from assets.messaging.ledger import Instant, messages, wishes
from assets.messaging.states import COUNTS_AS_SENT

# As the staging model reads them: a number without a period is per week, and no period is longer than a month.
PERIOD_DAYS, LONGEST_PERIOD_DAYS = 7, 31
_CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class Wish:
    """What one address asked for on one channel, and how much of its own measure is used up."""

    topics_off: frozenset[str]
    paused_until: datetime | None
    max_messages: int | None
    n_sent: int

    def forbids(self, row: Mapping[str, Any], now: datetime) -> bool:
        """Whether this message may not start. Service messages are no marketing: no wish holds them."""
        if row["permission_basis"] == "service":
            return False
        is_paused = self.paused_until is not None and now < self.paused_until
        is_enough = self.max_messages is not None and self.n_sent >= self.max_messages
        return row["class"] in self.topics_off or is_paused or is_enough


def wishes_since(
    tx: sa.Connection, addresses: Collection[tuple[str, str]], as_of: datetime, now: datetime
) -> dict[tuple[str, str], Wish]:
    """The wishes of these (address key, channel) pairs that no decision of the day has seen, inside a transaction."""
    found: dict[tuple[str, str], Wish] = {}
    listed = sorted({key for key, _ in addresses})
    is_news = sa.or_(wishes.c.at >= sa.literal(as_of, Instant), wishes.c.is_delivered.is_(False))
    for start in range(0, len(listed), _CHUNK):
        query = sa.select(wishes).where(wishes.c.address_key.in_(listed[start : start + _CHUNK]), is_news)
        for row in tx.execute(query).all():
            if (row.address_key, row.channel) in addresses:
                topics = frozenset(row.topics_off.split())
                n_sent = _sent(tx, row, now) if row.max_messages else 0
                found[row.address_key, row.channel] = Wish(topics, row.paused_until, row.max_messages, n_sent)
    return found


def _sent(tx: sa.Connection, wish: Any, now: datetime) -> int:
    """How many marketing messages the address got in its own period."""
    since = now - timedelta(days=min(wish.period_days or PERIOD_DAYS, LONGEST_PERIOD_DAYS))
    query = sa.select(sa.func.count()).where(
        messages.c.address_key == wish.address_key,
        messages.c.channel == wish.channel,
        messages.c["class"] != "service",
        messages.c.state.in_(sorted(COUNTS_AS_SENT)),
        messages.c.sent_at > sa.literal(since, Instant),
    )
    return int(tx.execute(query).scalar_one())
