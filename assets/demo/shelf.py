"""What the demo's customers can buy after a click: the products that the catalogue delivery offers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb

from assets.demo.dice import Dice
from assets.demo.handed_off import Delivered

MOST_LINES = 4


@dataclass(frozen=True, slots=True)
class Product:
    product_id: str
    price: float
    group: str


class Shelf:
    """The first catalogue delivery, read only when somebody buys."""

    def __init__(self, landing: Path) -> None:
        self._feed = landing / "catalogue" / "products"

    @cached_property
    def _products(self) -> dict[str, Product]:
        first = min(self._feed.glob("*/products.*"), default=None)
        if first is None:
            raise FileNotFoundError(f"no catalogue delivery below {self._feed}: write the demo's deliveries first")
        with duckdb.connect() as con:
            rows = con.execute(
                """
                select id, replace(price, ' NOK', '')::double, product_group
                from read_csv(?, all_varchar = true)
                where availability = 'in_stock' order by id
                """,
                [str(first)],
            ).fetchall()
        return {row[0]: Product(*row) for row in rows}

    @cached_property
    def _by_group(self) -> dict[str, list[Product]]:
        groups: dict[str, list[Product]] = {}
        for product in self._products.values():
            groups.setdefault(product.group, []).append(product)
        return groups

    def choose(self, dice: Dice, message: Delivered) -> list[Product]:
        """Products that the message shows, then others of its journey's group or of the whole shop."""
        key = message.message_id
        wanted = dice.between(1, MOST_LINES, "lines", key)
        shown = [self._products[p] for p in message.product_ids if p in self._products]
        chosen = {p.product_id: p for p in shown[:wanted]}
        words = message.journey.split("_")
        related = [p for word in words for p in self._by_group.get(word, [])]
        pool = related or list(self._products.values())
        for attempt in range(wanted - len(chosen)):
            product = dice.pick(pool, "product", key, attempt)
            chosen[product.product_id] = product
        return list(chosen.values())
