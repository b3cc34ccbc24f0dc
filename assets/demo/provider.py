"""The demo's provider and its customers: answers a day's hand-off with events and some purchases.

Reads the outbox, never the warehouse, and writes deliveries like every other source system: what
happens on day D is delivered on D+1. Everything is synthetic, orders are named `SYN-…`, and the same
hand-off gives the same files, so that answering twice changes nothing.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import md5
from pathlib import Path
from typing import Any

from assets.demo.dice import Dice
from assets.demo.handed_off import Delivered, handed_off
from assets.demo.reactions import Reaction, buys, reactions
from assets.demo.shelf import Shelf
from assets.demo.source import OSLO

SEED = 4711
SHIPPING = 49.0

Rows = dict[tuple[str, date], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider wrote for one day's hand-off."""

    run_date: date
    n_messages: int
    n_events: int
    n_orders: int
    files: tuple[Path, ...]


def answer(home: Path, run_date: date) -> Answer:
    """Write `landing/<dataset>/<day>/answers_<run_date>.ndjson` for the days on which things happen."""
    dice = Dice(SEED)
    messages = handed_off(home / "outbox", run_date)
    shelf = Shelf(home / "landing")
    rows: Rows = defaultdict(list)
    n_orders = 0
    for message in messages:
        happened = reactions(dice, message)
        for reaction in happened:
            _put(rows, "provider/events", reaction.at, _event(message, reaction))
        # A scanner's clicks have a number of 10 or more: machines buy nothing.
        click = next((r for r in happened if r.event == "clicked" and r.nth < 10), None)
        if click and buys(dice, message):
            _order(dice, shelf, rows, message, click.at)
            n_orders += 1
    files = tuple(_write(home / "landing", run_date, rows))
    n_events = sum(len(r) for (name, _), r in rows.items() if name == "provider/events")
    return Answer(run_date, len(messages), n_events, n_orders, files)


def _put(rows: Rows, dataset: str, at: datetime, row: dict[str, Any]) -> None:
    received_on = at.astimezone(OSLO).date() + timedelta(days=1)
    rows[dataset, received_on].append(row)


def _event(message: Delivered, reaction: Reaction) -> dict[str, Any]:
    name = f"{message.message_id}|{reaction.event}|{reaction.nth}"
    return {
        "event_id": "A" + md5(name.encode()).hexdigest()[:24],
        "occurred_at": _text(reaction.at),
        "channel": message.channel,
        "event": reaction.event,
        "message_id": message.message_id,
        "address": message.address,
        "campaign_id": None,
        "class": message.message_class,
        "url": reaction.url,
        "user_agent": reaction.user_agent,
        "ip_network": reaction.ip_network,
        "bounce_type": reaction.bounce_type,
        "reason": reaction.reason,
    }


def _order(dice: Dice, shelf: Shelf, rows: Rows, message: Delivered, clicked_at: datetime) -> None:
    """A webshop order some minutes after the click, with its lines, its parcel and the web's view."""
    key = message.message_id
    order_id = f"SYN-{key[:16]}"
    placed_at = clicked_at + timedelta(seconds=dice.between(240, 5400, "bought after", key))
    lines: list[dict[str, Any]] = []
    for number, product in enumerate(shelf.choose(dice, message), start=1):
        quantity = dice.between(1, 2, "quantity", key, number)
        lines.append(
            {
                "order_id": order_id, "line_number": number, "product_id": product.product_id,
                "quantity": quantity, "unit_price": product.price, "discount_amount": 0.0,
                "line_amount": round(product.price * quantity, 2),
            }
        )  # fmt: skip
    for line in lines:
        _put(rows, "webshop/order_lines", placed_at, line)
    total = round(sum(line["line_amount"] for line in lines) + SHIPPING, 2)
    is_mail = message.channel == "email"
    for status, later in (("paid", timedelta(minutes=2)), ("completed", timedelta(days=2))):
        order = {
            "order_id": order_id, "account_id": None,
            "email": message.address if is_mail else None,
            "phone": None if is_mail else message.address,
            "placed_at": _text(placed_at), "status": status, "currency": "NOK",
            "total_amount": total, "shipping_amount": SHIPPING, "discount_code": None,
            "is_gift": False, "delivery_method": "home", "store_id": None,
            "updated_at": _text(placed_at + later),
        }  # fmt: skip
        arrives = placed_at if status == "paid" else placed_at + later
        _put(rows, "webshop/orders", arrives, order)
    delivered_at = placed_at + timedelta(hours=dice.between(20, 50, "delivered", key))
    _put(rows, "logistics/deliveries", delivered_at, {
        "order_id": order_id, "status": "delivered", "delivered_at": _text(delivered_at),
        "updated_at": _text(delivered_at),
    })  # fmt: skip
    if message.cart_id:
        _put(rows, "tracker/events", placed_at, {
            "messageId": md5(f"{order_id}|completed".encode()).hexdigest()[:24], "type": "track",
            "event": "Order Completed", "anonymousId": f"a{md5(key.encode()).hexdigest()[:20]}",
            "userId": None, "timestamp": _text(placed_at),
            "properties": {"cart_id": message.cart_id, "order_id": order_id, "currency": "NOK"},
            "context": {"userAgent": "demo provider (synthetic)"},
        })  # fmt: skip


def _write(landing: Path, run_date: date, rows: Rows) -> list[Path]:
    written = []
    for (dataset, received_on), facts in sorted(rows.items()):
        path = landing / dataset / received_on.isoformat() / f"answers_{run_date}.ndjson"
        text = "".join(json.dumps(fact, ensure_ascii=False) + "\n" for fact in facts)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
