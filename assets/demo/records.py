"""How the source systems have written people down: several records per person, with their mistakes.

Makes the tables `club.members`, `webshop.accounts` and `pos.customers` (all versions of every
record), the links from people to their records that purchases use, and the truth: which person
every record is. The truth is kept beside the landing folder and is for tests only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from assets.demo import names
from assets.demo.assign import Habits
from assets.demo.dice import Dice
from assets.demo.people import Person, street
from assets.demo.source import Calendar, midnight

PLACEHOLDER_SHARE = 0.012
Row = dict[str, Any]


@dataclass
class Records:
    """Everything written down about people, and who they really are."""

    members: list[Row] = field(default_factory=list)
    accounts: list[Row] = field(default_factory=list)
    pos_customers: list[Row] = field(default_factory=list)
    links: list[Row] = field(default_factory=list)
    truth: list[tuple[str, str, str]] = field(default_factory=list)
    # (address, channel, source, person_id, since): what a consent can be given for
    contacts: list[tuple[str, str, str, str, datetime]] = field(default_factory=list)


def number_of(prefix: str, n: int, digits: int = 7) -> str:
    """An id that does not tell which household it belongs to (multiplication modulo a prime)."""
    return f"{prefix}{(n * 7_368_787) % 9_999_991:0{digits}d}"


def write_records(dice: Dice, people: list[Person], habits: dict[str, Habits], calendar: Calendar) -> Records:
    """Every record of every person, in the order of the people."""
    records = Records()
    main_of: dict[int, Person] = {}
    for n, person in enumerate(people):
        if person.household_id is not None:
            main_of.setdefault(person.household_id, person)
        Clerk(dice, records, calendar, person, habits.get(person.person_id), main_of).write(_stable_number(person, n))
    return records


def _stable_number(person: Person, n: int) -> int:
    if person.household_id is None:
        return 100_000 + n
    return person.household_id * 10 + int(person.person_id[-1])


class Clerk:
    """Writes one person into the systems that know them."""

    def __init__(
        self,
        dice: Dice,
        records: Records,
        calendar: Calendar,
        person: Person,
        habits: Habits | None,
        main_of: dict[int, Person],
    ) -> None:
        self.dice, self.records, self.calendar = dice, records, calendar
        self.person, self.habits = person, habits
        self.key = person.person_id
        self.end = midnight(calendar.today + timedelta(days=1))
        self.start = midnight(calendar.today - timedelta(days=365))
        self.email, self.phone = person.email, person.phone
        main = main_of.get(person.household_id or -1, person)
        if main is not person:
            # Some households have one address or one telephone for everybody.
            if dice.chance(0.07, "shares mail", self.key):
                self.email = main.email
            if dice.chance(0.06, "shares phone", self.key):
                self.phone = main.phone

    def write(self, number: int) -> None:
        p, h, dice = self.person, self.habits, self.dice
        member_id = joined_at = account_id = account_from = pos_id = None
        second_id = second_from = None
        if p.joined_on is not None or (h and dice.chance(0.72, "is member", self.key)):
            member_id, joined_at = number_of("M", number), self._joined_at()
            self._member(member_id, joined_at)
        if h and h.first_web_at and self._wants_account(h):
            account_id = number_of("K", number)
            account_from = h.first_web_at - timedelta(minutes=dice.between(4, 40 * 24 * 60, "account age", self.key))
            self._account(account_id, account_from, member_id, 1)
            if h.n_web > 8 and dice.chance(0.05, "second account", self.key):
                second_id = number_of("K", number + 5_000_000)
                second_from = dice.moment(h.first_web_at, self.end, "second from", self.key)
                self._account(second_id, second_from, None, 2)
        if h and h.first_web_at and account_id is None:
            # A guest may tick the box at the checkout without having an account.
            for channel, address in (("email", self.email), ("sms", self.phone)):
                guest = (address, channel, "checkout", self.key, h.first_web_at)
                self.records.contacts.append(guest)
        if h and h.first_store_at and dice.chance(0.5, "known in store", self.key):
            pos_id = number_of("P", number)
            self._pos_customer(pos_id, h.first_store_at, member_id, 1)
            if dice.chance(0.05, "twice in store", self.key):
                again = number_of("P", number + 5_000_000)
                moment = dice.moment(h.first_store_at, self.end, "pos again", self.key)
                self._pos_customer(again, moment, None, 2)
        self.records.links.append(
            {
                "person_id": self.key, "member_id": member_id, "joined_at": joined_at,
                "account_id": account_id, "account_from": account_from,
                "second_account_id": second_id, "second_account_from": second_from,
                "pos_customer_id": pos_id, "email": self.email, "phone": self.phone,
            }
        )  # fmt: skip

    def _wants_account(self, habits: Habits) -> bool:
        if habits.n_web <= 3 and not self.dice.chance(0.45, "account", self.key):
            return False
        return self.person.is_company or self.dice.chance(0.9, "account at all", self.key)

    def _joined_at(self) -> datetime:
        """Half of the members joined years ago, the others in the course of the year."""
        p, dice = self.person, self.dice
        if p.joined_on is not None:
            day = midnight(p.joined_on)
            return day + timedelta(seconds=dice.between(0, 86_399, "join time", self.key))
        if dice.chance(0.55, "joined early", self.key):
            return dice.moment(self.start - timedelta(days=4 * 365), self.start, "joined", self.key)
        return dice.moment(self.start, self.end, "joined", self.key)

    def _member(self, member_id: str, joined_at: datetime) -> None:
        p, dice = self.person, self.dice
        email = None if dice.chance(0.04, "no mail", self.key) else self.email
        phone = None if dice.chance(0.1, "no phone", self.key) else self.phone
        tells_children = bool(p.children) and dice.chance(0.6, "tells children", self.key)
        row: Row = {
            "member_id": member_id,
            "email": email and self._typed(email, "club"),
            "phone": phone and self._spelled(phone, "club"),
            "first_name": p.first_name, "last_name": p.last_name, "street": p.street,
            "postal_code": p.postal_code, "city": p.city, "country": p.country,
            "language": p.language if dice.chance(0.8, "tells language", self.key) else None,
            "birth_date": p.birth_date if dice.chance(0.75, "tells birth", self.key) else None,
            "children_birth_dates": list(p.children) if tells_children else None,
            "customer_type": "b2b" if p.is_company else "b2c",
            "company_name": p.company_name, "organisation_number": p.organisation_number,
            "joined_at": joined_at, "updated_at": joined_at,
        }  # fmt: skip
        self._keep(self.records.members, "club", member_id, row, joined_at)
        self._later(self.records.members, row, joined_at, "club")

    def _account(self, account_id: str, created_at: datetime, member_id: str | None, nth: int) -> None:
        p, dice, key = self.person, self.dice, (self.key, nth)
        email = self.email
        if nth == 2 or dice.chance(0.12, "other mail", *key):
            email = f"{email.split('@')[0]}@{dice.pick(names.MAIL_DOMAINS, 'other', *key)}"
        knows_company = p.is_company and (nth == 1 or member_id is None)
        row: Row = {
            "account_id": account_id,
            "email": self._typed(email, "webshop", nth),
            "phone": None if dice.chance(0.15, "no phone", *key)
            else self._spelled(self.phone, "webshop", nth),
            "first_name": p.first_name, "last_name": self._misspelled(p.last_name, nth),
            "street": p.street, "postal_code": p.postal_code, "city": p.city,
            "country": p.country, "language": p.language, "birth_date": None,
            "member_id": member_id if dice.chance(0.6, "links club", *key) else None,
            "company_name": p.company_name if knows_company else None,
            "organisation_number": p.organisation_number if knows_company else None,
            "created_at": created_at, "updated_at": created_at,
        }  # fmt: skip
        self._keep(self.records.accounts, "webshop", account_id, row, created_at)
        self._later(self.records.accounts, row, created_at, "webshop")

    def _pos_customer(self, pos_id: str, since: datetime, member_id: str | None, nth: int) -> None:
        p, dice, key = self.person, self.dice, (self.key, nth)
        email: str | None = None
        if dice.chance(0.55, "pos mail", *key):
            email = self._typed(self.email, "pos", nth)
            if dice.chance(0.03, "pos typo", *key):
                email = email.replace(".", "", 1) if email.index(".") < email.index("@") else email
        if dice.chance(PLACEHOLDER_SHARE, "placeholder", *key):
            email = dice.pick(names.PLACEHOLDER_EMAILS, "which placeholder", *key)
        has_phone = email is None or dice.chance(0.7, "pos phone", *key)
        row: Row = {
            "pos_customer_id": pos_id,
            "name": p.company_name or f"{p.first_name} {self._misspelled(p.last_name, nth + 2)}",
            "email": email,
            "phone": self._spelled(self.phone, "pos", nth) if has_phone else None,
            "postal_code": p.postal_code if dice.chance(0.8, "pos code", *key) else None,
            "member_id": member_id if dice.chance(0.5, "pos member", *key) else None,
            "updated_at": since,
        }  # fmt: skip
        self._keep(self.records.pos_customers, "pos", pos_id, row, since)

    def _later(self, rows: list[Row], row: Row, since: datetime, source: str) -> None:
        """A second version of a record: moved house, or changed the address one writes to."""
        dice, key = self.dice, (source, self.key)
        moved = dice.chance(0.07, "moved", self.key)
        changed = dice.chance(0.03, "changed mail", *key)
        if not (moved or changed):
            return
        version = dict(row)
        if moved:
            place = dice.pick(names.PLACES[self.person.country], "new place", self.key)
            version["street"] = street(dice, self.person.country, f"{self.key}|new")
            version["postal_code"], version["city"] = place
        if changed and row["email"]:
            domain = dice.pick(names.MAIL_DOMAINS, "new mail", *key)
            version["email"] = f"{row['email'].split('@')[0]}@{domain}"
        version["updated_at"] = dice.moment(max(since, self.start), self.end, "changed at", self.key)
        rows.append(version)
        if version["email"] and version["email"] != row["email"]:
            contact = (version["email"], "email", source, self.key, version["updated_at"])
            self.records.contacts.append(contact)

    def _keep(self, rows: list[Row], source: str, record_id: str, row: Row, since: datetime) -> None:
        rows.append(row)
        self.records.truth.append((source, record_id, self.key))
        for channel, value in (("email", row["email"]), ("sms", row["phone"])):
            if value and value not in names.PLACEHOLDER_EMAILS:
                self.records.contacts.append((value, channel, source, self.key, since))

    def _typed(self, email: str, *key: object) -> str:
        """The address as somebody typed it: sometimes in capitals, sometimes with a space."""
        slip = self.dice.unit("typed", self.key, *key)
        if slip < 0.04:
            return email.title()
        if slip < 0.06:
            return email.upper()
        return f" {email}" if slip < 0.07 else email

    def _spelled(self, phone: str, *key: object) -> str:
        """The number as the system keeps it: with or without country code, spaced or not."""
        code = names.CALLING_CODES[self.person.country]
        national = phone.removeprefix(f"+{code}")
        if self.person.country != "NO":
            return phone
        style = self.dice.between(0, 9, "spelled", self.key, *key)
        if style < 4:
            return phone
        if style < 7:
            return national
        if style < 9:
            return f"{national[:3]} {national[3:5]} {national[5:]}"
        return f"0047{national}"

    def _misspelled(self, name: str, nth: int) -> str:
        """Now and then two letters change places."""
        if len(name) < 5 or not self.dice.chance(0.04, "misspelled", self.key, nth):
            return name
        at = self.dice.between(1, len(name) - 3, "where", self.key, nth)
        return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
