"""Sets of records that are hard to tell apart or together, with their truth: households, businesses, a dirty register.

Belongs here: making the rows, from a seed and nothing else. Not here: rules, or what counts as good enough.
Every row is a record as an account of the web shop would deliver it, with `person` (the truth), `kind` (what is hard
about it) and no value that any real person is known to have.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from tests.benchmarks.lookalikes import lookalikes

Row = dict[str, Any]


def _words(text: str) -> list[str]:
    return text.split(", ")


FIRST = _words(
    "Kari, Karin, Karina, Ola, Olav, Per, Peder, Anne, Anna, Anita, Jørgen, Håkon, Åse, Ingrid, Ingvild, "
    "Marit, Marte, Bjørn, Bjarne, Knut, Søren, Sofie, Sofia, Günther, Jürgen, Løvise, Aino, Matti, "
    "Mikael, Mette, Merete, Lars, Lasse, Ida, Iben, Hans, Johan, Johannes, Nils"
)
LAST = _words(
    "Hansen, Hanssen, Jørgensen, Østby, Åsheim, Bjørnstad, Müller, Groß, Virtanen, Mäkinen, Lindström, "
    "Sjöberg, Nygård, Håkansson, Strømme, Moe, Lie, Vik, Dahl, Haugen, Aasen, Sørli, Grøndahl, "
    "Kjærgaard, Thorsen, Eide, Bakke, Solberg, Ness, Tveit, Myhre, Rønning"
)
STREETS = _words(
    "Storgata, Kirkeveien, Bjørkeveien, Åsveien, Skolegata, Havnegata, Øvre gate, Mølleveien, Parkveien, Lindeallé"
)
TOWNS = _words("Oslo, Bergen, Trondheim, Stavanger, Tromsø")
N_POSTAL_CODES = 200
SHORT = {"Anne": "A.", "Johannes": "J.", "Håkon": "H.", "Ingrid": "I.", "Kari": "K.", "Lars": "L."}


def sets(seed: int = 1, size: int = 300) -> dict[str, list[Row]]:
    """Each set by name; `size` is the number of households, companies or people in it."""
    return {
        "households": list(households(random.Random(seed), size)),
        "businesses": list(businesses(random.Random(seed + 1), size)),
        "historical": list(historical(random.Random(seed + 2), size * 3)),
        "lookalikes": list(lookalikes(random.Random(seed + 3), size)),
    }


def households(chance: random.Random, n: int) -> Iterator[Row]:
    """People who share an address, a mailbox, a number, a name or a birthday with others who are not they."""
    for home in range(n):
        last = chance.choice(LAST)
        place = _place(chance, home)
        mailbox, phone = f"familien{home}@post.example", _phone(home)
        form = ("couple", "twins", "same_name", "shared_number", "alone", "sisters")[home % 6]
        first, other = chance.sample(FIRST, 2)
        born = _birthday(chance, 1940, 1975)
        child = born + timedelta(days=chance.randrange(9000, 13000))
        if form == "twins":
            people = [(first, born), (other, born)]
        elif form == "same_name":
            people = [(first, born), (first, child)]
        elif form == "sisters":
            people = [("Kari", born), ("Karin", child)]
        elif form == "alone":
            people = [(first, born)]
        else:
            people = [(first, born), (other, _birthday(chance, 1940, 1975))]
        for number, (given, birthday) in enumerate(people):
            own = f"{_plain(given)}.{_plain(last)}{home}{number}@post.example"
            person = f"h{home}:{number}"
            base: Row = {"person": person, "kind": form, "first_name": given, "last_name": last, **place}
            yield base | {"email": own, "phone": _phone(home * 10 + number, 4), "birth_date": birthday}
            yield base | {"email": mailbox, "phone": None, "birth_date": birthday}
            if form == "shared_number":
                yield base | {"email": None, "phone": phone}
            if form in ("same_name", "twins", "alone"):
                # Nobody knows which of the two this is, if there are two; alone, it is clear.
                yield base | {"email": own if chance.random() < 0.5 else None}
            if form == "alone":
                yield base | {"first_name": last, "last_name": given, "email": own}
                yield base | {"last_name": chance.choice(LAST), "email": own, "birth_date": birthday}


def businesses(chance: random.Random, n: int) -> Iterator[Row]:
    """Companies and their legal forms, branches, subsidiaries, trade names, and buildings with one reception."""
    names = _words("Nordic, Solid, Polar, Fjord, Viking, Aurora, Delta, Nova, Orion, Atlas, Boreal, Baltic")
    trades = _words("Bygg, Elektro, Trading, Consulting, Transport, Rør, Maler, Data, Invest, Eiendom")
    forms = {
        "NO": ("AS", "ASA", "A/S", "ANS"), "SE": ("AB", "(publ) AB"), "DK": ("ApS", "A/S"), "FI": ("Oy", "Oyj"),
        "DE": ("GmbH", "GmbH & Co. KG", "AG"), "GB": ("Ltd", "Ltd.", "Limited"), "US": ("Inc.", "Inc", "LLC"),
    }  # fmt: skip
    for company in range(n):
        country = list(forms)[company % len(forms)]
        name = f"{chance.choice(names)} {chance.choice(trades)} {company if company % 3 else ''}".strip()
        number = _organisation(company, country)
        place = _place(chance, company, country)
        form = forms[country][company % len(forms[country])]
        form_again = forms[country][(company + 1) % len(forms[country])]
        info = f"info@company{company}.example"
        person = f"b{company}"
        base: Row = {"person": person, "kind": "company", **place}
        yield base | {"company_name": f"{name} {form}", "organisation_number": number[0], "email": info}
        yield base | {"company_name": name.upper(), "email": info, "first_name": "Per", "last_name": "Moe"}
        yield base | {
            "company_name": f"{name}, {form_again}", "organisation_number": number[1], "first_name": "Lise",
            "email": f"lise@company{company}.example",
        }  # fmt: skip
        # A branch elsewhere, and the name over the door: one organisation number.
        yield base | _place(chance, company + 7, country) | {
            "kind": "branch", "company_name": f"{name} {form} avd. Nord", "organisation_number": number[0],
        }  # fmt: skip
        yield base | {"kind": "trade_name", "company_name": f"Butikken {company}", "organisation_number": number[1]}
        if company % 4 == 0:
            # Its daughter: the same reception, the same door, another number, and sometimes none written down.
            daughter: Row = {"person": f"{person}:daughter", "kind": "subsidiary", **place, "email": info}
            named = f"{name} Holding {form}"
            yield daughter | {"company_name": named, "organisation_number": _organisation(company + 50_000, country)[0]}
            yield daughter | {"company_name": named}
        if company % 5 == 0:
            # Who works there buys for himself, with the number of the reception and another mailbox.
            yield {
                "person": f"{person}:clerk", "kind": "employee", "first_name": "Per", "last_name": "Moe",
                "email": f"per.moe{company}@post.example", "phone": _phone(company), "country": country,
            }  # fmt: skip
    # Ten companies behind one reception: one telephone, one door, names of their own, no numbers.
    for hotel in range(max(1, n // 30)):
        place = _place(chance, 90_000 + hotel)
        for tenant in range(10):
            yield {
                "person": f"t{hotel}:{tenant}", "kind": "shared_reception", **place, "phone": _phone(70_000 + hotel),
                "company_name": f"{names[tenant]} {trades[(tenant + hotel) % 10]} {'AS' if tenant % 2 else 'Inc.'}",
            }  # fmt: skip


def historical(chance: random.Random, n: int) -> Iterator[Row]:
    """A register copied by hand and machine: one clean row a person and up to four with errors, no mail or phone."""
    damages: dict[str, Callable[[random.Random, Row], Row]] = {
        "swapped_names": lambda _, row: row | {"first_name": row["last_name"], "last_name": row["first_name"]},
        "month_and_day_swapped": lambda _, row: row | {"birth_date": _swapped(row["birth_date"])},
        "no_birth_date": lambda _, row: row | {"birth_date": None},
        "year_only": lambda _, row: row | {"birth_date": row["birth_date"].replace(month=1, day=1)},
        "transliterated": lambda _, row: {
            key: _transliterated(value) if isinstance(value, str) and key not in ("person", "kind") else value
            for key, value in row.items()
        },
        "machine_read": lambda chance, row: row | {
            field: _misread(chance, row[field]) for field in ("first_name", "last_name", "street")
        },
        "initial": lambda _, row: row | {"first_name": SHORT.get(row["first_name"], row["first_name"])},
        "maiden_name": lambda chance, row: row | {"last_name": chance.choice(LAST)},
        "moved": lambda chance, row: row | _place(chance, chance.randrange(100_000)),
        "typed_wrong": lambda chance, row: row | {"last_name": _typo(chance, row["last_name"])},
        "swapped_and_typed_wrong": lambda chance, row: row | {
            "first_name": _typo(chance, row["last_name"]), "last_name": row["first_name"]
        },
        "middle_name": lambda chance, row: row | {"first_name": f"{row['first_name']} {chance.choice(FIRST)}"},
    }  # fmt: skip
    for number in range(n):
        clean: Row = {
            "person": f"r{number}",
            "kind": "clean",
            "first_name": chance.choice(FIRST),
            "last_name": f"{chance.choice(LAST)}{chance.choice(('', '', 'sen', 'rud', 'stad'))}",
            "birth_date": _birthday(chance, 1890, 2000),
            **_place(chance, number),
        }
        yield clean
        for kind in chance.sample(list(damages), chance.randrange(1, 5)):
            yield damages[kind](chance, clean) | {"kind": kind}


def _place(chance: random.Random, number: int, country: str = "NO") -> Row:
    town = chance.randrange(N_POSTAL_CODES)
    postal_code, city = f"{155 + 41 * town:04d}", TOWNS[town % len(TOWNS)]
    street = f"{chance.choice(STREETS)} {1 + number % 900}"
    return {"street": street, "postal_code": postal_code, "city": city, "country": country}


def _phone(number: int, first_digit: int = 9) -> str:
    return f"+47{first_digit}{1_100_000 + number:07d}"


def _organisation(number: int, country: str) -> tuple[str, str]:
    digits = f"{912_345_600 + number}"
    if country == "NO":
        return f"NO {digits[:3]} {digits[3:6]} {digits[6:]} MVA", digits
    return f"{country}{digits}", f"{country}-{digits[:6]}-{digits[6:]}"


def _birthday(chance: random.Random, first: int, last: int) -> date:
    return date(first, 1, 1) + timedelta(days=chance.randrange((last - first) * 365))


def _swapped(day: date) -> date:
    return day.replace(month=day.day, day=day.month) if day.day <= 12 else day


def _plain(text: str) -> str:
    text = _transliterated(text).lower()
    return "".join(c for c in unicodedata.normalize("NFD", text) if c.isascii() and c.isalpha())


def _transliterated(text: str) -> str:
    for letter, written in zip("æøåÆØÅüöäß", ("ae", "oe", "aa", "Ae", "Oe", "Aa", "ue", "oe", "ae", "ss"), strict=True):
        text = text.replace(letter, written)
    return text


def _misread(chance: random.Random, text: str) -> str:
    confusable = [("l", "1"), ("o", "0"), ("m", "rn"), ("i", "l"), ("e", "c"), ("h", "b"), ("n", "u"), ("S", "5")]
    found = [pair for pair in confusable if pair[0] in text[1:]]
    old, new = chance.choice(found) if found else ("", "")
    return text[0] + text[1:].replace(old, new, 1) if old else text


def _typo(chance: random.Random, text: str) -> str:
    place = chance.randrange(1, len(text) - 1)
    return chance.choice(
        (
            text[:place] + text[place + 1] + text[place] + text[place + 2 :],
            text[:place] + text[place + 1 :],
            text[:place] + chance.choice("abcdeklmnrst") + text[place:],
        )
    )
