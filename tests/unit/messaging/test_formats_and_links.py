"""Money, days and counts in the customer's language; links that may be sent."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pyarrow as pa
import pytest
from babel.numbers import format_currency, get_currency_precision
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.messaging import formats
from assets.messaging.columns import json_text
from assets.messaging.links import LinkError, campaign, check_url, tagged_url
from assets.messaging.money_columns import money_texts
from assets.messaging.wording import Wording

NORWEGIAN = Wording("nb", "NOK", "#,##0 kr", "#,##0.00 kr", "d. MMMM", (), (), (), "Hei {name}!", "Hei!")
HOSTS = frozenset({"shop.example"})
NB, EN = ("nb", "#,##0 kr", "#,##0.00 kr"), ("en", "¤¤ #,##0", "¤¤ #,##0.00")


@pytest.mark.parametrize(
    ("amount", "language", "text"),
    [
        (19900, NB, "199 kr"), (2990, NB, "29,90 kr"), (129900, NB, "1 299 kr"), (0, NB, "0 kr"),
        (19900, EN, "NOK 199"), (129950, EN, "NOK 1,299.50"),
    ],
)  # fmt: skip
def test_amounts_are_written_as_the_language_does(amount: int, language: tuple[str, str, str], text: str) -> None:
    """Without needless decimals, and never broken over two lines."""
    written = formats.money(amount, "NOK", *language)
    assert written.replace("\u00a0", " ").replace("\u202f", " ") == text
    assert " " not in written


PATTERNS = st.sampled_from(
    [
        *(NB, EN, ("sv", "#,##0 ¤¤", "#,##0.00 ¤¤"), ("da", "#,##0 ¤¤", "#,##0.00 ¤¤")),
        *(("es", "#,##0 ¤", "#,##0.00 ¤"), ("en", "¤#,##0", "¤#,##0.0#")),
        *(("hi", "¤#,##,##0", "¤#,##,##0.00"), ("nb", "0", "0.00")),
    ]
)


@given(st.integers(-(10**12), 10**12), st.sampled_from(["NOK", "SEK", "EUR", "JPY", "KWD"]), PATTERNS)
def test_every_amount_is_written_as_babel_writes_it(amount: int, currency: str, pattern: tuple[str, str, str]) -> None:
    """Amounts are put together by hand, for speed; whatever a retailer's locale file asks for, nothing may differ."""
    language, whole, fraction = pattern
    precision = get_currency_precision(currency)
    number = Decimal(amount).scaleb(-precision)
    chosen = whole if amount % 10**precision == 0 else fraction
    oracle = format_currency(number, currency, chosen, formats.locale_of(language), currency_digits=False)
    assert formats.money(amount, currency, language, whole, fraction) == oracle.replace(" ", "\u00a0")


@settings(deadline=None)  # Babel reads a language's file when it is first asked
@given(
    st.lists(st.one_of(st.none(), st.integers(0, 10**12), st.integers(-500, 500)), max_size=8),
    st.sampled_from(["NOK", "SEK", "EUR", "JPY", "KWD"]),
    st.one_of(PATTERNS, st.just(("nb", "#,##0 kr", "kr #,##0.00")), st.just(("nb", '"#,##0\\"', '"#,##0.00\\"'))),
)
def test_amounts_of_many_messages_are_those_of_each(
    amounts: list[int | None], currency: str, pattern: tuple[str, str, str]
) -> None:
    """A column of totals is written digit group by digit group; each must be the JSON of what one message says."""
    language, whole, fraction = pattern
    wording = replace(NORWEGIAN, language=language, currency=currency, money_whole=whole, money_fraction=fraction)
    alone = [None if amount is None else json_text(wording.money(amount)) for amount in amounts]
    assert money_texts(pa.array(amounts, pa.int64()), wording).to_pylist() == alone


def test_counts_have_the_right_noun() -> None:
    forms = (("one", "{n} vare"), ("other", "{n} varer"))
    assert [formats.counted(n, "nb", forms) for n in (0, 1, 2)] == ["0 varer", "1 vare", "2 varer"]


def test_quantities_by_weight_keep_their_decimals() -> None:
    assert [formats.quantity(q, "nb") for q in (1.0, 2, 1.5, 0.75)] == ["1", "2", "1,5", "0,75"]


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/a", "javascript:alert(1)", "https://evil.example/", "https://shop.example.evil.example/",
        "https://user@shop.example/", "https://shop.example:8443/", "https://shop.example/\"onclick=x",
        "https://shop.example/a b", "//shop.example/a", "", "https://shop.example\\@evil.example/", "data:text/html,x",
        "https://shop.example/{{ x }}", "https://[shop.example/",
    ],
)  # fmt: skip
def test_other_addresses_than_https_of_our_hosts_are_refused(url: str) -> None:
    """A poisoned catalogue must not reach a customer's inbox, and its address must not reach a log."""
    with pytest.raises(LinkError) as caught:
        check_url(url, HOSTS)
    assert "onclick" not in str(caught.value)


def test_campaign_tags_hold_nothing_about_the_customer_and_keep_what_was_there() -> None:
    """The shop's statistics learn the journey, not the person."""
    url = tagged_url(
        "https://shop.example/p?id=7&utm_source=old#top", HOSTS, campaign("welcome", "hello", "default", "email")
    )
    assert url == (
        "https://shop.example/p?id=7&utm_source=fredning&utm_medium=email&utm_campaign=welcome&utm_content=hello#top"
    )
