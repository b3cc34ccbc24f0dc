"""The synthetic people: nobody can be reached by accident, and the systems disagree about them."""

from __future__ import annotations

import gzip
import io
import re
from datetime import date
from pathlib import Path

import duckdb
import phonenumbers
import pytest
import zstandard

from assets.demo import names
from assets.demo.dice import Dice
from assets.demo.people import Household, ascii_letters, make_people, organisation_number

DOMAIN = re.compile(r"@([\w.-]+)")


def test_no_address_outside_the_reserved_domain_is_delivered(home: Path) -> None:
    """The demo must never be able to write to a real person, whatever sends it by mistake."""
    con = duckdb.connect()
    seen = 0
    for path in sorted((home / "landing").rglob("*.*")):
        content = path.read_bytes()
        if path.suffix == ".parquet":
            content = str(con.execute("from read_parquet(?)", [str(path)]).fetchall()).encode()
        elif path.suffix == ".gz":
            content = gzip.decompress(content)
        elif path.suffix == ".zst":
            content = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(content)).read()
        domains = DOMAIN.findall(content.decode())
        seen += len(domains)
        assert all(domain.lower().endswith(".example") for domain in domains), path.name
    assert seen > 5_000


def test_phones_are_valid_mobiles_of_their_country(delivered: duckdb.DuckDBPyConnection) -> None:
    """A number that does not parse would never be matched, and the demo would show fewer customers."""
    rows = delivered.execute(
        "select phone, country from club_members where phone is not null"
        " union select phone, country from webshop_accounts where phone is not null"
    ).fetchall()
    assert len(rows) > 100
    for phone, country in rows:
        number = phonenumbers.parse(phone, country)
        assert phonenumbers.is_valid_number(number), (country, phone)
        assert phonenumbers.number_type(number) in (
            phonenumbers.PhoneNumberType.MOBILE,
            phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
        ), (country, phone)


def test_every_prefix_gives_valid_mobiles() -> None:
    dice = Dice(1)
    for country, prefixes in names.MOBILE_PREFIXES.items():
        for prefix, digits in prefixes:
            for i in range(20):
                rest = dice.between(10 ** (digits - 1), 10**digits - 1, country, prefix, i)
                text = f"+{names.CALLING_CODES[country]}{prefix}{rest}"
                assert phonenumbers.is_valid_number(phonenumbers.parse(text)), text


def test_people_have_several_records_that_do_not_always_agree(home: Path, delivered: duckdb.DuckDBPyConnection) -> None:
    """A single customer view has nothing to do if every system writes everybody down alike."""
    truth = home / "demo" / "truth_persons.parquet"
    several, differing = delivered.execute(
        f"""
        with records as (
            select 'club' as source, member_id as id, email from club_members
            union all select 'webshop', account_id, email from webshop_accounts
            union all select 'pos', pos_customer_id, email from pos_customers
        ),
        people as (
            select true_person_id, count(distinct records.source || id) as n,
                count(distinct lower(trim(email))) as n_mails
            from records join read_parquet('{truth}') t
                on t.source = records.source and t.source_record_id = id
            group by 1
        )
        select count(*) filter (n > 1), count(*) filter (n_mails > 1) from people
        """
    ).fetchall()[0]
    assert several > 50
    assert differing > 3


def test_businesses_are_few_and_buy_more_often() -> None:
    """They are kept out of consumer journeys because they buy so often; the demo must show that."""
    households = [Household(i, 20 if i % 2 else 200, None, None, None) for i in range(4000)]
    people = make_people(Dice(3), households, date(2026, 11, 22), 14, 0.0)
    companies = [p for p in people if p.is_company]
    frequent = sum(1 for p in companies if (p.household_id or 0) % 2 == 0)
    assert 0.03 < len(companies) / len(households) < 0.12
    assert frequent > 3 * (len(companies) - frequent)
    assert all(p.birth_date is None and p.organisation_number for p in companies)


def test_no_two_people_get_the_same_address_by_accident() -> None:
    """Shared addresses are made on purpose, in the records; anywhere else they would be a wrong truth."""
    households = [Household(i, 10, None, 2, 0) for i in range(3000)]
    people = make_people(Dice(5), households, date(2026, 11, 22), 14, 1.0)
    assert len({p.email for p in people}) == len(people)
    assert len({p.phone for p in people}) == len(people)
    assert len({p.language for p in people}) == 5


@pytest.mark.parametrize(("name", "letters"), [("Øyvind", "oyvind"), ("Sæther", "saether"), ("O'Connor", "oconnor")])
def test_names_become_plain_letters_in_an_address(name: str, letters: str) -> None:
    assert ascii_letters(name) == letters


def test_organisation_numbers_have_a_right_check_digit() -> None:
    for key in range(50):
        number = organisation_number(Dice(9), key)
        weighted = sum(int(digit) * weight for digit, weight in zip(number, (3, 2, 7, 6, 5, 4, 3, 2, 1), strict=True))
        assert len(number) == 9
        assert weighted % 11 == 0
