"""Products as messages show them: formatted once for each compiled template, because each is shown to many.

Knows products and lines of orders and carts; whole messages belong to `merge_fields`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import orjson

from assets.messaging import formats, links
from assets.messaging.content import ContentRow
from assets.messaging.formats import one_line
from assets.messaging.tokens import make_token
from assets.messaging.wording import Wording

Fields = dict[str, Any]
Key = tuple[Any, ...]
_MAX_TITLE = 90
_UNIT = re.compile(r"(?<=\d) (?=(?:g|kg|mg|l|ml|cl|dl|m|cm|mm|stk|st|pk|pcs)\b)")
# What makes two products, or two lines, look the same. Of different lengths, so that their keys never meet.
_CARD = ("title", "brand", "price_minor", "regular_price_minor", "image_link", "link")
_CART_LINE = (*_CARD, "quantity")
_ORDER_LINE = (*_CARD, "quantity", "amount_minor")
_of_card, _of_cart_line, _of_order_line = itemgetter(*_CARD), itemgetter(*_CART_LINE), itemgetter(*_ORDER_LINE)
# Beyond this a quantity is a measure (fuel comes in thousandths), not a count of pieces.
_MAX_PIECES = 999
# Room for what one journey shows on a day; beyond it the shelf is emptied rather than grown (a card takes 5 KB).
_MAX_CARDS = 10_000
# Of a card's hash: enough that no two cards of any batch ever share a name.
KEY_DIGITS = 16


@dataclass(frozen=True)
class Sender:
    """What is the same for every message of an installation. Raises `LinkError` for a public address that is none."""

    shop_url: str
    public_url: str
    hosts: frozenset[str]
    key: bytes

    def __post_init__(self) -> None:
        links.check_url(self.public_url, self.hosts)

    def unsubscribe_url(self, row: ContentRow) -> str:
        return f"{self.public_url}/u/{make_token(self.key, row.message_id, row.channel)}"


class Card(dict[str, Any]):
    """A product as templates show it, and what templates made of it: shared between messages, so never changed."""

    __slots__ = ("_written", "shown")

    def __init__(self, fields: Fields) -> None:
        super().__init__(fields)
        self.shown: dict[object, Any] = {}
        self._written: tuple[str, bytes] | None = None

    def written(self) -> tuple[str, bytes]:
        """Its JSON, and the name by which records refer to it: equal names, equal words."""
        if self._written is None:
            content = orjson.dumps(dict(self))
            self._written = hashlib.sha256(content).hexdigest()[:KEY_DIGITS], content
        return self._written


class Shelf:
    """Formatted products of one compiled template: each is shown to many customers, so it is made once.

    What it gives is shared between messages: never change it.
    """

    def __init__(self, wording: Wording, sender: Sender, tags: links.Campaign) -> None:
        self.wording, self.sender, self.tags = wording, sender, tags
        self.shop_url = links.tagged_url(sender.shop_url, sender.hosts, tags)
        self._cards: dict[tuple[Any, ...], Card] = {}

    def card(self, product: Mapping[str, Any]) -> Card:
        """A product as the templates show it."""
        key = _key(product, _of_card, _CARD)
        return self._cards.get(key) or self._keep(key, self._make(*key))

    def order_line(self, line: Mapping[str, Any]) -> Card:
        """What was bought, for what was paid: today's price has no place in it."""
        key = _key(line, _of_order_line, _ORDER_LINE)
        known = self._cards.get(key)
        if known is not None:
            return known
        amount, paid = quantity(line), line.get("amount_minor")
        words = {
            "price": "",
            "before": "",
            "quantity_text": self.wording.counted(int(amount), self.wording.pieces) if is_count(amount) else "",
            "line_total": "" if paid is None else self.wording.money(paid),
        }
        return self._keep(key, self.card(line) | words)

    def cart_line(self, line: Mapping[str, Any]) -> Card:
        """What would be bought, at today's price."""
        key = _key(line, _of_cart_line, _CART_LINE)
        known = self._cards.get(key)
        if known is not None:
            return known
        product, amount, unit = self.card(line), quantity(line), line.get("price_minor")
        count = formats.quantity(amount, self.wording.language)
        words = {
            "quantity_text": f"{count} × {product['price']}" if product["price"] else count,
            "line_total": "" if unit is None else self.wording.money(round(unit * amount)),
        }
        return self._keep(key, product | words)

    def _keep(self, key: tuple[Any, ...], fields: Fields) -> Card:
        if len(self._cards) >= _MAX_CARDS:
            self._cards.clear()
        card = self._cards[key] = Card(fields)
        return card

    def _make(
        self, title: str, brand: str | None, price: int | None, regular: int | None, image: str | None, link: str | None
    ) -> Fields:
        name = _with_units(one_line(title, _MAX_TITLE))
        if not name:
            raise ValueError("a product has no title")
        maker = one_line(brand, 40)
        money, hosts = self.wording.money, self.sender.hosts
        return {
            "title": name,
            # Many titles begin with the brand; then it need not stand there twice.
            "brand": "" if name.casefold().startswith(maker.casefold()) else maker,
            "initial": name[0].upper(),
            "price": "" if price is None else money(price),
            # A crossed-out price must be a real one: only a higher regular price is shown.
            "before": money(regular) if price is not None and regular is not None and regular > price else "",
            "image_url": links.check_url(image, hosts) if image else "",
            "url": links.tagged_url(link, hosts, self.tags) if link else self.shop_url,
        }


def _with_units(title: str) -> str:
    """A number stays on the line of its unit: "0,4 l" with the l on the next one reads like a misprint."""
    return _UNIT.sub("\u00a0", title)


def _key(
    product: Mapping[str, Any], quick: Callable[[Any], tuple[Any, ...]], names: tuple[str, ...]
) -> tuple[Any, ...]:
    try:
        return quick(product)
    except KeyError:
        return tuple(map(product.get, names))


def quantity(line: Mapping[str, Any]) -> float:
    """How much of it: pieces, or a measure."""
    return float(line.get("quantity") or 1)


def is_count(amount: float) -> bool:
    """Whether it is a number of pieces."""
    return amount == int(amount) and amount <= _MAX_PIECES
