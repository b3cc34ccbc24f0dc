"""The rows in which single_deeds.py, identity_deeds.py and address_deeds.py tell what somebody does.

`happened` is the day of the deed and `told` the day of its delivery, counted from the first day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
# Dataset, day of delivery and of the deed, the row, and its columns that hold the deed's instant.
Fact = tuple[str, int, float, Row, tuple[str, ...]]

_PRICE = Decimal("10.00")


def told_on(first_day: date, day: date, facts: Iterator[Fact]) -> Iterator[tuple[str, Row]]:
    """(dataset, row) of the facts that are told on one day, with their instants."""
    today = (day - first_day).days
    for dataset, told, happened, row, instant_columns in facts:
        if told == today:
            at = datetime(first_day.year, first_day.month, first_day.day, 12, tzinfo=UTC) + timedelta(days=happened)
            yield dataset, row | dict.fromkeys(instant_columns, at)


@dataclass(frozen=True)
class People:
    """Who does deeds of one kind: all under one domain, and with accounts since one day."""

    domain: str
    since: float

    def address(self, name: str) -> str:
        return f"{name}@{self.domain}"

    def account(self, name: str, told: int, happened: float | None = None, **columns: Any) -> Fact:
        row = {"account_id": name, "email": self.address(name), "country": "NO"} | columns
        return "webshop/accounts", told, self.since if happened is None else happened, row, ("created_at", "updated_at")

    def member(self, name: str, told: int, happened: float, **columns: Any) -> Fact:
        row = {"member_id": name, "email": self.address(name)} | columns
        return "club/members", told, happened, row, ("joined_at", "updated_at")

    def consent(self, event: str, told: int, happened: float, who: str) -> Fact:
        row = {
            "event_id": event, "address": self.address(who), "channel": "email", "purpose": "marketing",
            "action": "granted", "source": "web",
        }  # fmt: skip
        return "consent/events", told, happened, row, ("occurred_at",)


def order(name: str, told: int, happened: float, **of_whom: Any) -> Fact:
    row = {"order_id": name, "status": "completed", "currency": "NOK", "total_amount": _PRICE} | of_whom
    return "webshop/orders", told, happened, row, ("placed_at", "updated_at")


def purchase(name: str, told: int, happened: float, **of_whom: Any) -> Iterator[Fact]:
    """An order, and the line that it consists of."""
    yield order(name, told, happened, **of_whom)
    line = {
        "order_id": name, "line_number": 1, "product_id": "i1", "quantity": 1.0, "unit_price": _PRICE,
        "line_amount": _PRICE,
    }  # fmt: skip
    yield "webshop/order_lines", told, happened, line, ()
