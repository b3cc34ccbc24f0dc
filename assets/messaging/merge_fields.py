"""The fields that a message is filled in with: flat, formatted text and small lists, made from one content row.

All that depends on language, currency or permission is settled here, so that templates hold no logic beyond
`if` and `for`, and a provider's engine needs none of ours.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from assets.messaging import formats, links
from assets.messaging.content import ContentRow
from assets.messaging.journey_schema import Journey
from assets.messaging.tokens import make_token
from assets.messaging.wording import Wording

Fields = dict[str, Any]
_MAX_NAME, _MAX_TITLE = 40, 90
_CARD_FIELDS = ("title", "brand", "price_minor", "regular_price_minor", "image_link", "link")
# A weekly shop has seventy lines; nobody reads them in a mail, and Gmail would cut it.
_MAX_LINES = 12
# Beyond this a quantity is a measure (fuel comes in thousandths), not a count of pieces.
_MAX_PIECES = 999
# Room for what one journey shows on a day; beyond it the shelf is emptied rather than grown (a card takes 5 KB).
_MAX_CARDS = 10_000


@dataclass(frozen=True)
class Sender:
    """What is the same for every message of an installation. Raises `LinkError` for a public address that is none."""

    shop_url: str
    public_url: str
    hosts: frozenset[str]
    key: bytes

    def __post_init__(self) -> None:
        links.check_url(self.public_url, self.hosts)


class Card(dict[str, Any]):
    """A product as templates show it, and what templates made of it: shared between messages, so never changed."""

    __slots__ = ("shown",)

    def __init__(self, fields: Fields) -> None:
        super().__init__(fields)
        self.shown: dict[object, Any] = {}


class Shelf:
    """Formatted products of one compiled template: each is shown to many customers, so it is made once."""

    def __init__(self, wording: Wording, sender: Sender, tags: links.Campaign) -> None:
        self.wording, self.sender, self.tags = wording, sender, tags
        self.shop_url = links.tagged_url(sender.shop_url, sender.hosts, tags)
        self._cards: dict[tuple[Any, ...], Card] = {}

    def card(self, product: Mapping[str, Any]) -> Card:
        """A product as the templates show it. Shared between messages: never change the result."""
        key: tuple[Any, ...] = tuple(map(product.get, _CARD_FIELDS))
        known = self._cards.get(key)
        if known is None:
            if len(self._cards) >= _MAX_CARDS:
                self._cards.clear()
            known = self._cards[key] = Card(self._make(*key))
        return known

    def _make(
        self, title: str, brand: str | None, price: int | None, regular: int | None, image: str | None, link: str | None
    ) -> Fields:
        name = one_line(title, _MAX_TITLE)
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


def merge_fields(row: ContentRow, journey: Journey, shelf: Shelf) -> Fields:
    """Every field of one message. Fields of an order, a cart or an offer exist only when the row has one.

    Raises `KeyError`, `TypeError` or `ValueError` for content that does not hold what it must.
    """
    content, customer = row.content, row.content["customer"]
    wording, sender = shelf.wording, shelf.sender
    first_name = usable_name(customer.get("first_name"))
    fields: Fields = {
        "first_name": first_name,
        "company_name": one_line(customer.get("company_name"), 60),
        "is_member": bool(customer.get("is_member")),
        "greeting": wording.greeting.format(name=first_name) if first_name else wording.greeting_without_name,
        "branch": row.branch,
        "shop_url": shelf.shop_url,
        "unsubscribe_url": f"{sender.public_url}/u/{make_token(sender.key, row.message_id, row.channel)}",
        "offer_kind": "",
    }
    _add_lists(fields, row, journey, shelf)
    if "product" in journey.trigger.gives:
        product = shelf.card(content["trigger_product"]) if content.get("trigger_product") else None
        # The catalogue may not know what was bought: the message goes on without it, and leads to the shop.
        fields |= {
            "featured": [product] if product else [],
            "trigger_title": product["title"] if product else "",
            "trigger_url": product["url"] if product else shelf.shop_url,
        }
    if content.get("order"):
        order = content["order"]
        fields |= {
            "order_on": wording.day(order["ordered_on"]),
            "order_total": wording.money(order["total_minor"]),
            "order_lines": [_order_line(line, shelf) for line in order["lines"][:_MAX_LINES]],
            "order_more": _more(order["lines"], wording),
        }
    if content.get("cart"):
        cart = content["cart"]
        fields |= {
            "cart_url": links.tagged_url(cart["checkout_link"], sender.hosts, shelf.tags),
            "cart_total": wording.money(cart["total_minor"]),
            "cart_count": wording.counted(_n_items(cart["lines"]), wording.items),
            "cart_lines": [_cart_line(line, shelf) for line in cart["lines"][:_MAX_LINES]],
            "cart_more": _more(cart["lines"], wording),
        }
    return fields


def _add_lists(fields: Fields, row: ContentRow, journey: Journey, shelf: Shelf) -> None:
    # Who may only be served, not advertised to, gets neither recommendation nor offer, whatever the row holds.
    is_service_only = row.permission_basis == "service" or row.message_class == "service"
    rules = journey.step(row.step).recommendations
    given = {} if is_service_only or rules is None else (row.content.get("recommendations") or {})
    # Partials show these two wherever they are; the others only stand in the templates of steps that ask for them.
    for slot in dict.fromkeys(("also_bought", "accessories", *(rules.slots if rules else ()))):
        is_wanted = rules is not None and slot in rules.slots
        # The branch of the journey in which people have the accessories already.
        if slot == "accessories" and row.branch == "with_accessory":
            is_wanted = False
        products = given.get(slot) or [] if is_wanted else []
        fields[slot] = [shelf.card(product) for product in products[: rules.max if rules else 0]]
    offer = None if is_service_only else row.content.get("offer")
    if offer:
        fields |= {"offer_kind": one_line(offer["kind"], 30), "offer_code": one_line(offer.get("code"), 30)}
        if offer.get("value_minor") is not None:
            fields["offer_value"] = shelf.wording.money(offer["value_minor"])
        if offer.get("expires_on"):
            fields["offer_expires_on"] = shelf.wording.day(offer["expires_on"])


def _cart_line(line: Mapping[str, Any], shelf: Shelf) -> Fields:
    """What would be bought, at today's price."""
    product = shelf.card(line)
    amount = _quantity(line)
    count = formats.quantity(amount, shelf.wording.language)
    unit = line.get("price_minor")
    return product | {
        "quantity_text": f"{count} × {product['price']}" if product["price"] else count,
        "line_total": "" if unit is None else shelf.wording.money(round(unit * amount)),
    }


def _order_line(line: Mapping[str, Any], shelf: Shelf) -> Fields:
    """What was bought, for what was paid: today's price has no place in it."""
    amount, paid = _quantity(line), line.get("amount_minor")
    return shelf.card(line) | {
        "price": "",
        "before": "",
        "quantity_text": shelf.wording.counted(int(amount), shelf.wording.pieces) if _is_count(amount) else "",
        "line_total": "" if paid is None else shelf.wording.money(paid),
    }


def _quantity(line: Mapping[str, Any]) -> float:
    return float(line.get("quantity") or 1)


def _is_count(amount: float) -> bool:
    return amount == int(amount) and amount <= _MAX_PIECES


def _n_items(lines: list[Mapping[str, Any]]) -> int:
    """Pieces; goods by weight or volume count as one."""
    return sum(int(amount) if _is_count(amount) else 1 for amount in map(_quantity, lines))


def _more(lines: list[Mapping[str, Any]], wording: Wording) -> str:
    """What the mail does not list, as "and 5 more items"."""
    hidden = lines[_MAX_LINES:]
    return wording.counted(_n_items(hidden), wording.more_items) if hidden else ""


@lru_cache(maxsize=16_384)
def one_line(value: Any, limit: int) -> str:
    """Text on one line: control characters and line breaks become spaces, and too much of it is cut."""
    if value is None:
        return ""
    text = " ".join("".join(" " if unicodedata.category(c) == "Cc" else c for c in str(value)).split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


@lru_cache(maxsize=16_384)
def usable_name(value: Any) -> str:
    """The first name, if it is one: a name with line breaks, an address or without letters is left out.

    A greeting without a name is always right; a greeting with somebody's injection is not.
    """
    if value is None:
        return ""
    raw = str(value).strip()
    if len(raw) > _MAX_NAME or any(unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") and c != "\u200d" for c in raw):
        return ""
    if re.search(r"[<>{}@:/\\\[\]=\"]|\d", raw) or not any(c.isalpha() for c in raw):
        return ""
    return " ".join(raw.split())
