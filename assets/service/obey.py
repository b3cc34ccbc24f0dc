"""Carries out what somebody asked for: the ledger obeys from this instant on, and the warehouse is told by a delivery.

Both are on disk before anybody is told that it is done. Whatever starts sending later looks at the ledger inside the
transaction that writes its intent (`sending.begin`, `attempts.begin`); runs of later days decide by the delivery.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from assets.landing.drop import drop, ndjson
from assets.messaging.ledger import suppressions, wishes
from assets.messaging.outbox import Outbox
from assets.messaging.sending import OPT_OUT, OPT_OUT_FOR_GOOD
from assets.service.recipients import Recipient
from orchestration.settings import Settings

TOPICS = ("post_purchase", "lifecycle", "newsletter")
WORDING = "serve-1"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a preference page says. `max_messages` counts per `period_days`; `paused_until` is a local day, excluded."""

    topics_off: frozenset[str] = frozenset()
    max_messages: int | None = None
    period_days: int | None = None
    paused_until: date | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is on record for an address."""

    is_opted_out: bool
    wishes: Wishes


def opt_out(settings: Settings, outbox: Outbox, recipient: Recipient, now: datetime) -> None:
    """No marketing to this address on this channel any more. Repeating it changes nothing."""
    reason = OPT_OUT if recipient.address else OPT_OUT_FOR_GOOD
    with outbox.transaction() as tx:
        for key in recipient.address_keys:
            row = {"address_key": key, "channel": recipient.channel, "reason": reason, "at": now}
            tx.execute(outbox.insert_new(suppressions).values(row))
            # A second opt-out after a new consent must count, although the first one is already there.
            mine = (suppressions.c.address_key == key, suppressions.c.channel == recipient.channel)
            older = (suppressions.c.reason == reason, suppressions.c.at < now)
            tx.execute(sa.update(suppressions).where(*mine, *older).values(at=now))
    if not recipient.address:
        return
    # Mail programs and people click twice: within a minute it is one event.
    event_id = _event_id(recipient, "withdrawn", f"{now:%Y-%m-%dT%H:%M}")
    event = {
        "event_id": event_id,
        "occurred_at": now,
        "address": recipient.address,
        "channel": recipient.channel,
        "purpose": "marketing",
        "action": "withdrawn",
        "source": "unsubscribe_link",
        "wording_version": WORDING,
    }
    _deliver(settings, "consent/events", event, now)


def wish(settings: Settings, outbox: Outbox, recipient: Recipient, asked: Wishes, now: datetime) -> None:
    """From now on as asked; it replaces whatever was asked for before."""
    until = _midnight(settings, asked.paused_until) if asked.paused_until else None
    topics = " ".join(sorted(asked.topics_off))
    common: dict[str, Any] = {
        "max_messages": asked.max_messages,
        "period_days": asked.period_days,
        "paused_until": until,
    }
    with outbox.transaction() as tx:
        for key in recipient.address_keys:
            mine = sa.and_(wishes.c.address_key == key, wishes.c.channel == recipient.channel)
            tx.execute(sa.delete(wishes).where(mine))
            kept = {"topics_off": topics, "is_delivered": recipient.address is not None, "at": now, **common}
            tx.execute(sa.insert(wishes).values(address_key=key, channel=recipient.channel, **kept))
    if recipient.address:
        event = {
            "event_id": _event_id(recipient, "wishes", now.isoformat()),
            "occurred_at": now,
            "address": recipient.address,
            "channel": recipient.channel,
            **common,
            "topics_off": topics or None,
            "source": "preference_page",
        }
        _deliver(settings, "consent/preferences", event, now)


def standing(settings: Settings, outbox: Outbox, recipient: Recipient) -> Standing:
    """What this service has been told about the address so far."""
    with outbox.transaction() as tx:
        stops = _reasons(tx, recipient)
        row = tx.execute(
            sa.select(wishes)
            .where(wishes.c.address_key.in_(recipient.address_keys), wishes.c.channel == recipient.channel)
            .order_by(wishes.c.at.desc())
            .limit(1)
        ).one_or_none()
    if row is None:
        return Standing(bool(stops), Wishes())
    until = row.paused_until.astimezone(settings.zone).date() if row.paused_until else None
    return Standing(bool(stops), Wishes(frozenset(row.topics_off.split()), row.max_messages, row.period_days, until))


def _reasons(tx: sa.Connection, recipient: Recipient) -> Collection[str]:
    query = sa.select(suppressions.c.reason).where(
        suppressions.c.address_key.in_(recipient.address_keys),
        suppressions.c.channel == recipient.channel,
        suppressions.c.reason.in_((OPT_OUT, OPT_OUT_FOR_GOOD)),
    )
    return tx.execute(query).scalars().all()


def latest_pause(today: date) -> date:
    """A pause has an end that can be remembered; whoever wants none for good unsubscribes."""
    return today + timedelta(days=365)


def _midnight(settings: Settings, day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=settings.zone).astimezone(UTC)


def _event_id(recipient: Recipient, what: str, when: str) -> str:
    text = "\x1f".join(("serve", recipient.message_id, recipient.channel, what, when))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _deliver(settings: Settings, dataset: str, event: dict[str, Any], now: datetime) -> None:
    received_on = now.astimezone(settings.zone).date()
    drop(settings.landing_dir, dataset, received_on, f"serve-{event['event_id']}", ndjson([event]))
