"""Telephone numbers in SQL against `phonenumbers` itself, in the spellings in which people and tills write them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dbt.customers.chain import Chain, Input, compile_chain, raw
from tests.dbt.customers.examples import tried

RUN_DATE = date(2026, 6, 15)
AT = datetime(2026, 6, 1, tzinfo=UTC)
_CONTACT = "email VARCHAR, phone VARCHAR, country VARCHAR"
_CONSENT = "event_id VARCHAR, occurred_at TIMESTAMPTZ, address VARCHAR, channel VARCHAR"
INPUTS = (
    raw(
        "club",
        "members",
        f"member_id VARCHAR, {_CONTACT}, first_name VARCHAR, last_name VARCHAR, street VARCHAR, postal_code VARCHAR, "
        "city VARCHAR, language VARCHAR, birth_date DATE, children_birth_dates DATE[], customer_type VARCHAR, "
        "company_name VARCHAR, organisation_number VARCHAR, joined_at TIMESTAMPTZ, updated_at TIMESTAMPTZ",
    ),
    raw("webshop", "accounts", f"account_id VARCHAR, {_CONTACT}"),
    raw("webshop", "orders", "order_id VARCHAR, account_id VARCHAR, email VARCHAR, phone VARCHAR"),
    raw("pos", "customers", "pos_customer_id VARCHAR, phone VARCHAR"),
    raw("service", "cases", "case_id VARCHAR, phone VARCHAR"),
    raw(
        "privacy",
        "erasures",
        "request_id VARCHAR, requested_at TIMESTAMPTZ, email VARCHAR, phone VARCHAR, member_id VARCHAR",
    ),
    raw("consent", "events", f"{_CONSENT}, purpose VARCHAR, action VARCHAR, source VARCHAR, wording_version VARCHAR"),
    raw("consent", "preferences", _CONSENT),
    raw("provider", "events", _CONSENT),
    Input("seeds.consent_block_list", "block_list_id VARCHAR, address VARCHAR, channel VARCHAR, since_on DATE"),
    Input(
        "staging.stg_webshop__accounts",
        "account_id VARCHAR, email VARCHAR, phone VARCHAR, member_id VARCHAR, first_received_on DATE, "
        "updated_at TIMESTAMPTZ, first_name VARCHAR, last_name VARCHAR, street VARCHAR, postal_code VARCHAR, "
        "city VARCHAR, country VARCHAR, language VARCHAR, birth_date DATE, company_name VARCHAR, "
        "organisation_number VARCHAR",
    ),
    Input(
        "staging.stg_pos__customers",
        "pos_customer_id VARCHAR, email VARCHAR, phone VARCHAR, member_id VARCHAR, name VARCHAR, "
        "postal_code VARCHAR, first_received_on DATE, updated_at TIMESTAMPTZ",
    ),
    Input(
        "staging.stg_webshop__orders",
        "webshop_order_id VARCHAR, account_id VARCHAR, email VARCHAR, phone VARCHAR, placed_at TIMESTAMPTZ, "
        "first_received_on DATE",
    ),
)
MODELS = (
    "base_addresses__foreign_phones",
    "stg_club__members",
    "int_identity__records",
    "base_consent__events",
    "stg_privacy__erasures",
)

# Each example holds a hundred spellings; a failing one names the spelling and needs no shrinking.
FEW = tried(15)

HOME = {"NO": 47, "SE": 46, "DK": 45, "FI": 358}
ABROAD = ("DE", "GB", "PL", "US", "FR", "IT", "LV", "CH")


def valid_mobiles(country: str) -> st.SearchStrategy[phonenumbers.PhoneNumber]:
    """Numbers near the plan's own example that somebody can have."""
    example = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
    digits = phonenumbers.national_significant_number(example)
    kinds = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)

    def near(end: int) -> phonenumbers.PhoneNumber:
        return phonenumbers.parse(f"+{example.country_code}{digits[:-6]}{end:06}")

    return (
        st.integers(0, 999_999)
        .map(near)
        .filter(lambda n: phonenumbers.is_valid_number(n) and phonenumbers.number_type(n) in kinds)
    )


def spellings(number: phonenumbers.PhoneNumber) -> list[str]:
    """As it is written at home and abroad; those without a calling code come last."""
    national = phonenumbers.national_significant_number(number)
    code = f"{number.country_code}"
    at_home = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    international = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    trunk = "(0)" if at_home.startswith("0") and not national.startswith("0") else ""
    return [
        f"+{code}{national}",
        f"00{code}{national}",
        international,
        f"(+{code}) {national[:3]}/{national[3:]}",
        f" 00 {code} {national[:2]} {national[2:]}",
        f"+{code} {trunk}{national[:3]}-{national[3:]}",
        at_home,
        at_home.replace(" ", ""),
    ]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return compile_chain(tmp_path_factory.mktemp("phones"), MODELS, INPUTS)


def read_by_sql(chain: Chain, texts: list[tuple[str, str | None]]) -> tuple[list[str | None], list[str | None]]:
    """Each (text, country) as a member's number, and as the address of a consent and of an erasure, in normal form."""
    members = [
        {"member_id": f"m{n:03}", "phone": text, "country": country, "updated_at": AT, "received_on": RUN_DATE}
        for n, (text, country) in enumerate(texts)
    ]
    consents = [
        {"event_id": f"e{n:03}", "address": text, "channel": "sms", "occurred_at": AT, "received_on": RUN_DATE}
        for n, (text, _) in enumerate(texts)
    ]
    erasures = [
        {"request_id": f"r{n:03}", "phone": text, "requested_at": AT, "received_on": RUN_DATE}
        for n, (text, _) in enumerate(texts)
    ]
    chain.run(
        RUN_DATE,
        {"raw.club__members": members, "raw.consent__events": consents, "raw.privacy__erasures": erasures},
    )
    records = chain.rows("select phone from intermediate.int_identity__records order by record_id")
    events = chain.rows("select address from staging.base_consent__events order by event_id")
    asked = chain.rows("select phone from staging.stg_privacy__erasures order by request_id")
    addresses = [row["address"] for row in events]
    # Whoever gave the consent must be found by the same text when asking to be forgotten.
    assert [row["phone"] for row in asked] == addresses
    return [row["phone"] for row in records], addresses


def e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@FEW
@given(
    numbers=st.tuples(*(valid_mobiles(country) for country in (*HOME, *ABROAD))),
)
def test_every_spelling_of_a_valid_mobile_number_becomes_the_same_e164(
    chain: Chain, numbers: tuple[phonenumbers.PhoneNumber, ...]
) -> None:
    """Home countries are read by SQL alone, which must agree with the plans; others are looked up."""
    texts, expected = [], []
    for country, number in zip((*HOME, *ABROAD), numbers, strict=True):
        for text in spellings(number):
            texts.append((text, country.lower() if country in ABROAD else country))
            expected.append(e164(number))
    members, consents = read_by_sql(chain, texts)
    assert list(zip(texts, members, strict=True)) == list(zip(texts, expected, strict=True))
    # A consent says no country: what carries a calling code is the same number there.
    for (text, _), found, wanted in zip(texts, consents, expected, strict=True):
        if text.strip().startswith(("+", "(+", "00")):
            assert found == wanted, text


@FEW
@given(
    texts=st.lists(
        st.tuples(
            st.text("0123456789+()-/. x#a", max_size=18),
            st.sampled_from((None, "NO", "DE", "US", "XX", "", "Tyskland")),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_what_nobody_can_have_as_a_number_stays_unusable(chain: Chain, texts: list[tuple[str, str | None]]) -> None:
    """A text message to a made-up number costs money and reaches a stranger."""
    members, _ = read_by_sql(chain, texts)
    for (text, country), found in zip(texts, members, strict=True):
        if found is None:
            continue
        number = phonenumbers.parse(found)
        is_home = number.country_code in HOME.values()
        exists = phonenumbers.is_possible_number if is_home else phonenumbers.is_valid_number
        assert exists(number), (text, country, found)


def test_a_number_on_an_order_is_read_as_its_accounts_are(chain: Chain) -> None:
    """The account knows the country; without it the same digits would be another number, or none."""
    chain.run(
        RUN_DATE,
        {
            "raw.webshop__accounts": [{"account_id": "a", "country": "DE", "received_on": RUN_DATE}],
            "raw.webshop__orders": [
                {"order_id": "1", "account_id": "a", "phone": "0171 1234567", "received_on": RUN_DATE}
            ],
        },
    )
    assert chain.rows("select * from staging.base_addresses__foreign_phones") == [
        {"dialled": "01711234567", "country": "DE", "phone": "+491711234567", "is_mobile": True}
    ]


def test_numbers_of_the_home_countries_are_never_asked_for(chain: Chain) -> None:
    """They are all but all there are: reading them one by one in Python would be the dearest step of a day."""
    texts = [(text, country) for country in HOME for text in spellings(phonenumbers.example_number(country))]
    read_by_sql(chain, texts)
    assert chain.rows("select * from staging.base_addresses__foreign_phones") == []
