"""People to whom one may write since today, or no longer, or at another address, and by one rule only.

As in single_deeds.py: `told` is the day of the delivery, counted from the first day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from tests.dbt.carried.single_deeds import Fact, told_on

_DAYS = range(5)
_TWO_YEARS = 730


def deliveries(first_day: date, day: date) -> Iterator[tuple[str, dict[str, Any]]]:
    """(dataset, row) of what is told of them on one day."""
    return told_on(first_day, day, _facts())


def _facts() -> Iterator[Fact]:
    for n in _DAYS:
        yield from _buyer_of_two_years_ago(f"former-buyer-{n}", left=n)
        yield from _subscriber(f"subscriber-{n}", told=n)
        yield from _address_that_bounces(f"bouncing-{n}", told=n)
        yield from _bounce_under_another_address(f"mistaken-{n}", known_on=n)
        yield from _number_dialled_from_abroad(f"abroad-{n}", f"4678005649{n}", told=n)
        yield from _address_used_again(f"several-{n}", told=n)


def _account(name: str, told: int, happened: float = -9, **columns: Any) -> Fact:
    row = {"account_id": name, "email": f"{name}@reached.example", "country": "NO"} | columns
    return "webshop/accounts", told, happened, row, ("created_at", "updated_at")


def _buyer_of_two_years_ago(name: str, left: int) -> Iterator[Fact]:
    """So long a sale allows messages."""
    yield _account(name, told=0, happened=left - _TWO_YEARS - 1)
    order = {
        "order_id": name, "account_id": name, "status": "completed", "currency": "NOK",
        "total_amount": Decimal("10.00"),
    }  # fmt: skip
    yield "webshop/orders", 0, left - _TWO_YEARS, order, ("placed_at", "updated_at")
    line = {
        "order_id": name, "line_number": 1, "product_id": "i1", "quantity": 1.0, "unit_price": Decimal("10.00"),
        "line_amount": Decimal("10.00"),
    }  # fmt: skip
    yield "webshop/order_lines", 0, 0, line, ()


def _subscriber(name: str, told: int) -> Iterator[Fact]:
    yield _account(name, told=0)
    consent = {
        "event_id": name, "address": f"{name}@reached.example", "channel": "email", "purpose": "marketing",
        "action": "granted", "source": "web",
    }  # fmt: skip
    yield "consent/events", told, told - 1, consent, ("occurred_at",)


def _address_that_bounces(name: str, told: int) -> Iterator[Fact]:
    yield _account(name, told=0)
    yield _bounce(name, told, told - 1, f"{name}@reached.example")


def _bounce_under_another_address(name: str, known_on: int) -> Iterator[Fact]:
    """Told twice at once: what was told first happened only the day before `known_on`, and counts from then on."""
    for happened, whose in ((known_on - 1, f"{name}-first"), (-2, f"{name}-second")):
        yield _account(whose, told=0)
        yield _bounce(name, 0, happened, f"{whose}@reached.example")


def _bounce(name: str, told: int, happened: float, address: str) -> Fact:
    row = {"event_id": name, "channel": "email", "event": "bounced", "bounce_type": "hard", "address": address}
    return "provider/events", told, happened, row, ("occurred_at",)


def _number_dialled_from_abroad(name: str, digits: str, told: int) -> Iterator[Fact]:
    """Two people have it; only by the world's numbering plans it is a mobile, and a replay may know that too early."""
    yield _account(f"{name}-home", told=0, first_name="Ola", phone=f"+{digits}")
    yield _account(f"{name}-away", told, first_name="Per", phone=f"011{digits}", country="US")


def _address_used_again(name: str, told: int) -> Iterator[Fact]:
    """One of three that a member has, and not the one that the club knows."""
    member = {"member_id": name, "email": f"{name}@reached.example", "country": "NO"}
    yield "club/members", 0, -2, member, ("joined_at", "updated_at")
    for letter, happened in (("a", -5.0), ("b", -4.0)):
        yield _account(f"{name}-{letter}", 0, happened, member_id=name)
    yield _account(f"{name}-a", told, told - 1, member_id=name)
