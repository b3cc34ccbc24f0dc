"""Invented messages: one for every journey, step, channel, variant, branch and language.

Templates are checked and previewed with them, so that a mistake shows before a customer's message does.
Names and goods are made up; nothing here comes from data.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import urljoin

from assets.messaging.content import ContentRow
from assets.messaging.journey_schema import Journey, Slot, Step
from assets.messaging.yaml_types import minor

if TYPE_CHECKING:
    from assets.messaging.journeys import Templates
    from assets.messaging.policy_schema import Brand

_DAY = date(2026, 11, 20)
_PRODUCTS: tuple[tuple[str, str, int, int], ...] = (
    ("Kaffekvern med justerbar maling", "Nordkvern", 49900, 64900),
    ("Papirfilter 1×4, 100 stk.", "Husholdning", 2990, 2990),
    ("Termokrus i stål, 0,4 l", "Fjelltur", 24900, 24900),
    ("Melkeskummer", "Nordkvern", 17950, 17950),
    ("Mørkbrent kaffe, hele bønner 500 g", "Havnebrenneriet", 8990, 8990),
)


@dataclass(frozen=True, slots=True)
class Shop:
    """Where samples' links lead: to hosts that the brand allows, and to nothing that is there."""

    url: str = "https://shop.example/"
    image_host: str = "images.shop.example"

    @classmethod
    def of(cls, brand: Brand) -> Shop:
        return cls(brand.shop_url, brand.link_hosts[-1])

    def product(self, journey: Journey, index: int) -> dict[str, Any]:
        """What stands at this place of a journey's messages."""
        return sample_product(index, shop=self)


_SHOP = Shop()


def sample_product(index: int, title: str | None = None, *, shop: Shop = _SHOP) -> dict[str, Any]:
    name, brand, price, regular = _PRODUCTS[index % len(_PRODUCTS)]
    return {
        "product_id": f"sample-{index}", "title": title or name, "brand": brand, "price_minor": price,
        "regular_price_minor": regular, "product_group": "sample",
        "image_link": f"https://{shop.image_host}/products/sample-{index}.jpg",
        "link": urljoin(shop.url, f"/products/sample-{index}"),
    }  # fmt: skip


def sample_content(
    journey: Journey,
    step: Step,
    *,
    n_lines: int = 2,
    n_products: int = 4,
    first_name: str | None = "Ingrid",
    shop: Shop = _SHOP,
) -> dict[str, Any]:
    """The content of one message with everything that the journey's trigger and the step's settings promise."""
    lines = [shop.product(journey, 4 - index) | {"quantity": index + 1} for index in range(n_lines)]
    total = sum(line["price_minor"] * line["quantity"] for line in lines)
    is_b2b = journey.audience.customer_type == "b2b"
    gives = journey.trigger.gives
    slots = step.recommendations.slots if step.recommendations else []
    products = [shop.product(journey, index) for index in range(n_products)]
    bought_lines = [line | {"amount_minor": line["price_minor"] * line["quantity"]} for line in lines]
    order = {"order_id": "webshop:sample", "ordered_on": "2026-11-18", "total_minor": total, "lines": bought_lines}
    cart = {
        "cart_id": "sample",
        "checkout_link": urljoin(shop.url, "/cart/sample"),
        "total_minor": total,
        "lines": lines,
    }
    offer: dict[str, Any] = {"expires_on": "2026-11-25"}
    if step.offer:
        offer |= {"kind": step.offer.kind, "value_minor": minor(step.offer.value), "code": step.offer.code}
    elif "benefit" in gives:
        offer |= {"kind": "coupon", "value_minor": 5_000, "code": "EKSEMPEL"}
    return {
        "customer": {
            "first_name": first_name,
            "is_member": journey.audience.is_member is True,
            "company_name": "Eksempel Kontor AS" if is_b2b else None,
        },
        "order": order if "order" in gives else None,
        "cart": cart if "cart" in gives else None,
        "trigger_product": _trigger_product(journey, shop) if "product" in gives else None,
        "recommendations": {slot: products if slot in slots else [] for slot in get_args(Slot)},
        "offer": offer if "kind" in offer else None,
    }


def _trigger_product(journey: Journey, shop: Shop) -> dict[str, Any]:
    product = shop.product(journey, 4)
    # Whoever looks at a mail about a lower price wants to see the price before.
    is_cheaper = journey.trigger.kind == "price_drop"
    return product | ({"regular_price_minor": product["price_minor"] + 2_000} if is_cheaper else {})


def sample_row(
    journey_key: str,
    journey: Journey,
    step: Step,
    channel: str,
    variant: str,
    branch: str,
    language: str,
    **content: Any,
) -> ContentRow:
    name = "/".join((journey_key, step.id, channel, variant, branch, language))
    # Noon of a fixed day: samples must give the same bytes for ever.
    noon = datetime(_DAY.year, _DAY.month, _DAY.day, 12, tzinfo=UTC)
    return ContentRow(
        run_date=_DAY, message_id=hashlib.sha256(name.encode()).hexdigest()[:32], customer_id="sample",
        journey=journey_key, step=step.id, channel=channel, message_class=journey.message_class, anchor="sample",
        priority=journey.priority, experiment=journey.experiment.id if journey.experiment else None,
        variant=variant if journey.experiment else None, branch=branch, language=language, country="NO",
        timezone="Europe/Oslo", address="", send_at=noon, expires_at=noon + timedelta(days=3),
        permission_basis="service" if journey.message_class == "service" else "consent", permission_id=None,
        policy_version="sample", content=sample_content(journey, step, **content),
    )  # fmt: skip


def sample_rows(templates: Templates, **content: Any) -> Iterator[ContentRow]:
    """One row for everything that can look different, in a fixed order."""
    content = {"shop": Shop.of(templates.brand)} | content
    for key, journey in sorted(templates.journeys.items()):
        for step in journey.steps:
            for channel, _ in step.channel_order():
                for variant in journey.variants():
                    for branch in journey.branches():
                        for language in templates.brand.languages:
                            yield sample_row(key, journey, step, channel, variant, branch, language, **content)
