"""People of whom only one rule of identity can say that they are somebody else since today.

`told` is a day, as in facts.py; every group of people shares nothing with any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from tests.dbt.carried.facts import Fact, People, order, told_on

_PEOPLE = People("own.example", since=-9)
# The day on which what was known of somebody changes.
_LATER = -8
_DAYS = range(5)
# More than one person can have records: what so many share, less one, counts again.
_MANY = 21
_BORN, _BORN_LATER = date(1970, 5, 6), date(1990, 11, 12)


def deliveries(first_day: date, day: date) -> Iterator[tuple[str, dict[str, Any]]]:
    """(dataset, row) of what is told of them on one day."""
    return told_on(first_day, day, _facts())


def _facts() -> Iterator[Fact]:
    for n in _DAYS:
        word = f"storvi{'bdfgh'[n]}"
        yield from _address_that_begins_to_speak(f"family-{n}", f"eva{word}", told=n, last_name=word)
        yield from _address_that_begins_to_speak(f"first-{n}", f"{word}aberg", told=n, first_name=f"{word}a")
        yield from _domain_that_becomes_common(f"domain-{n}", f"ten{n}", told=n)
        yield from _name_that_is_taken_back(f"namesake-{n}", told=n)
        yield from _another_first_name(f"renamed-{n}", told=n)
        yield from _guests(f"guest-{n}", told=n)
        yield from _born_on_another_day(f"born-{n}", told=n)
        yield from _chain(f"chain-{n}", phone=f"9345{n}", told=n)
        yield from _described_alike(f"double-{n}", f"par{'bdfgh'[n]}", told=n)
        yield from _described_by_too_many(f"alike-{n}", f"lik{'bdfgh'[n]}", told=n)
        yield from _member_of_too_many(f"crowd-{n}", told=n)
        yield from _browsers(f"device-{n}", told=n)


def _at_a_till(name: str, told: int, **columns: Any) -> Fact:
    return "pos/customers", told, _PEOPLE.since, {"pos_customer_id": name} | columns, ("updated_at",)


def _address_that_begins_to_speak(name: str, local: str, told: int, **columns: str) -> Iterator[Fact]:
    """Somebody else has the name that it spells."""
    yield _PEOPLE.account("berg", told=0, first_name="Eva", last_name="Berg")
    yield _at_a_till(name, told=0, email=_PEOPLE.address(local))
    yield _PEOPLE.account(name, told, **columns)


def _domain_that_becomes_common(name: str, domain: str, told: int) -> Iterator[Fact]:
    """What a letter separates from it is a slip of the pen since."""
    for number in range(20):
        local = f"long.name{name}" if number == 0 else f"{name}-{number}"
        yield _PEOPLE.account(f"{name}-{number}", 0 if number < 19 else told, email=f"{local}@{domain}.example")
    yield _PEOPLE.account(f"{name}-slip", told=0, email=f"long.name{name}@{domain[1:]}.example")


def _name_that_is_taken_back(name: str, told: int) -> Iterator[Fact]:
    """Who said no name had that of the other one at the same address, who moves away."""
    yield _at_a_till(name, told=0, email=_PEOPLE.address(name))
    yield _PEOPLE.account(name, told=0, first_name="Liv")
    yield _PEOPLE.account(name, told, happened=_LATER, first_name="Liv", email=_PEOPLE.address(f"new.{name}"))


def _another_first_name(name: str, told: int) -> Iterator[Fact]:
    yield _PEOPLE.account(name, told=0, first_name="Liv")
    yield _PEOPLE.account(name, told, happened=_LATER, first_name="Eva")


def _guests(name: str, told: int) -> Iterator[Fact]:
    """The first and the last of one guest's three orders turn out to be accounts'; another guest orders again."""
    for number in range(3):
        yield order(f"{name}-{number}", 0, -2, email=_PEOPLE.address(name))
        if number != 1:
            yield order(f"{name}-{number}", told, -1, account_id=f"{name}-{number}")
    for number in range(2):
        yield order(f"faithful-{name}-{number}", number * told, -2, email=_PEOPLE.address(f"faithful-{name}"))


def _chain(name: str, phone: str, told: int) -> Iterator[Fact]:
    """A shares an address with B and B a number with C; B goes to others: one before it in the alphabet, one after.

    Ola and Per share C's number and are others.
    """
    old, new = _PEOPLE.address(f"{name}-a"), _PEOPLE.address(f"{name}-aa")
    for letter, first_name in (("0", "Ola"), ("z", "Per")):
        yield _PEOPLE.account(f"{name}-{letter}", told=0, first_name=first_name, phone=f"{phone}001")
    yield _PEOPLE.account(f"{name}-a", told=0, first_name="Kari")
    yield _PEOPLE.account(f"{name}-b", told=0, first_name="Kari", email=old, phone=f"{phone}001")
    yield _PEOPLE.account(f"{name}-c", told=0, first_name="Kari", phone=f"{phone}001")
    yield _PEOPLE.account(f"{name}-aa", told=0, first_name="Kari")
    yield _PEOPLE.account(f"{name}-y", told=0, first_name="Kari", phone=f"{phone}002")
    yield _PEOPLE.account(f"{name}-b", told, happened=_LATER, first_name="Kari", email=new, phone=f"{phone}002")
    yield _visit(f"browser of {name}", traits_email=_PEOPLE.address(f"{name}-c"))


def _born_on_another_day(name: str, told: int) -> Iterator[Fact]:
    """Than who shares an address with them, and so somebody else."""
    yield _PEOPLE.account(name, told=0, birth_date=_BORN)
    yield _PEOPLE.account(f"{name}-too", told=0, email=_PEOPLE.address(name), birth_date=_BORN)
    yield _PEOPLE.account(f"{name}-too", told, happened=_LATER, email=_PEOPLE.address(name), birth_date=_BORN_LATER)


def _described_alike(name: str, last_name: str, told: int) -> Iterator[Fact]:
    for number in range(2):
        yield _PEOPLE.account(
            f"{name}-{number}", number * told, first_name="Kari", last_name=last_name, birth_date=_BORN
        )


def _described_by_too_many(name: str, last_name: str, told: int) -> Iterator[Fact]:
    """Of one name and birth date: one of them turns out to be born on another day."""
    person = {"first_name": "Kari", "last_name": last_name}
    for number in range(_MANY):
        yield _PEOPLE.account(f"{name}-{number}", told=0, birth_date=_BORN, **person)
    yield _PEOPLE.account(f"{name}-0", told, happened=_LATER, birth_date=_BORN_LATER, **person)


def _member_of_too_many(name: str, told: int) -> Iterator[Fact]:
    """A member's birth date is that of its first record: one leaves the first crowd, and one joins the other."""
    for number in range(_MANY + 2):
        born = {"birth_date": _BORN if number == 0 else None}
        yield _PEOPLE.account(f"{name}-left-{number:02}", told=0, member_id=f"{name}-left", **born)
        yield _PEOPLE.account(
            f"{name}-joined-{number:02}", told if number == 0 else 0, member_id=f"{name}-joined", **born
        )
    yield _PEOPLE.account(f"{name}-left-00", told, happened=_LATER, birth_date=_BORN)


def _browsers(name: str, told: int) -> Iterator[Fact]:
    """Known by an account, a member or an address that is somebody's from that day on, or nobody's."""
    yield _visit(f"{name} account", userId=f"{name}-later")
    yield _PEOPLE.account(f"{name}-later", told)
    yield _visit(f"{name} member", userId=f"{name}-member")
    yield _PEOPLE.member(f"{name}-member", told, _PEOPLE.since, country="NO")
    yield _visit(f"{name} former address", traits_email=_PEOPLE.address(f"{name}-moves"))
    yield _visit(f"{name} new address", traits_email=_PEOPLE.address(f"{name}-moved"))
    yield _PEOPLE.account(f"{name}-moves", told=0)
    yield _PEOPLE.account(f"{name}-moves", told, happened=_LATER, email=_PEOPLE.address(f"{name}-moved"))
    yield _visit(f"{name} shared", userId=f"{name}-moves")
    yield _visit(f"{name} shared", told, userId=f"{name}-later")


def _visit(browser: str, told: int = 0, **columns: Any) -> Fact:
    row = {"messageId": f"{browser}-{told}-{columns}", "type": "identify", "anonymousId": browser} | columns
    return "tracker/events", told, told - 100, row, ("timestamp",)
