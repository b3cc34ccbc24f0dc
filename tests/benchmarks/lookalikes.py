"""People and shops that look like somebody else, on purpose: twins, widows, second owners of a mailbox, chain stores.

Belongs here: making the rows, from a seed and nothing else, as `hostile_sets` does. Not here: rules, or what counts as
good enough. No name of one case occurs in another's household, so that what is wrong is the case's own.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

Row = dict[str, Any]

TWINS = (
    ("Ola", "Ole"), ("Mari", "Marie"), ("Marie", "Maria"), ("Anne", "Anna"), ("Jon", "Jonas"), ("Emma", "Emmy"),
    ("Sindre", "Sondre"), ("Tilda", "Hilda"), ("Eivind", "Eirin"), ("Malene", "Marlene"), ("Signe", "Sigve"),
)  # fmt: skip
LAST = ("Fossum", "Granli", "Hovland", "Iversen", "Kvamme", "Lunde", "Moen", "Nilsen", "Opdal", "Ravnås", "Skogli")


def lookalikes(chance: random.Random, n: int) -> Iterator[Row]:
    """`n` households or shops, each of one case."""
    cases: tuple[Callable[[random.Random, int], Iterator[Row]], ...] = (
        twins, father_and_son, widow, second_owner, married, swapped, slips, chain_store, namesake_companies,
        colleagues, switchboard,
    )  # fmt: skip
    for home in range(n):
        case = cases[home % len(cases)]
        for row in case(chance, home):
            yield {"kind": case.__name__, **row, "person": f"{case.__name__}{home}:{row['person']}"}


def twins(chance: random.Random, home: int) -> Iterator[Row]:
    """One birthday, family name, door and number; first names a letter apart."""
    place, born, last = _place(home), _born(chance), chance.choice(LAST)
    for first in chance.choice(TWINS):
        base: Row = {"person": first, "first_name": first, "last_name": last, "birth_date": born, **place}
        yield base | {"phone": _phone(home), "email": f"{first.lower()}{home}@post.example"}
        yield base | {"phone": _phone(home)}
        yield base | {"email": f"{first.lower()}{home}@post.example"}


def father_and_son(chance: random.Random, home: int) -> Iterator[Row]:
    """One name, one door, one mailbox, one number; only their years tell."""
    place, born = _place(home), _born(chance)
    base: Row = {"first_name": "Torvald", "last_name": chance.choice(LAST), "email": f"hus{home}@post.example"} | place
    for person, day in (("father", born), ("son", born + timedelta(days=9500))):
        yield base | {"person": person, "birth_date": day, "phone": _phone(home)}
        yield base | {"person": person, "birth_date": day}


def widow(chance: random.Random, home: int) -> Iterator[Row]:
    """She keeps the mailbox that bears his name, and the number."""
    base: Row = {"last_name": chance.choice(LAST), "email": f"gunnar.hus{home}@post.example", **_place(home)}
    yield base | {"person": "he", "first_name": "Gunnar", "birth_date": _born(chance), "phone": _phone(home)}
    yield base | {"person": "she", "first_name": "Solveig", "birth_date": _born(chance), "phone": _phone(home)}
    yield base | {"person": "she", "first_name": "Solveig", "phone": _phone(home)}


def second_owner(chance: random.Random, home: int) -> Iterator[Row]:
    """A mailbox and a number that were given to somebody else, who lives elsewhere and was born on another day."""
    old, new = _phone(home), f"egen{home}@post.example"
    yield _person(chance, home, "before", "Birger") | {"email": f"post{home}@post.example", "phone": old}
    yield _person(chance, home + 400, "after", "Cecilie") | {"email": f"post{home}@post.example", "phone": old}
    yield _person(chance, home + 800, "later", "Dagfinn") | {"email": new, "phone": old}


def married(chance: random.Random, home: int) -> Iterator[Row]:
    """A new family name under the mailbox and the birthday of before."""
    born, mail = _born(chance), f"frida{home}@post.example"
    base: Row = {"person": "she", "first_name": "Frida", "birth_date": born, "email": mail}
    yield base | {"last_name": "Østhagen"} | _place(home)
    yield base | {"last_name": chance.choice(LAST)} | _place(home + 400)
    yield base | {"last_name": f"Østhagen {chance.choice(LAST)}"} | _place(home + 400)


def swapped(chance: random.Random, home: int) -> Iterator[Row]:
    """First and family name in each other's place; and somebody whose names are the other way round by right."""
    first, last, place = "Thomas", "Henrik", _place(home)
    base: Row = {"birth_date": _born(chance), **place}
    yield base | {"person": "one", "first_name": first, "last_name": last}
    yield base | {"person": "one", "first_name": last, "last_name": first}
    yield {"person": "other", "first_name": last, "last_name": first, "birth_date": _born(chance), **place}


def slips(chance: random.Random, home: int) -> Iterator[Row]:
    """Digits of a birthday in each other's place, under an own number; letters that a machine read."""
    born = date(1952, 3, 12) + timedelta(days=chance.randrange(9000))
    base: Row = {"person": "one", "first_name": "Magnhild", "last_name": "Lillehammer", **_place(home)}
    phone = _phone(home)
    yield base | {"birth_date": born, "phone": phone}
    yield base | {"birth_date": born, "last_name": "Li11eharnmer", "phone": phone}
    yield base | {"first_name": "Magnhi1d", "phone": phone}
    yield base | {"birth_date": None, "email": f"magnhild.lillehammer{home}@post.example", "phone": phone}


def chain_store(chance: random.Random, home: int) -> Iterator[Row]:
    """Stores of one chain: each a company of its own, one name, one mailbox, one switchboard."""
    base: Row = {
        "company_name": f"Byggkjeden {home} AS",
        "email": f"faktura@kjede{home}.example",
        "phone": _phone(home),
    }
    for store in range(3):
        number = f"{930_000_000 + home * 10 + store}"
        yield base | {"person": f"{store}", "organisation_number": number} | _place(home + store * 300)
        yield base | {"person": f"{store}", "organisation_number": f"NO {number} MVA"} | _place(home + store * 300)


def namesake_companies(chance: random.Random, home: int) -> Iterator[Row]:
    """Two hairdressers of one name in two towns, without numbers; a third in the first town, of another form; and a
    record that may be either's there."""
    name = f"Salong Sakset {home}"
    for town in range(2):
        mail = f"post@sakset{home}-{town}.example"
        yield {"person": f"{town}", "company_name": f"{name} AS", "email": mail, **_place(home + town * 300)}
        yield {"person": f"{town}", "company_name": name.upper(), "email": mail, **_place(home + town * 300)}
    other = {"organisation_number": f"{940_000_000 + home}", "street": "Torget 3", "phone": _phone(home)}
    yield {"person": "whose", "company_name": name.title(), **_place(home)}
    yield {"person": "third", "company_name": f"{name} ANS", **_place(home), **other}


def colleagues(chance: random.Random, home: int) -> Iterator[Row]:
    """Two who order for their company and for themselves, under the mailboxes that it gave them."""
    company: Row = {"person": "company", "company_name": f"Kontorhuset {home} AS", "phone": _phone(home)}
    yield company | {"organisation_number": f"{950_000_000 + home}", "email": f"post@kontor{home}.example"}
    for first in ("Jorunn", "Trond"):
        own = {"first_name": first, "last_name": chance.choice(LAST), "email": f"{first.lower()}@kontor{home}.example"}
        yield company | own
        yield own | {"person": first, "birth_date": _born(chance), "phone": _phone(home)} | _place(home + 200)


def switchboard(chance: random.Random, home: int) -> Iterator[Row]:
    """Who buys for herself leaves the company's number; or a till takes the company's name for somebody's."""
    company: Row = {"person": "company", "phone": _phone(home)}
    yield company | {"company_name": "Verkstedet Nord AS", "email": f"post@verksted{home}.example"}
    if chance.random() < 0.5:
        yield company | {"first_name": "Verkstedet", "last_name": "Nord"}
    else:
        yield _person(chance, home + 300, "she", "Ragna") | {
            "phone": _phone(home),
            "email": f"ragna{home}@post.example",
        }


def _person(chance: random.Random, home: int, person: str, first: str) -> Row:
    return {
        "person": person, "first_name": first, "last_name": chance.choice(LAST), "birth_date": _born(chance),
        **_place(home),
    }  # fmt: skip


def _place(home: int) -> Row:
    return {
        "street": f"Lyngveien {1 + home % 97}", "postal_code": f"{1000 + home % 8000:04d}", "city": f"Bygd{home % 50}",
        "country": "NO",
    }  # fmt: skip


def _phone(home: int) -> str:
    return f"+47{46_000_000 + home}"


def _born(chance: random.Random) -> date:
    return date(1941, 1, 2) + timedelta(days=chance.randrange(20_000))
