"""How the source systems write a person down: the rows of members, accounts and customers at the till.

All versions of every record, the contacts in them, and the truth: which person every record is. The truth is kept
beside the landing folder and is for tests only. Which systems know a person belongs to `registrations`, slips of the
pen to `spelling`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from assets.demo import names
from assets.demo.dice import Dice
from assets.demo.people import Person, street
from assets.demo.source import Calendar
from assets.demo.spelling import Spelling

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


class Clerk:
    """Writes one person down in each system; `email` and `phone` are what this person gives."""

    def __init__(
        self, dice: Dice, records: Records, calendar: Calendar, person: Person, email: str, phone: str
    ) -> None:
        self.dice, self.records, self.person = dice, records, person
        self.key = person.person_id
        self.email, self.phone = email, phone
        self.start, self.end = calendar.year
        self._spelling = Spelling(dice, person)

    def member(self, member_id: str, joined_at: datetime) -> None:
        """A member of the club, who gives most of what is asked for."""
        p, dice = self.person, self.dice
        email = None if dice.chance(0.04, "no mail", self.key) else self.email
        phone = None if dice.chance(0.1, "no phone", self.key) else self.phone
        tells_children = bool(p.children) and dice.chance(0.6, "tells children", self.key)
        row: Row = {
            "member_id": member_id,
            "email": email and self._spelling.typed(email, "club"),
            "phone": phone and self._spelling.spelled(phone, "club"),
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

    def account(self, account_id: str, created_at: datetime, member_id: str | None, nth: int) -> None:
        """The person's `nth` account in the webshop; some use another address there."""
        p, dice, key = self.person, self.dice, (self.key, nth)
        email = self.email
        if nth == 2 or dice.chance(0.12, "other mail", *key):
            email = f"{email.split('@')[0]}@{dice.pick(names.MAIL_DOMAINS, 'other', *key)}"
        knows_company = p.is_company and (nth == 1 or member_id is None)
        row: Row = {
            "account_id": account_id,
            "email": self._spelling.typed(email, "webshop", nth),
            "phone": None if dice.chance(0.15, "no phone", *key)
            else self._spelling.spelled(self.phone, "webshop", nth),
            "first_name": p.first_name, "last_name": self._spelling.misspelled(p.last_name, nth),
            "street": p.street, "postal_code": p.postal_code, "city": p.city,
            "country": p.country, "language": p.language, "birth_date": None,
            "member_id": member_id if dice.chance(0.6, "links club", *key) else None,
            "company_name": p.company_name if knows_company else None,
            "organisation_number": p.organisation_number if knows_company else None,
            "created_at": created_at, "updated_at": created_at,
        }  # fmt: skip
        self._keep(self.records.accounts, "webshop", account_id, row, created_at)
        self._later(self.records.accounts, row, created_at, "webshop")

    def pos_customer(self, pos_id: str, since: datetime, member_id: str | None, nth: int) -> None:
        """The person as a cashier typed it in for the `nth` time."""
        p, dice, key = self.person, self.dice, (self.key, nth)
        email: str | None = None
        if dice.chance(0.55, "pos mail", *key):
            email = self._spelling.typed(self.email, "pos", nth)
            if dice.chance(0.03, "pos typo", *key):
                email = email.replace(".", "", 1) if email.index(".") < email.index("@") else email
        if dice.chance(PLACEHOLDER_SHARE, "placeholder", *key):
            email = dice.pick(names.PLACEHOLDER_EMAILS, "which placeholder", *key)
        has_phone = email is None or dice.chance(0.7, "pos phone", *key)
        row: Row = {
            "pos_customer_id": pos_id,
            "name": p.company_name or f"{p.first_name} {self._spelling.misspelled(p.last_name, nth + 2)}",
            "email": email,
            "phone": self._spelling.spelled(self.phone, "pos", nth) if has_phone else None,
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
