"""The parts that records of one kind's messages consist of, each as a column: customer, offer, products, order, cart.

The words are those of `merge_fields`; here they are only asked for once for each distinct value. A null is a part
that a message does not have as it should: no record is made of that message here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from assets.messaging import columns
from assets.messaging.columns import json_text, per_distinct
from assets.messaging.goods import Goods
from assets.messaging.merge_fields import (
    MAX_LINES,
    cart_fields,
    customer_fields,
    may_advertise,
    offer_fields,
    own_fields,
    product_fields,
)
from assets.messaging.money_columns import money_texts
from assets.messaging.render import Ready
from assets.messaging.shelf import Card

# Fields by the part of the content that they are made of.
CUSTOMER = ("first_name", "company_name", "is_member", "greeting")
PRODUCT = ("featured", "trigger_title", "trigger_url")
ORDER = ("order_on", "order_total", "order_lines", "order_more")
CART = ("cart_url", "cart_total", "cart_count", "cart_lines", "cart_more")
OFFER = ("offer_code", "offer_value", "offer_expires_on")


class Shared(NamedTuple):
    """A part that many messages have the same: as texts, and the fields that are made of one."""

    names: Sequence[str]
    texts: pa.Array
    fields: Callable[[str], dict[str, Any]]


@dataclass(slots=True)
class Parts:
    """Makes the parts of one kind's messages; `first` is any of these, for what all of them have in common."""

    first: dict[str, Any]
    ready: Ready
    goods: Goods
    # Products that were shown so far, by the names that stand for them.
    cards: dict[str, bytes] = field(default_factory=dict)

    def own(self) -> dict[str, Any]:
        return own_fields(self.first["branch"], self.ready.shelf)

    def customers(self, table: pa.Table) -> pa.Array:
        return per_distinct(columns.column(table, "customer"), lambda text: self.inside(self._customer(text)))

    def offers(self, table: pa.Table) -> pa.Array:
        return per_distinct(self._offer_texts(table), lambda text: self.inside(self._offer(text)))

    def lists(self, table: pa.Table) -> Iterator[pa.Array | str]:
        """The lists of recommended products."""
        plan, given = self.ready.plan, columns.struct(table, "content", "recommendations")
        for slot, is_shown in plan.slots_of(self.first["branch"]):
            if not self._advertises() or not is_shown or given.type.get_field_index(slot) < 0:
                yield f',"{slot}":[]'
                continue
            ids = columns.at_most(pc.struct_field(given, slot), plan.max_products)
            yield f',"{slot}":['
            yield columns.list_text(ids, lambda product_id: self._name(self._card(product_id)))
            yield "]"

    def products(self, table: pa.Table) -> Iterator[pa.Array | str]:
        """The product that a journey is about, where it is about one."""
        if self.ready.plan.has_product:
            yield ","
            yield per_distinct(_trigger_products(table), lambda product_id: self.inside(self._product(product_id)))

    def orders(self, table: pa.Table) -> pa.Array | str:
        order, wording = columns.struct(table, "content", "order"), self.ready.shelf.wording
        if order.null_count == len(order):
            return columns.nothing(len(order)) if self._required(ORDER) else ""
        lines = pc.struct_field(order, "lines")
        parts = [
            ',"order_on":', per_distinct(pc.struct_field(order, "ordered_on"), lambda day: json_text(wording.day(day))),
            ',"order_total":', money_texts(pc.struct_field(order, "total_minor"), wording),
            ',"order_lines":[', columns.list_text(lines, lambda line: self._name(self._order_line(line))),
            '],"order_more":""',
        ]  # fmt: skip
        # Few orders are so long that not every line is shown; those are written alone.
        is_short = pc.less_equal(pc.list_value_length(lines), MAX_LINES)
        return self._where_given(order, pc.if_else(is_short, columns.joined(parts), None), ORDER)

    def carts(self, table: pa.Table) -> pa.Array:
        carts = columns.column(table, "cart")
        written = per_distinct(carts, lambda text: "," + self.inside(self._cart(text)))
        return self._where_given(carts, written, CART)

    def shared(self, table: pa.Table) -> Iterator[Shared]:
        """What subjects may be made of."""
        yield Shared(CUSTOMER, columns.column(table, "customer"), self._customer)
        yield Shared(("offer_kind", *OFFER), self._offer_texts(table), self._offer)
        if self.ready.plan.has_product:
            yield Shared(PRODUCT, _trigger_products(table), self._product)

    def inside(self, fields: dict[str, Any]) -> str:
        """These fields as they stand inside of a record's braces."""
        return json_text(fields, self._name_of)[1:-1]

    def _customer(self, text: str) -> dict[str, Any]:
        return customer_fields(orjson.loads(text), self.ready.shelf.wording)

    def _offer(self, text: str) -> dict[str, Any]:
        fields = offer_fields(orjson.loads(text) if text else None, self.ready.shelf.wording)
        missing = self.ready.parts.required & {*OFFER} - fields.keys()
        if missing:
            raise KeyError(min(missing))
        return fields

    def _offer_texts(self, table: pa.Table) -> pa.Array:
        """Empty for those who get none."""
        if self._advertises():
            return pc.fill_null(columns.column(table, "offer"), "")
        return columns.constant("", table.num_rows)

    def _card(self, product_id: str) -> Card:
        return self.ready.shelf.card(self.goods.product(product_id))

    def _product(self, product_id: str) -> dict[str, Any]:
        return product_fields(self.goods.product(product_id) if product_id else None, self.ready.shelf)

    def _order_line(self, reference: str) -> Card:
        return self.ready.shelf.order_line(self.goods.line(reference))

    def _cart(self, text: str) -> dict[str, Any]:
        cart = self.goods.with_lines(orjson.loads(text))
        assert cart is not None
        return cart_fields(cart, self.ready.shelf)

    def _advertises(self) -> bool:
        return may_advertise(self.first["permission_basis"], self.first["class"])

    def _required(self, names: Sequence[str]) -> bool:
        return not self.ready.parts.required.isdisjoint(names)

    def _where_given(self, given: pa.Array, written: pa.Array, names: Sequence[str]) -> pa.Array:
        """Nothing for messages without this part, and no record for them if the template asks for it."""
        return pc.if_else(pc.is_null(given), None if self._required(names) else "", written)

    def _name_of(self, value: Any) -> str:
        if not isinstance(value, Card):
            raise TypeError(type(value).__name__)
        name, content = value.written()
        self.cards[name] = content
        return name

    def _name(self, card: Card) -> str:
        return f'"{self._name_of(card)}"'


def _trigger_products(table: pa.Table) -> pa.Array:
    return pc.fill_null(columns.struct(table, "content", "trigger_product"), "")
