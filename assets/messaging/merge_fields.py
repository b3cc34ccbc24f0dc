"""The fields that a message is filled in with: flat, formatted text and small lists, made from one content row.

All that depends on language, currency or permission is settled here, so that templates hold no logic beyond
`if` and `for`, and a provider's engine needs none of ours.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from assets.messaging import links
from assets.messaging.content import ContentRow
from assets.messaging.formats import is_unprintable, one_line
from assets.messaging.journey_schema import Journey
from assets.messaging.shelf import Fields, Shelf, is_count, quantity
from assets.messaging.wording import Wording

_MAX_NAME = 40
# Beside what no line of text may hold.
_NOT_IN_A_NAME = frozenset({"Cf", "Zl", "Zp"})
# A weekly shop has seventy lines; nobody reads them in a mail, and Gmail would cut it.
MAX_LINES = 12


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

    def slots_of(self, branch: str) -> Iterator[tuple[str, bool]]:
        """Each list that a message has, and whether anything may stand in it."""
        for slot, is_wanted in self.slots:
            # The branch of the journey in which people have the accessories already.
            yield slot, is_wanted and not (slot == "accessories" and branch == "with_accessory")


def merge_fields(row: ContentRow, plan: StepPlan, shelf: Shelf) -> Fields:
    """Every field of one message. Fields of an order, a cart or an offer exist only when the row has one.

    Raises `KeyError`, `TypeError` or `ValueError` for content that does not hold what it must.
    """
    content, advertises = row.content, may_advertise(row.permission_basis, row.message_class)
    given = (content.get("recommendations") or {}) if advertises else {}
    fields = customer_fields(content["customer"], shelf.wording)
    fields |= own_fields(row.branch, shelf) | {"unsubscribe_url": shelf.sender.unsubscribe_url(row)}
    fields |= offer_fields(content.get("offer") if advertises else None, shelf.wording)
    for slot, is_shown in plan.slots_of(row.branch):
        fields[slot] = list(map(shelf.card, (given.get(slot) or ())[: plan.max_products])) if is_shown else []
    if plan.has_product:
        fields |= product_fields(content.get("trigger_product"), shelf)
    if content.get("order"):
        fields |= order_fields(content["order"], shelf)
    if content.get("cart"):
        fields |= cart_fields(content["cart"], shelf)
    return fields


def may_advertise(permission_basis: str, message_class: str) -> bool:
    """Who may only be served, not advertised to, gets neither recommendation nor offer, whatever the row holds."""
    return permission_basis != "service" and message_class != "service"


def customer_fields(customer: Mapping[str, Any], wording: Wording) -> Fields:
    first_name = usable_name(customer.get("first_name"))
    return {
        "first_name": first_name,
        "company_name": one_line(customer.get("company_name"), 60),
        "is_member": bool(customer.get("is_member")),
        "greeting": wording.greeting.format(name=first_name) if first_name else wording.greeting_without_name,
    }


def own_fields(branch: str, shelf: Shelf) -> Fields:
    return {"branch": branch, "shop_url": shelf.shop_url}


def offer_fields(offer: Mapping[str, Any] | None, wording: Wording) -> Fields:
    if not offer:
        return {"offer_kind": ""}
    fields = {"offer_kind": one_line(offer["kind"], 30), "offer_code": one_line(offer.get("code"), 30)}
    if offer.get("value_minor") is not None:
        fields["offer_value"] = wording.money(offer["value_minor"])
    if offer.get("expires_on"):
        fields["offer_expires_on"] = wording.day(offer["expires_on"])
    return fields


def product_fields(given: Mapping[str, Any] | None, shelf: Shelf) -> Fields:
    """The catalogue may not know what was bought: the message goes on without it, and leads to the shop."""
    product = shelf.card(given) if given else None
    return {
        "featured": [product] if product else [],
        "trigger_title": product["title"] if product else "",
        "trigger_url": product["url"] if product else shelf.shop_url,
    }


def order_fields(order: Mapping[str, Any], shelf: Shelf) -> Fields:
    return {
        "order_on": shelf.wording.day(order["ordered_on"]),
        "order_total": shelf.wording.money(order["total_minor"]),
        "order_lines": list(map(shelf.order_line, order["lines"][:MAX_LINES])),
        "order_more": _more(order["lines"], shelf.wording),
    }


def cart_fields(cart: Mapping[str, Any], shelf: Shelf) -> Fields:
    return {
        "cart_url": links.tagged_url(cart["checkout_link"], shelf.sender.hosts, shelf.tags),
        "cart_total": shelf.wording.money(cart["total_minor"]),
        "cart_count": shelf.wording.counted(_n_items(cart["lines"]), shelf.wording.items),
        "cart_lines": list(map(shelf.cart_line, cart["lines"][:MAX_LINES])),
        "cart_more": _more(cart["lines"], shelf.wording),
    }


def _n_items(lines: list[Mapping[str, Any]]) -> int:
    """Pieces; goods by weight or volume count as one."""
    return sum(int(amount) if is_count(amount) else 1 for amount in map(quantity, lines))


def _more(lines: list[Mapping[str, Any]], wording: Wording) -> str:
    """What the mail does not list, as "and 5 more items"."""
    if len(lines) <= MAX_LINES:
        return ""
    return wording.counted(_n_items(lines[MAX_LINES:]), wording.more_items)


@lru_cache(maxsize=16_384)
def usable_name(value: Any) -> str:
    """The first name, if it is one: a name with line breaks, an address or without letters is left out.

    A greeting without a name is always right; a greeting with somebody's injection is not.
    """
    if value is None:
        return ""
    raw = str(value).strip()
    if len(raw) > _MAX_NAME or any(is_unprintable(c) or _is_hidden(c) for c in raw):
        return ""
    if re.search(r"[<>{}@:/\\\[\]=\"]|\d", raw) or not any(c.isalpha() for c in raw):
        return ""
    return " ".join(raw.split())


def _is_hidden(c: str) -> bool:
    """What shows nothing, but for the joiner that holds emoji together."""
    return unicodedata.category(c) in _NOT_IN_A_NAME and c != "\u200d"
