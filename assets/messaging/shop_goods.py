"""The shop's own products in samples that are really sent: pictures that load, links that lead somewhere.

Read from the analysts' copy, which no run ever locks. Whatever can be looked at without it uses invented products.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import duckdb

from assets.messaging.journey_schema import Journey
from assets.messaging.policy_schema import Brand
from assets.messaging.template_samples import Shop
from assets.queries import Row, records
from orchestration.settings import Settings

_LOG = logging.getLogger(__name__)
# A few of each group, so that every journey finds some of its own; the same ones each time.
_GOODS = """
select
    product_id,
    title,
    brand,
    current_price_minor as price_minor,
    price_minor as regular_price_minor,
    product_group,
    image_link,
    link
from marts.dim_products
where
    is_for_sale
    and coalesce(title, '') <> ''
    and current_price_minor is not null
    and list_contains($hosts, split_part(image_link, '/', 3))
    and list_contains($hosts, split_part(link, '/', 3))
qualify row_number() over (partition by product_group order by product_id) <= 5
order by product_id
"""


@dataclass(frozen=True, slots=True)
class OwnShop(Shop):
    """Samples with real products: first those of the journey's product groups."""

    goods: tuple[Row, ...] = ()

    def product(self, journey: Journey, index: int) -> dict[str, Any]:
        groups = journey.trigger.product_groups()
        ordered = sorted(self.goods, key=lambda one: one["product_group"] not in groups)
        return dict(ordered[index % len(ordered)])


def own_shop(settings: Settings, brand: Brand) -> OwnShop | None:
    """The shop with what it sells; None where no product has a price, and a picture and a page on the brand's hosts."""
    if not settings.published_path.exists():
        return None
    try:
        with duckdb.connect(str(settings.published_path), read_only=True) as connection:
            goods = records(connection, _GOODS, {"hosts": brand.link_hosts})
    except (duckdb.IOException, duckdb.CatalogException) as error:
        _LOG.warning("the analysts' copy cannot be asked for products (%s)", type(error).__name__)
        return None
    return OwnShop(brand.shop_url, brand.link_hosts[-1], tuple(goods)) if goods else None
