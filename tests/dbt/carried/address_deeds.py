"""People to whom one may write since today, or no longer, or at another address, and by one rule only.

`told` and `happened` are days, as in facts.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from tests.dbt.carried.facts import Fact, People, order, purchase, told_on

_PEOPLE = People("reached.example", since=-9)
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
        yield from _order_before_its_account(f"order-first-{n}", f"0171 123456{n}", told=n)
        yield from _address_used_again(f"several-{n}", told=n)


def _buyer_of_two_years_ago(name: str, left: int) -> Iterator[Fact]:
    """So long a sale allows messages."""
    yield _PEOPLE.account(name, told=0, happened=left - _TWO_YEARS - 1)
    yield from purchase(name, 0, left - _TWO_YEARS, account_id=name)


def _subscriber(name: str, told: int) -> Iterator[Fact]:
    yield _PEOPLE.account(name, told=0)
    yield _PEOPLE.consent(name, told, told - 1, who=name)


def _address_that_bounces(name: str, told: int) -> Iterator[Fact]:
    yield _PEOPLE.account(name, told=0)
    yield _bounce(name, told, told - 1, who=name)


def _bounce_under_another_address(name: str, known_on: int) -> Iterator[Fact]:
    """Told twice at once: what was told first happened only the day before `known_on`, and counts from then on."""
    for happened, whose in ((known_on - 1, f"{name}-first"), (-2, f"{name}-second")):
        yield _PEOPLE.account(whose, told=0)
        yield _bounce(name, 0, happened, whose)


def _bounce(event: str, told: int, happened: float, who: str) -> Fact:
    row = {
        "event_id": event, "channel": "email", "event": "bounced", "bounce_type": "hard",
        "address": _PEOPLE.address(who),
    }  # fmt: skip
    return "provider/events", told, happened, row, ("occurred_at",)


def _number_dialled_from_abroad(name: str, digits: str, told: int) -> Iterator[Fact]:
    """Two people have it; only by the world's numbering plans it is a mobile, and a replay may know that too early."""
    yield _PEOPLE.account(f"{name}-home", told=0, first_name="Ola", phone=f"+{digits}")
    yield _PEOPLE.account(f"{name}-away", told, first_name="Per", phone=f"011{digits}", country="US")


def _order_before_its_account(name: str, digits: str, told: int) -> Iterator[Fact]:
    """The account knows in which country the number on it is to be read."""
    yield order(name, 0, -1, account_id=name, phone=digits)
    yield _PEOPLE.account(name, told, country="DE")


def _address_used_again(name: str, told: int) -> Iterator[Fact]:
    """One of three that a member has, and not the one that the club knows."""
    yield _PEOPLE.member(name, 0, -2, country="NO")
    for letter, happened in (("a", -5.0), ("b", -4.0)):
        yield _PEOPLE.account(f"{name}-{letter}", 0, happened, member_id=name)
    yield _PEOPLE.account(f"{name}-a", told, told - 1, member_id=name)
