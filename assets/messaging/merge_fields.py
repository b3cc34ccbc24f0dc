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

from assets.messaging import links
from assets.messaging.content import ContentRow
from assets.messaging.formats import one_line
from assets.messaging.journey_schema import Journey
from assets.messaging.shelf import Fields, Shelf, is_count, quantity
from assets.messaging.tokens import make_token
from assets.messaging.wording import Wording

_MAX_NAME = 40
_NOT_IN_A_NAME = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# A weekly shop has seventy lines; nobody reads them in a mail, and Gmail would cut it.
_MAX_LINES = 12


@dataclass(frozen=True)
class StepPlan:
    """Which fields the messages of one step have, as its journey says."""

    # Lists of products, and whether the step asks for them: partials show some wherever they are.
    slots: tuple[tuple[str, bool], ...]
    max_products: int
    has_product: bool

    @classmethod
    def of(cls, journey: Journey, step: str) -> StepPlan:
        rules = journey.step(step).recommendations
        wanted = tuple(rules.slots) if rules else ()
        slots = tuple((slot, slot in wanted) for slot in dict.fromkeys(("also_bought", "accessories", *wanted)))
        return cls(slots, rules.max if rules else 0, "product" in journey.trigger.gives)


def merge_fields(row: ContentRow, plan: StepPlan, shelf: Shelf) -> Fields:
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
    _add_lists(fields, row, plan, shelf)
    if plan.has_product:
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
            "order_lines": list(map(shelf.order_line, order["lines"][:_MAX_LINES])),
            "order_more": _more(order["lines"], wording),
        }
    if content.get("cart"):
        cart = content["cart"]
        fields |= {
            "cart_url": links.tagged_url(cart["checkout_link"], sender.hosts, shelf.tags),
            "cart_total": wording.money(cart["total_minor"]),
            "cart_count": wording.counted(_n_items(cart["lines"]), wording.items),
            "cart_lines": list(map(shelf.cart_line, cart["lines"][:_MAX_LINES])),
            "cart_more": _more(cart["lines"], wording),
        }
    return fields


def _add_lists(fields: Fields, row: ContentRow, plan: StepPlan, shelf: Shelf) -> None:
    # Who may only be served, not advertised to, gets neither recommendation nor offer, whatever the row holds.
    is_service_only = row.permission_basis == "service" or row.message_class == "service"
    given = {} if is_service_only else (row.content.get("recommendations") or {})
    for slot, is_wanted in plan.slots:
        products = given.get(slot) if is_wanted else None
        # The branch of the journey in which people have the accessories already.
        if not products or (slot == "accessories" and row.branch == "with_accessory"):
            fields[slot] = []
        else:
            fields[slot] = list(map(shelf.card, products[: plan.max_products]))
    offer = None if is_service_only else row.content.get("offer")
    if offer:
        fields |= {"offer_kind": one_line(offer["kind"], 30), "offer_code": one_line(offer.get("code"), 30)}
        if offer.get("value_minor") is not None:
            fields["offer_value"] = shelf.wording.money(offer["value_minor"])
        if offer.get("expires_on"):
            fields["offer_expires_on"] = shelf.wording.day(offer["expires_on"])


def _n_items(lines: list[Mapping[str, Any]]) -> int:
    """Pieces; goods by weight or volume count as one."""
    return sum(int(amount) if is_count(amount) else 1 for amount in map(quantity, lines))


def _more(lines: list[Mapping[str, Any]], wording: Wording) -> str:
    """What the mail does not list, as "and 5 more items"."""
    if len(lines) <= _MAX_LINES:
        return ""
    return wording.counted(_n_items(lines[_MAX_LINES:]), wording.more_items)


@lru_cache(maxsize=16_384)
def usable_name(value: Any) -> str:
    """The first name, if it is one: a name with line breaks, an address or without letters is left out.

    A greeting without a name is always right; a greeting with somebody's injection is not.
    """
    if value is None:
        return ""
    raw = str(value).strip()
    if len(raw) > _MAX_NAME or any(
        unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") and c != "\u200d" for c in raw
    ):
        return ""
    if re.search(r"[<>{}@:/\\\[\]=\"]|\d", raw) or not any(c.isalpha() for c in raw):
        return ""
    return " ".join(raw.split())
