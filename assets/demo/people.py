"""The true people behind the households: who they are, never how a system has written them down.

Synthetic throughout. A household of the source becomes one to three people or one company; a few
more people have joined without ever having bought. How systems record them belongs to `records`.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

from assets.demo import names
from assets.demo.dice import Dice

COUNTRIES = {"NO": 0.88, "SE": 0.06, "DK": 0.04, "FI": 0.02}
LANGUAGES = {"NO": "nb", "SE": "sv", "DK": "da", "FI": "fi"}
AGES = {
    "19-24": (19, 24), "25-34": (25, 34), "35-44": (35, 44),
    "45-54": (45, 54), "55-64": (55, 64), "65+": (65, 84),
}  # fmt: skip
# Companies are chosen more often among the households that buy often.
COMPANY_SHARES = ((60, 0.02), (140, 0.06), (10**9, 0.12))
NEWCOMERS_A_DAY = 6
HISTORY_DAYS = 365


@dataclass(frozen=True, slots=True)
class Household:
    """What the source tells about a household; unknown demographics are None."""

    household_id: int
    n_baskets: int
    age: str | None
    n_people: int | None
    n_children: int | None


@dataclass(frozen=True, slots=True)
class Person:
    person_id: str
    household_id: int | None
    share_from: float
    share_to: float
    country: str
    language: str
    first_name: str
    last_name: str
    street: str
    postal_code: str
    city: str
    email: str
    phone: str
    birth_date: date | None
    children: tuple[date, ...]
    company_name: str | None
    organisation_number: str | None
    joined_on: date | None = None

    @property
    def is_company(self) -> bool:
        return self.company_name is not None


class Registry:
    """Hands out addresses and numbers so that no two people are given the same one by accident."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._taken: set[str] = set()

    def email(self, person_id: str, first: str, last: str, domain: str) -> str:
        first, last = ascii_letters(first), ascii_letters(last)
        style = self._dice.between(0, 3, "mail style", person_id)
        local = (f"{first}.{last}", f"{first}{last}", f"{first[0]}.{last}", f"{last}.{first}")[style]
        for attempt in range(1000):
            number = self._dice.between(2, 999, "mail number", person_id, attempt)
            wants_number = attempt > 0 or self._dice.chance(0.5, "mail has number", person_id)
            address = f"{local}{number if wants_number else ''}@{domain}"
            if address not in self._taken:
                self._taken.add(address)
                return address
        raise RuntimeError(f"no free address for person {person_id}")

    def phone(self, person_id: str, country: str) -> str:
        """A mobile number of the country in E.164."""
        for attempt in range(1000):
            prefix, digits = self._dice.pick(names.MOBILE_PREFIXES[country], "prefix", person_id, attempt)
            low, high = 10 ** (digits - 1), 10**digits - 1
            rest = self._dice.between(low, high, "number", person_id, attempt)
            number = f"+{names.CALLING_CODES[country]}{prefix}{rest}"
            if number not in self._taken:
                self._taken.add(number)
                return number
        raise RuntimeError(f"no free number for person {person_id}")


def ascii_letters(text: str) -> str:
    """A name as it stands in an address: lower case, æ ø å written out, no other marks."""
    table = str.maketrans({"æ": "ae", "ø": "o", "å": "a", "đ": "d"})
    plain = unicodedata.normalize("NFKD", text.lower().translate(table))
    return "".join(letter for letter in plain if "a" <= letter <= "z")


def organisation_number(dice: Dice, key: object) -> str:
    """Nine digits with a right check digit, in the range 1xx… which the register does not use."""
    for attempt in range(100):
        digits = f"1{dice.between(0, 10**7 - 1, 'organisation', key, attempt):07d}"
        total = sum(int(d) * w for d, w in zip(digits, (3, 2, 7, 6, 5, 4, 3, 2), strict=True))
        check = (11 - total % 11) % 11
        if check < 10:
            return f"{digits}{check}"
    raise RuntimeError("no organisation number found")


def make_people(dice: Dice, households: list[Household], today: date, days: int, fraction: float) -> list[Person]:
    """Everybody, in the order of the households; newcomers last."""
    registry = Registry(dice)
    people: list[Person] = []
    for household in households:
        people.extend(_household(dice, registry, household, today))
    for back in range(HISTORY_DAYS, -1, -1):
        joined_on = today - timedelta(days=back)
        # A year of newcomers is thinner than the run days, in which the welcome journey is watched.
        n = NEWCOMERS_A_DAY if back <= days + 7 else 1
        for i in range(n):
            key = f"n{joined_on:%y%m%d}{i}"
            if dice.chance(fraction, "newcomer", key):
                people.append(_newcomer(dice, registry, key, joined_on, today))
    return people


def _household(dice: Dice, registry: Registry, household: Household, today: date) -> list[Person]:
    key = household.household_id
    share = next(share for limit, share in COMPANY_SHARES if household.n_baskets < limit)
    country = dice.weighted(COUNTRIES, "country", key)
    last_name = dice.pick(names.LAST_NAMES[country], "last", key)
    if dice.chance(share, "company", key):
        kind = dice.pick(names.COMPANY_KINDS, "kind", key)
        company = f"{last_name} {kind} {'AS' if country == 'NO' else 'AB'}"
        return [_person(dice, registry, f"p{key}-1", key, country, last_name, (0.0, 1.0), today,
                        domain=f"{ascii_letters(last_name)}{ascii_letters(kind)}.example",
                        company=company)]  # fmt: skip
    size = household.n_people or dice.pick((1, 1, 1, 2, 2, 3), "size", key)
    adults = 1 if size == 1 else 3 if size > 3 and dice.chance(0.2, "third", key) else 2
    n_children = household.n_children
    if n_children is None:
        n_children = dice.pick((0, 0, 0, 1, 2), "children", key) if adults > 1 else 0
    children = tuple(today - timedelta(days=dice.between(60, 16 * 365, "child", key, i)) for i in range(n_children))
    main = 1.0 if adults == 1 else 0.55 + 0.35 * dice.unit("main share", key)
    shares = [(0.0, main), (main, 1.0)] if adults < 3 else [(0, main), (main, 0.96), (0.96, 1)]
    people = []
    for i in range(adults):
        shares_name = i == 0 or dice.chance(0.7, "same last name", key, i)
        own = last_name if shares_name else dice.pick(names.LAST_NAMES[country], "last", key, i)
        people.append(
            _person(dice, registry, f"p{key}-{i + 1}", key, country, own, shares[i], today,
                    children=children, age=household.age)
        )  # fmt: skip
    return people


def _newcomer(dice: Dice, registry: Registry, key: str, joined_on: date, today: date) -> Person:
    country = dice.weighted(COUNTRIES, "country", key)
    last_name = dice.pick(names.LAST_NAMES[country], "last", key)
    return _person(dice, registry, key, None, country, last_name, (0.0, 0.0), today, joined_on=joined_on)


def _person(
    dice: Dice,
    registry: Registry,
    person_id: str,
    household_id: int | None,
    country: str,
    last_name: str,
    share: tuple[float, float],
    today: date,
    *,
    domain: str | None = None,
    company: str | None = None,
    children: tuple[date, ...] = (),
    age: str | None = None,
    joined_on: date | None = None,
) -> Person:
    home = household_id if household_id is not None else person_id
    # A few customers in Norway read English; their names say so only sometimes.
    reads_english = country == "NO" and dice.chance(0.05, "english", person_id)
    names_from = "EN" if reads_english and dice.chance(0.7, "english name", person_id) else country
    first_name = dice.pick(names.FIRST_NAMES[names_from], "first", person_id)
    if names_from == "EN":
        last_name = dice.pick(names.LAST_NAMES["EN"], "last", person_id)
    low, high = AGES[age] if age else (20, 82)
    born = today - timedelta(days=dice.between(low * 365, high * 365 + 364, "born", person_id))
    postal_code, city = dice.pick(names.PLACES[country], "place", home)
    mail_domain = domain or dice.pick(names.MAIL_DOMAINS, "domain", person_id)
    return Person(
        person_id=person_id,
        household_id=household_id,
        share_from=share[0],
        share_to=share[1],
        country=country,
        language="en" if reads_english else LANGUAGES[country],
        first_name=first_name,
        last_name=last_name,
        street=street(dice, country, home),
        postal_code=postal_code,
        city=city,
        email=registry.email(person_id, first_name, last_name, mail_domain),
        phone=registry.phone(person_id, country),
        birth_date=None if company else born,
        children=children,
        company_name=company,
        organisation_number=organisation_number(dice, home) if company else None,
        joined_on=joined_on,
    )


def street(dice: Dice, country: str, key: object) -> str:
    """A street and number of the country, the same for one key."""
    name = dice.pick(names.STREETS[country], "street", key)
    return f"{name} {dice.between(1, 98, 'house', key)}{dice.pick(('', '', '', 'A', 'B'), 'stair', key)}"
