"""How a language writes amounts, days, counts and greetings: the formats of its locale file, ready to use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from assets.messaging import formats
from assets.messaging.texts import Texts


@dataclass(frozen=True)
class Wording:
    """How one language writes money, days and counts. Taken from the locale file once."""

    language: str
    currency: str
    money_whole: str
    money_fraction: str
    date: str
    items: formats.Forms
    more_items: formats.Forms
    pieces: formats.Forms
    greeting: str
    greeting_without_name: str

    @classmethod
    def of(cls, texts: Texts, currency: str) -> Wording:
        return cls(
            language=texts.language,
            currency=currency,
            money_whole=texts.format("money_whole"),
            money_fraction=texts.format("money"),
            date=texts.format("date"),
            items=texts.plural("items"),
            more_items=texts.plural("more_items"),
            pieces=texts.plural("pieces"),
            greeting=str(texts.get("greeting")),
            greeting_without_name=str(texts.get("greeting_without_name")),
        )

    def money(self, amount_minor: int) -> str:
        return formats.money(int(amount_minor), self.currency, self.language, self.money_whole, self.money_fraction)

    def money_layouts(self) -> tuple[formats.Layout, formats.Layout] | None:
        """How whole amounts and others are written, if they differ in nothing but how they end."""
        whole = formats.layout(self.currency, self.language, self.money_whole, True)
        fraction = formats.layout(self.currency, self.language, self.money_fraction, False)
        if whole is None or fraction is None or (whole.before, whole.group) != (fraction.before, fraction.group):
            return None
        return whole, fraction

    def day(self, value: Any) -> str:
        return formats.day(str(value), self.language, self.date)

    def counted(self, n: int, forms: formats.Forms) -> str:
        return formats.counted(n, self.language, forms)
