"""Telephone numbers by the world's numbering plans (`phonenumbers`): what SQL asks for, and what people type.

SQL settles the home countries' numbers by itself and asks here, through a function of the dbt connection, once for each
distinct number of another country (base_addresses__foreign_phones). Nothing is stored here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TypedDict

# Whose numbers SQL reads without asking.
HOME_COUNTRIES = ("NO", "SE", "DK", "FI")


class Reading(TypedDict):
    """A number as SQL gets it."""

    phone: str
    is_mobile: bool


@lru_cache(maxsize=100_000)
def read_number(dialled: str, country: str) -> Reading | None:
    """The number in E.164, and whether it may be a mobile one; None if nobody can have that number.

    `dialled` holds digits, with a leading + where it carries a calling code; `country` (ISO 3166-1 alpha-2) says how to
    read it where it does not. Where mobile numbers look like others (US), a number may be mobile.
    """
    import phonenumbers  # its plans take 50 ms to load, and most runs never ask

    try:
        number = phonenumbers.parse(dialled, country or None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    mobile = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
    return Reading(
        phone=phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
        is_mobile=phonenumbers.number_type(number) in mobile,
    )


def national_digits(number: str) -> str | None:
    """An E.164 number without its calling code; None if it is no number of any country."""
    reading = read_number(number, "")
    if reading is None:
        return None
    import phonenumbers

    return phonenumbers.national_significant_number(phonenumbers.parse(reading["phone"]))


def numbers_meant(typed: str | None, countries: Iterable[str]) -> frozenset[str]:
    """What a person at a keyboard may mean, in E.164: with a calling code one number, else one of each country."""
    dialled = re.sub(r"^00", "+", re.sub(r"[\s().\-/]", "", (typed or "").replace("(0)", "")))
    readings = (read_number(dialled, country) for country in countries)
    return frozenset(reading["phone"] for reading in readings if reading)


def normal_forms(written: str | None, countries: Iterable[str]) -> frozenset[str]:
    """In E.164, as the outbox may know it: what starts with a calling code may be valid by SQL's rules alone."""
    as_it_is = {"+" + re.sub(r"\D", "", written)} if written and written.startswith("+") else set()
    return numbers_meant(written, countries) | as_it_is
