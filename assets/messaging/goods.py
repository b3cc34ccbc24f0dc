"""What the content of messages refers to: products by their id, and lines of orders and carts.

A line is written "price|quantity|amount|product id" (dbt's macro `line_reference`). The warehouse writes a product's
words once for all messages that show it, so they are read once, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

Product = dict[str, Any]

# Room for what a page of messages shows; a catalogue may have far more.
_MAX_KEPT = 50_000
_WORDS = """
select product_id, card
from intermediate.int_messages__products
where product_id in (select unnest($ids))
"""


class Goods:
    """Products that messages of a run have referred to so far. What it gives is shared: never change it."""

    def __init__(self, products: Mapping[str, Product] | None = None) -> None:
        self._products: dict[str, Product] = dict(products or {})

    def read(self, connection: duckdb.DuckDBPyConnection, ids: Iterable[str]) -> None:
        """Have these products at hand; what the warehouse does not know stays unknown."""
        wanted = set(ids)
        if len(wanted | self._products.keys()) > _MAX_KEPT:
            self._products.clear()
        missing = sorted(wanted - self._products.keys())
        if missing:
            self._products.update(connection.execute(_WORDS, {"ids": missing}).fetchall())

    def product(self, product_id: str) -> Product:
        """Raises `KeyError` for one that is not at hand."""
        return self._products[product_id]

    def line(self, reference: str) -> Product:
        """A product with the line's own price and quantity. Raises `KeyError` or `ValueError`."""
        price, quantity, amount, product_id = reference.split("|", 3)
        price_minor = int(price) if price else None
        own: Product = {"price_minor": price_minor, "regular_price_minor": price_minor, "quantity": float(quantity)}
        if amount:
            own["amount_minor"] = int(amount)
        return {**self._products[product_id], **own}

    def filled_in(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """A message's content with products in place of what refers to them. Raises `KeyError` or `ValueError`."""
        given = content.get("recommendations") or {}
        trigger = content.get("trigger_product")
        return {
            **content,
            "order": self.with_lines(content.get("order")),
            "cart": self.with_lines(content.get("cart")),
            "trigger_product": trigger and self._products[trigger],
            "recommendations": {slot: [self._products[i] for i in ids or ()] for slot, ids in given.items()},
        }

    def with_lines(self, listed: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """An order or a cart with its lines filled in."""
        return {**listed, "lines": [self.line(reference) for reference in listed["lines"]]} if listed else None


def referred_to(content: pa.StructArray) -> set[str]:
    """The ids of all products that these messages' content refers to."""
    slots = [field.name for field in content.type.field("recommendations").type]
    lists = [pc.struct_field(content, ["recommendations", slot]).flatten() for slot in slots]
    lines = [pc.struct_field(content, [listed, "lines"]).flatten() for listed in ("order", "cart")]
    ids = {product_id for column in (pc.struct_field(content, "trigger_product"), *lists) for product_id in _of(column)}
    return ids | {reference.split("|", 3)[-1] for column in lines for reference in _of(column)}


def _of(column: pa.Array) -> list[str]:
    return [value for value in column.unique().to_pylist() if value]
