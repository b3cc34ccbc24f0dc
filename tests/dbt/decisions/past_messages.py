"""What a random retailer's customers got before: messages that were handed off, and events of the provider."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from tests.dbt.decisions.oracle_rules import HOME_ZONE
from tests.dbt.decisions.relations import Row
from tests.dbt.decisions.retailers import CLASSES, Retailer


def add_past_messages(retailer: Retailer, customer_ids: Sequence[str]) -> None:
    """Draw each customer's messages; some belong to anchors, which must be there."""
    anchors, number = retailer.tables.get("intermediate.int_triggers__anchors", []), 0
    for customer_id in customer_ids:
        own = [anchor for anchor in anchors if anchor["customer_id"] == customer_id]
        for _ in range(retailer.random.choice((0, 0, 1, 1, 2, 5))):
            number += 1
            _add_message(retailer, customer_id, own, number)
        if retailer.often(0.5):
            number += 1
            _add_event(retailer, number, len(customer_ids))


def _add_message(retailer: Retailer, customer_id: str, anchors: Sequence[Row], number: int) -> None:
    pick = retailer.random.choice
    sent_at = retailer.moment(-1, -1, -1, -2, -2, -2, -3, -6, -7, -8, -29, -30)
    run_on = sent_at.astimezone(HOME_ZONE).date()
    if retailer.often(0.04):
        # A run that was late: its message leaves on the morning of the next run's day.
        sent_at, run_on = retailer.moment(0), retailer.run_date - timedelta(days=1)
    if retailer.often(0.05):
        sent_at, run_on = retailer.moment(0), retailer.run_date
    if retailer.often(0.03):
        sent_at, run_on = retailer.moment(1), retailer.run_date + timedelta(days=1)
    known = pick(anchors) if anchors and retailer.often(0.35) else None
    message: Row = {
        "message_id": f"sent-{number:05d}",
        "run_date": run_on,
        "customer_id": pick([*_ids_of(retailer, customer_id), customer_id]),
        "journey": known["journey"] if known else pick(("gone", retailer.journeys[0]["journey"])),
        "step": pick(("s0", "s0", "s1")),
        "channel": pick(("email", "email", "sms")),
        "class": _class_of(retailer, known["journey"]) if known else pick(CLASSES),
        "anchor": _sent_anchor(retailer, known["anchor"]) if known else f"order:past-{number // 2}",
        "state": pick(("ACCEPTED", "DELIVERED", "UNKNOWN", "SENDING", "FAILED", "REJECTED")),
        "send_at": sent_at,
        "sent_at": sent_at,
    }
    retailer.put("staging.stg_outbox__contact_log", message)
    if retailer.often(0.4):
        other_channel = _in_other_channel(message, number, retailer.moment(-1, -2, -3))
        retailer.put("staging.stg_outbox__contact_log", other_channel)


def _in_other_channel(message: Row, number: int, sent_at: datetime) -> Row:
    """The same touch in its other channel, some time earlier or later."""
    return {
        **message,
        "message_id": f"also-{number:05d}",
        "sent_at": sent_at,
        "channel": "sms" if message["channel"] == "email" else "email",
        "run_date": sent_at.astimezone(HOME_ZONE).date(),
    }


def _add_event(retailer: Retailer, number: int, n_customers: int) -> None:
    pick = retailer.random.choice
    retailer.put(
        "staging.stg_provider__events",
        {
            "event_id": f"ev-{number}",
            "occurred_at": retailer.moment(-1, -2, -3, 0),
            "channel": "email",
            "event": pick(("sent", "sent", "sent", "opened")),
            "message_id": pick((None, None, "ours")),
            "address": pick([f"email-{n}" for n in range(n_customers)] + ["email-shared-0"]),
            "class": pick((None, "post_purchase", "newsletter")),
            "received_on": retailer.run_date,
        },
    )


def _class_of(retailer: Retailer, journey: str) -> str:
    return next(str(row["class"]) for row in retailer.journeys if row["journey"] == journey)


def _ids_of(retailer: Retailer, customer_id: str) -> list[str]:
    """Every id that a customer has had."""
    aliases = retailer.tables["intermediate.int_identity__aliases"]
    return [row["past_customer_id"] for row in aliases if row["customer_id"] == customer_id]


def _sent_anchor(retailer: Retailer, anchor: str) -> str:
    """The anchor under which it was sent: of two club records that are one person, perhaps the other's."""
    return f"{anchor}9" if anchor.startswith("date:joined:") and retailer.often(0.5) else anchor
