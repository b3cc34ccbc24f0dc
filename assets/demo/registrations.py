"""Which source systems know a person: member, account, customer at the till, guest at the checkout.

Also the links from people to their records, which purchases use. What a record says belongs to `records`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from assets.demo.assign import Habits
from assets.demo.dice import Dice
from assets.demo.people import Person
from assets.demo.records import Clerk, Records
from assets.demo.source import Calendar, midnight


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
        registration = Registration(dice, records, calendar, person, habits.get(person.person_id), main_of)
        registration.write(_stable_number(person, n))
    return records


def _stable_number(person: Person, n: int) -> int:
    if person.household_id is None:
        return 100_000 + n
    return person.household_id * 10 + int(person.person_id[-1])


class Registration:
    """One person's way into the systems."""

    def __init__(
        self,
        dice: Dice,
        records: Records,
        calendar: Calendar,
        person: Person,
        habits: Habits | None,
        main_of: dict[int, Person],
    ) -> None:
        self.dice, self.records = dice, records
        self.person, self.habits = person, habits
        self.key = person.person_id
        self.start, self.end = calendar.year
        email, phone = person.email, person.phone
        main = main_of.get(person.household_id or -1, person)
        if main is not person:
            # Some households have one address or one telephone for everybody.
            if dice.chance(0.07, "shares mail", self.key):
                email = main.email
            if dice.chance(0.06, "shares phone", self.key):
                phone = main.phone
        self.clerk = Clerk(dice, records, calendar, person, email, phone)

    def write(self, number: int) -> None:
        p, h, dice = self.person, self.habits, self.dice
        member_id = joined_at = account_id = account_from = pos_id = None
        second_id = second_from = None
        if p.joined_on is not None or (h and dice.chance(0.72, "is member", self.key)):
            member_id, joined_at = number_of("M", number), self._joined_at()
            self.clerk.member(member_id, joined_at)
        if h and h.first_web_at and self._wants_account(h):
            account_id = number_of("K", number)
            account_from = h.first_web_at - timedelta(minutes=dice.between(4, 40 * 24 * 60, "account age", self.key))
            self.clerk.account(account_id, account_from, member_id, 1)
            if h.n_web > 8 and dice.chance(0.05, "second account", self.key):
                second_id = number_of("K", number + 5_000_000)
                second_from = dice.moment(h.first_web_at, self.end, "second from", self.key)
                self.clerk.account(second_id, second_from, None, 2)
        if h and h.first_web_at and account_id is None:
            # A guest may tick the box at the checkout without having an account.
            for channel, address in (("email", self.clerk.email), ("sms", self.clerk.phone)):
                guest = (address, channel, "checkout", self.key, h.first_web_at)
                self.records.contacts.append(guest)
        if h and h.first_store_at and dice.chance(0.5, "known in store", self.key):
            pos_id = number_of("P", number)
            self.clerk.pos_customer(pos_id, h.first_store_at, member_id, 1)
            if dice.chance(0.05, "twice in store", self.key):
                again = number_of("P", number + 5_000_000)
                moment = dice.moment(h.first_store_at, self.end, "pos again", self.key)
                self.clerk.pos_customer(again, moment, None, 2)
        self.records.links.append(
            {
                "person_id": self.key, "member_id": member_id, "joined_at": joined_at,
                "account_id": account_id, "account_from": account_from,
                "second_account_id": second_id, "second_account_from": second_from,
                "pos_customer_id": pos_id, "email": self.clerk.email, "phone": self.clerk.phone,
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
