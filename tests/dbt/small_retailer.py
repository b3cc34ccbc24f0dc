"""Draws a small retailer from a seed: late receipts, refunds, cancellations, fuel, businesses, people in both channels.

Rows only, as landing would deliver them; what they should come to is the business of `oracle_rfm`.
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

Row = dict[str, Any]

FIRST_DELIVERY = date(2026, 9, 1)
LAST_DAY = date(2026, 11, 6)
N_CUSTOMERS = 24
N_ORDERS = 260
# Few distinct amounts, so that many customers share a value and cut points fall onto values.
AMOUNTS = (Decimal("10.00"), Decimal("25.50"), Decimal("40.00"), Decimal("99.90"), Decimal("0.00"))


def draw(seed: int) -> dict[str, list[Row]]:
    """The deliveries of one retailer, keyed by dataset."""
    dice = random.Random(seed)
    rows: dict[str, list[Row]] = {
        name: []
        for name in (
            "webshop/accounts", "pos/customers", "webshop/orders", "webshop/order_lines", "webshop/returns",
            "pos/receipts", "pos/receipt_lines", "pos/returns", "catalogue/products",
        )
    }  # fmt: skip
    for number in range(N_CUSTOMERS):
        _customer(rows, number)
    for product, group in (("apple", "fruit"), ("pear", "fruit"), ("petrol", "fuel")):
        rows["catalogue/products"].append(
            {"id": product, "price": "10.00 NOK", "availability": "in_stock", "product_group": group}
            | {"updated_at": datetime(2025, 1, 1, tzinfo=UTC)}
            | _trace(FIRST_DELIVERY)
        )
    for number in range(N_ORDERS):
        _order(rows, dice, number)
    return rows


def _trace(received_on: date) -> Row:
    return {"received_on": received_on, "source_file": "drawn", "source_line": 1}


def _customer(rows: dict[str, list[Row]], number: int) -> None:
    """Every third shops in both channels under one address; every eighth account is a business."""
    began_at = datetime(2025, 1, 1, tzinfo=UTC)
    email = f"person{number}@mail.example"
    rows["webshop/accounts"].append(
        {
            "account_id": f"a{number}", "email": email, "first_name": f"Person{'abcdefghijklmnopqrstuvwxyz'[number]}",
            "last_name": "Prøve", "country": "NO",
            "organisation_number": "912345678" if number % 8 == 7 else None,
            "created_at": began_at, "updated_at": began_at,
        }
        | _trace(FIRST_DELIVERY)
    )  # fmt: skip
    rows["pos/customers"].append(
        {
            "pos_customer_id": f"t{number}", "email": email if number % 3 == 0 else None,
            "name": f"Person{'abcdefghijklmnopqrstuvwxyz'[number]} Prøve", "updated_at": began_at,
        }
        | _trace(FIRST_DELIVERY)
    )  # fmt: skip


def _order(rows: dict[str, list[Row]], dice: random.Random, number: int) -> None:
    # The first order is old and stays, so that the base is never empty once it has begun.
    day = date(2025, 9, 20) + timedelta(days=0 if number == 0 else dice.randrange(412))
    happened_at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(
        # Also within the hours in which the local day is the next one already.
        minutes=dice.choice((1, 600, 800, 1100, 1319, 1321, 1430))
    )
    received_on = max(FIRST_DELIVERY, happened_at.date() + timedelta(days=dice.choice((0, 1, 1, 2, 5))))
    customer = dice.randrange(N_CUSTOMERS)
    lines = [
        {
            "line_number": position, "product_id": dice.choice(("apple", "pear", "petrol", "unheard_of")),
            "quantity": float(dice.choice((0, 1, 2, 3))), "unit_price": Decimal("1.00"), "discount_amount": None,
            "line_amount": dice.choice(AMOUNTS) + (Decimal("5.00") if number == 0 else 0),
        }
        for position in range(1, dice.randrange(1, 4) + 1)
    ]  # fmt: skip
    total = sum((line["line_amount"] for line in lines), Decimal(0))
    is_web = dice.random() < 0.5
    key, source = ("order_id", "webshop") if is_web else ("receipt_id", "pos")
    identifier = f"{source[0]}{number}"
    line_dataset = "webshop/order_lines" if is_web else "pos/receipt_lines"
    rows[line_dataset] += [{key: identifier} | line | _trace(received_on) for line in lines]
    if is_web:
        base = {
            "order_id": identifier, "account_id": f"a{customer}", "placed_at": happened_at, "currency": "NOK",
            "total_amount": total + 49, "shipping_amount": Decimal(49), "is_gift": False,
        }  # fmt: skip
        rows["webshop/orders"].append(base | {"status": "paid", "updated_at": happened_at} | _trace(received_on))
        if number and dice.random() < 0.2:
            cancelled_at = happened_at + timedelta(hours=dice.randrange(1, 200))
            told_on = max(received_on, cancelled_at.date() + timedelta(days=dice.choice((0, 1, 4))))
            rows["webshop/orders"].append(base | {"status": "cancelled", "updated_at": cancelled_at} | _trace(told_on))
    else:
        rows["pos/receipts"].append(
            {
                "receipt_id": identifier, "store_id": "s1",
                "pos_customer_id": None if number and dice.random() < 0.1 else f"t{customer}",
                "sold_at": happened_at, "currency": "NOK", "total_amount": total,
            }
            | _trace(received_on)
        )  # fmt: skip
    for line in lines:
        if number and dice.random() < 0.25:
            returned_at = happened_at + timedelta(hours=dice.randrange(1, 400))
            told_on = max(received_on, returned_at.date() + timedelta(days=dice.choice((0, 1, 3))))
            rows[f"{source}/returns"].append(
                {
                    "return_id": f"{identifier}-{line['line_number']}", key: identifier,
                    # Now and then a line that does not exist: nothing is taken off then.
                    "line_number": line["line_number"] + (10 if dice.random() < 0.1 else 0),
                    "product_id": line["product_id"], "quantity": line["quantity"],
                    "amount": line["line_amount"], "returned_at": returned_at,
                }
                | _trace(told_on)
            )  # fmt: skip
