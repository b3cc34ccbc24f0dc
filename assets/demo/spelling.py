"""How people and tills spell what they are told: capitals, spaces, country codes, letters that change places."""

from __future__ import annotations

from assets.demo import names
from assets.demo.dice import Dice
from assets.demo.people import Person


class Spelling:
    """The spellings of one person's address, number and name; `key` says which record is written."""

    def __init__(self, dice: Dice, person: Person) -> None:
        self._dice, self._person = dice, person
        self._key = person.person_id

    def typed(self, email: str, *key: object) -> str:
        """The address as somebody typed it: sometimes in capitals, sometimes with a space."""
        slip = self._dice.unit("typed", self._key, *key)
        if slip < 0.04:
            return email.title()
        if slip < 0.06:
            return email.upper()
        return f" {email}" if slip < 0.07 else email

    def spelled(self, phone: str, *key: object) -> str:
        """The number as the system keeps it: with or without country code, spaced or not."""
        code = names.CALLING_CODES[self._person.country]
        national = phone.removeprefix(f"+{code}")
        if self._person.country != "NO":
            return phone
        style = self._dice.between(0, 9, "spelled", self._key, *key)
        if style < 4:
            return phone
        if style < 7:
            return national
        if style < 9:
            return f"{national[:3]} {national[3:5]} {national[5:]}"
        return f"0047{national}"

    def misspelled(self, name: str, nth: int) -> str:
        """Now and then two letters change places."""
        if len(name) < 5 or not self._dice.chance(0.04, "misspelled", self._key, nth):
            return name
        at = self._dice.between(1, len(name) - 3, "where", self._key, nth)
        return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
