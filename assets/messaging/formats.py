"""Money, days and counted things in the customer's language, formatted before the template sees them, and cached."""

from __future__ import annotations

import unicodedata
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, get_currency_precision

# Control characters, and halves of characters, which no encoding takes.
_UNPRINTABLE = frozenset({"Cc", "Cs"})
# (plural category, text with {n})
Forms = tuple[tuple[str, str], ...]

_LOCALES = {"nb": "nb_NO", "en": "en_GB", "sv": "sv_SE", "da": "da_DK", "fi": "fi_FI"}


@lru_cache(maxsize=64)
def locale_of(language: str) -> Locale:
    return Locale.parse(_LOCALES.get(language, language))


@lru_cache(maxsize=65_536)
def money(amount_minor: int, currency: str, language: str, whole: str, fraction: str) -> str:
    """An amount in minor units by the language's own patterns; whole amounts go without decimals."""
    digits = get_currency_precision(currency)
    amount = Decimal(amount_minor).scaleb(-digits)
    pattern = whole if amount == amount.to_integral_value() else fraction
    text = format_currency(amount, currency, format=pattern, locale=locale_of(language), currency_digits=False)
    return text.replace(" ", "\u00a0")


@lru_cache(maxsize=4_096)
def day(value: str, language: str, pattern: str) -> str:
    """An ISO day in words."""
    return format_date(date.fromisoformat(value[:10]), format=pattern, locale=locale_of(language)).replace(
        " ", "\u00a0"
    )


@lru_cache(maxsize=4_096)
def counted(n: int, language: str, forms: Forms) -> str:
    """A number with its noun in the right form."""
    texts = dict(forms)
    return texts.get(locale_of(language).plural_form(n), texts["other"]).format(n=n)


def quantity(value: float, language: str) -> str:
    """A count without a needless decimal: 2, but 1,5 for goods sold by weight."""
    if value == int(value):
        return str(int(value))
    separator = locale_of(language).number_symbols.get("latn", {}).get("decimal", ".")
    return f"{value:.2f}".rstrip("0").replace(".", separator)


@lru_cache(maxsize=16_384)
def one_line(value: Any, limit: int) -> str:
    """Text on one line: control characters and line breaks become spaces, and too much of it is cut."""
    if value is None:
        return ""
    text = " ".join("".join(" " if unicodedata.category(c) in _UNPRINTABLE else c for c in str(value)).split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
