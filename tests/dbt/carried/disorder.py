"""Draws deliveries of a shop in which nothing is in order, one file a day and dataset, as landing would leave them.

Ids and values come from small pools, instants from the days around the delivery: so keys are told twice and
differently, versions arrive late, early or dated in the future, returns come before their orders, and people
merge and part. Rows only; what they should come to is told by a warehouse that is built whole.
"""

from __future__ import annotations

import hashlib
import random
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from assets.landing.contract import load_contracts
from assets.messaging.ledger_export import SCHEMAS as OUTBOX
from assets.messaging.template_schemas import SCHEMAS as TEMPLATES
from assets.privacy.handed_off import NOBODY
from orchestration.settings import Settings
from tests.dbt.carried.address_deeds import deliveries as address_deeds
from tests.dbt.carried.identity_deeds import deliveries as identity_deeds
from tests.dbt.carried.single_deeds import deliveries as single_deeds

# A month begins on the fifth day.
FIRST_DAY = date(2026, 10, 28)

Draw = Callable[[random.Random, date], Any]


def _id(prefix: str, n: int) -> Draw:
    return lambda dice, _: f"{prefix}{dice.randrange(n)}"


def _one_of(*values: Any) -> Draw:
    return lambda dice, _: dice.choice(values)


def _now_and_then(draw: Draw, share: float) -> Draw:
    return lambda dice, day: draw(dice, day) if dice.random() < share else None


def _around(dice: random.Random, day: date) -> datetime:
    """Mostly before the delivery; now and then after the run that may first read it."""
    return _at(day) + timedelta(minutes=dice.randrange(-4 * 1440, 2 * 1440))


def _long_ago_or_now(dice: random.Random, day: date) -> datetime:
    """At the moving edge of the window of web events, or lately: minutes apart, so that visits are visits."""
    day = day - timedelta(days=dice.choice((0, 1, 1, 58, 59, 60, 61)))
    return _at(day) + timedelta(minutes=dice.choice((0, 600)) + dice.randrange(90), seconds=dice.randrange(60))


def _at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


# Also two spellings of one mailbox, and a placeholder that is one in one of its spellings.
_EMAIL = _one_of(
    *(f"p{n}@mail.example" for n in range(80)), "o.moe@gmail.com", "omoe@gmail.com",
    *(5 * ["no.reply@gmail.com"]), *(2 * ["noreply@gmail.com"]), None, "no address",
)  # fmt: skip
# One number is about as often told as one person can have it: on some days it is everybody's, on others not.
_PHONE = _one_of(
    *(7 * [None]), *(f"9123457{n}" for n in range(7)), "91234567", "+4791234568", "+12025550123", *(8 * ["90000001"])
)  # fmt: skip
_FIRST_NAME = _one_of("Kari", "Ola", "Per", "Liv", "Nils", "Eva", None)
_RECEIVER = _one_of(*(f"P{n}@mail.example" for n in range(7)), "no address", "91234567")
_SUBSCRIBER = _one_of(*(f"P{n}@mail.example" for n in range(60)), "no address", "91234567")
_ACCOUNT = _one_of(*(f"a{n}" for n in range(120)), *(24 * [None]), "never delivered")
_AMOUNT = _one_of(Decimal("10.00"), Decimal("25.50"), Decimal("0.00"))
_LINE: dict[str, Draw] = {
    "line_number": _one_of(1, 2, 3), "product_id": _id("i", 12), "quantity": _one_of(1.0, 2.0),
    "unit_price": _AMOUNT, "line_amount": _AMOUNT,
}  # fmt: skip
_RETURN: dict[str, Draw] = {
    "return_id": _id("r", 600), "line_number": _one_of(1, 2, 3), "product_id": _id("i", 12),
    "quantity": _one_of(1.0, 2.0), "amount": _AMOUNT, "returned_at": _around,
}  # fmt: skip

# Dataset → rows a day, and how each column is drawn; what is not named stays null.
DATASETS: Mapping[str, tuple[int, Mapping[str, Draw]]] = {
    "webshop/accounts": (9, {
        "account_id": _id("a", 120), "email": _EMAIL, "phone": _PHONE, "first_name": _FIRST_NAME,
        "last_name": _one_of("Berg", "Dal"), "country": _one_of("NO", "US", None),
        "member_id": _one_of(*(5 * [None]), "m1"), "created_at": _around, "updated_at": _around,
    }),
    # Most of them leave nothing but a name.
    "pos/customers": (3, {
        "pos_customer_id": _id("t", 8), "name": _one_of("Kari Berg", "Ola Dal", "Liv Dal", "Per Moe"),
        "email": _now_and_then(_EMAIL, 0.3), "phone": _now_and_then(_PHONE, 0.3), "updated_at": _around,
    }),
    "club/members": (1, {
        "member_id": _one_of(*(f"m{n}" for n in range(7)), " m7 "), "email": _EMAIL, "phone": _PHONE,
        "country": _one_of("NO", None), "first_name": _FIRST_NAME, "last_name": _one_of("Berg"),
        "joined_at": _around, "updated_at": _around,
    }),
    "privacy/erasures": (2, {
        "request_id": _id("f", 40), "requested_at": _around, "email": _now_and_then(_EMAIL, 0.6),
        "phone": _now_and_then(_one_of("91234567"), 0.2), "member_id": _one_of("m2", None, None, None),
    }),
    "webshop/orders": (24, {
        "order_id": _id("w", 360), "account_id": _ACCOUNT, "email": _now_and_then(_EMAIL, 0.5),
        "phone": _PHONE, "placed_at": _around,
        "status": _one_of("placed", "shipped", "completed", "cancelled"), "currency": _one_of("NOK"),
        "total_amount": _AMOUNT, "is_gift": _one_of(True, False, None), "updated_at": _around,
    }),
    "webshop/order_lines": (60, {"order_id": _id("w", 360), **_LINE}),
    "webshop/returns": (30, {"order_id": _id("w", 380), **_RETURN}),
    "pos/receipts": (32, {
        "receipt_id": _id("k", 240), "store_id": _one_of("s1"),
        "pos_customer_id": _one_of("t0", "t1", "t2", None, None, None),
        "member_id": _one_of(*(f"m{n}" for n in range(8)), *(8 * [None])), "sold_at": _around,
        "currency": _one_of("NOK"), "total_amount": _AMOUNT,
    }),
    "pos/receipt_lines": (36, {"receipt_id": _id("k", 240), **_LINE}),
    "pos/returns": (9, {"receipt_id": _id("k", 260), **_RETURN}),
    "logistics/deliveries": (30, {
        "order_id": _id("w", 360), "status": _one_of("delivered"), "delivered_at": _around, "updated_at": _around,
    }),
    "catalogue/products": (2, {
        "id": _id("i", 12), "price": _one_of("10.00 NOK", "12.00 NOK"), "availability": _one_of("in_stock"),
        "product_group": _one_of("fruit", "fuel"), "brand": _one_of("Sol", None), "updated_at": _around,
    }),
    "provider/events": (75, {
        "event_id": _id("e", 1200), "occurred_at": _around, "channel": _one_of("email", "email", "sms"),
        "event": _one_of("sent", "delivered", "opened", "clicked", "bounced", "complained", "unsubscribed"),
        "message_id": _one_of(None, *(f"message{n}" for n in range(8))), "address": _RECEIVER,
        "campaign_id": _one_of("spring", "autumn"), "class": _one_of(None, "newsletter"),
        "url": _one_of("https://shop.example/a", "https://shop.example/b"),
        "user_agent": _one_of("Mozilla/5.0", "Googlebot/2.1", None), "ip_network": _one_of("192.0.2.0/24", None),
        "bounce_type": _one_of("hard", "soft"),
    }),
    "consent/events": (10, {
        "event_id": _id("c", 80), "occurred_at": _around, "address": _SUBSCRIBER, "channel": _one_of("email", "sms"),
        "purpose": _one_of("marketing", "marketing", "survey"), "action": _one_of("granted", "withdrawn"),
        "source": _one_of("web"),
    }),
    "tracker/events": (60, {
        "messageId": _id("v", 1500), "type": _one_of("track", "page", "identify"),
        "event": _one_of("Product Viewed", "Product Added", "Product Removed", "Cart Viewed", "Order Completed"),
        "anonymousId": _now_and_then(_id("b", 200), 0.95), "userId": _now_and_then(_id("a", 20), 0.5),
        "traits_email": _now_and_then(_EMAIL, 0.1),
        "timestamp": _long_ago_or_now, "product_id": _id("i", 12), "cart_id": _now_and_then(_id("x", 200), 0.9),
        "order_id": _id("w", 360), "quantity": _one_of(1.0, 2.0, None), "price": _AMOUNT,
        "products": _one_of(None, None, '[{"product_id": "i1", "quantity": 2}]'), "duration_s": _one_of(None, 3.0, 9.0),
    }),
}  # fmt: skip


def draw_day(settings: Settings, seed: int, day: date) -> None:
    """Write what is delivered on one day. The same seed and day give the same files."""
    contracts = load_contracts()
    told: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for deeds in (single_deeds, identity_deeds, address_deeds):
        for dataset, row in deeds(FIRST_DAY, day):
            told[dataset].append(row)
    for dataset, (n, columns) in DATASETS.items():
        dice = random.Random(f"{seed} {day} {dataset}")
        # The first delivery is what a shop has on the day on which it starts.
        rows = [
            {name: draw(dice, day) for name, draw in columns.items()}
            | {"received_on": day, "source_file": "drawn", "source_line": line}
            for line in range(n * (7 if day == FIRST_DAY else 1))
        ]
        rows += [
            row | {"received_on": day, "source_file": "single", "source_line": line}
            for line, row in enumerate(told.get(dataset, ()))
        ]
        target = settings.raw_dir / dataset / f"{day}.parquet"
        pq.write_table(pa.Table.from_pylist(rows, schema=contracts[dataset].arrow_schema()), target)


def write_policy(settings: Settings, day: date) -> None:
    """The policy from a day on: for how long a sale allows messages, and on which channels, is now and then changed."""
    schema = TEMPLATES["policy_settings"]
    number = (day - FIRST_DAY).days
    row = {
        "received_on": day, "soft_opt_in_months": 24 if number < 3 else 12,
        "soft_opt_in_channels": ["email"] if number < 4 else ["email", "sms"],
    }  # fmt: skip
    table = pa.Table.from_pylist([row], schema=schema)
    pq.write_table(table, settings.raw_dir / "templates" / "policy_settings" / f"{day}.parquet")


def write_contact_log(settings: Settings, day: date) -> None:
    """What was handed off by a day: four messages on the first one, one more on each of the next. Of the first two the
    customer is part of another later, and the third one's is erased."""
    schema = OUTBOX["contact_log"]
    today = (day - FIRST_DAY).days
    customers = {
        0: _customer_of("pos:namesake-3"), 1: _customer_of("webshop:family-3"),
        2: "customer1" if today < 3 else NOBODY,
    }  # fmt: skip
    rows = [
        {
            "message_id": f"message{number}", "run_date": FIRST_DAY + timedelta(days=max(number - 3, 0)),
            "journey": "j", "step": "s", "channel": "email", "customer_id": customers.get(number, "customer2"),
            "class": "newsletter", "anchor": f"cart:{number}", "state": "ACCEPTED", "sent_at": _at(FIRST_DAY),
        }
        for number in range(min(4 + today, 8))
    ]  # fmt: skip
    pq.write_table(
        pa.Table.from_pylist(rows, schema=schema), settings.raw_dir / "outbox" / "contact_log" / "current.parquet"
    )


def _customer_of(record: str) -> str:
    """The id of the customer that this record alone would be."""
    return "c" + hashlib.md5(record.encode(), usedforsecurity=False).hexdigest()[:15]
