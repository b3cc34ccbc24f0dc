"""The columns of which records of merge fields are put together, for messages of one kind.

A kind has one template, one branch and one basis, so its messages differ in nothing but their recipient and what
they show. The words are those of `merge_fields`; here they are only asked for once for each distinct value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from assets.messaging import columns
from assets.messaging.columns import json_text, per_distinct, quoted
from assets.messaging.merge_fields import (
    MAX_LINES,
    cart_fields,
    customer_fields,
    may_advertise,
    offer_fields,
    own_fields,
    product_fields,
)
from assets.messaging.mime import MAX_ADDRESS, PLAIN_ADDRESS
from assets.messaging.pages import WarehousePage
from assets.messaging.prepared import iso, shared_by_kind
from assets.messaging.render import Ready
from assets.messaging.shelf import Card
from assets.messaging.tokens import make_tokens

# Fields by the part of the content that they are made of.
_CUSTOMER = ("first_name", "company_name", "is_member", "greeting")
_PRODUCT = ("featured", "trigger_title", "trigger_url")
_ORDER = ("order_on", "order_total", "order_lines", "order_more")
_CART = ("cart_url", "cart_total", "cart_count", "cart_lines", "cart_more")
_OFFER = ("offer_code", "offer_value", "offer_expires_on")


class _Shared(NamedTuple):
    """A part that many messages have the same."""

    names: Sequence[str]
    texts: pa.Array
    fields: Callable[[str], dict[str, Any]]


@dataclass(slots=True)
class Kind:
    """Messages that differ in nothing but their recipient and what they show."""

    first: dict[str, Any]
    ready: Ready
    page: WarehousePage
    template: bytes
    cards: dict[str, bytes] = field(default_factory=dict)

    def records(self, table: pa.Table, message_ids: list[str]) -> list[bytes | None]:
        """Each message's record; None for those that have to be written alone."""
        pieces = self._pieces(table, message_ids)
        if pieces is None:
            return [None] * len(message_ids)
        records: list[bytes | None] = columns.joined(pieces).cast(pa.binary()).to_pylist()
        return records

    def _pieces(self, table: pa.Table, message_ids: list[str]) -> list[pa.Array | str] | None:
        """A record's parts in its order; None where the template asks for what no message here has."""
        subject = self._subject(table)
        if subject is None or not self._has_what_is_required():
            return None
        links, own = self._links(message_ids), own_fields(self.first["branch"], self.ready.shelf)
        shared = shared_by_kind(self.first, self.ready.parts.artifact.version, self.template)
        return [
            '{"message_id":"', columns.column(table, "message_id"), '","address":', _addresses(table),
            ',"permission_id":', quoted(columns.column(table, "permission_id"), columns.PLAIN, absent="null"),
            ',"send_at":', self._instants(table, "send_at"), ',"expires_at":', self._instants(table, "expires_at"),
            ',"unsubscribe_link":"', links, '",', json_text(shared)[1:-1], ',"subject":', subject,
            ',"fields":{', self._customers(table), ",", self._inside(own),
            ',"unsubscribe_url":"', links, '",', self._offers(table), *self._lists(table),
            *self._products(table), *self._orders(table), self._carts(table), "}}\n",
        ]  # fmt: skip

    def _has_what_is_required(self) -> bool:
        """Whether no message here lacks a field for certain; of parts that some have, each message is asked."""
        plan = self.ready.plan
        always = {*_CUSTOMER, "branch", "shop_url", "unsubscribe_url", "offer_kind", *(slot for slot, _ in plan.slots)}
        always |= {*_PRODUCT} if plan.has_product else set()
        return self.ready.parts.required <= always | {*_ORDER, *_CART, *_OFFER}

    def _required(self, names: Sequence[str]) -> bool:
        return not self.ready.parts.required.isdisjoint(names)

    def _links(self, message_ids: list[str]) -> pa.Array:
        sender = self.ready.shelf.sender
        tokens = make_tokens(sender.key, message_ids, "email")
        return pa.array([f"{sender.public_url}/u/{token}" for token in tokens], pa.string())

    @staticmethod
    def _instants(table: pa.Table, name: str) -> pa.Array:
        return pc.fill_null(per_distinct(columns.column(table, name), lambda at: f'"{iso(at)}"'), "null")

    def _customers(self, table: pa.Table) -> pa.Array:
        return per_distinct(columns.column(table, "customer"), lambda text: self._inside(self._customer(text)))

    def _customer(self, text: str) -> dict[str, Any]:
        return customer_fields(orjson.loads(text), self.ready.shelf.wording)

    def _offer(self, text: str | None) -> dict[str, Any]:
        fields = offer_fields(orjson.loads(text) if text else None, self.ready.shelf.wording)
        missing = self.ready.parts.required & {*_OFFER} - fields.keys()
        if missing:
            raise KeyError(min(missing))
        return fields

    def _offers(self, table: pa.Table) -> pa.Array | str:
        texts = self._offer_texts(table)
        return per_distinct(texts, lambda text: self._inside(self._offer(text or None)))

    def _offer_texts(self, table: pa.Table) -> pa.Array:
        if may_advertise(self.first["permission_basis"], self.first["class"]):
            return pc.fill_null(columns.column(table, "offer"), "")
        return columns.constant("", table.num_rows)

    def _lists(self, table: pa.Table) -> Iterator[pa.Array | str]:
        plan, given = self.ready.plan, columns.struct(table, "content", "recommendations")
        advertises = may_advertise(self.first["permission_basis"], self.first["class"])
        for slot, is_shown in plan.slots_of(self.first["branch"]):
            if not advertises or not is_shown or given.type.get_field_index(slot) < 0:
                yield f',"{slot}":[]'
                continue
            ids = columns.at_most(pc.struct_field(given, slot), plan.max_products)
            yield f',"{slot}":['
            yield columns.list_text(ids, lambda product_id: self._name(self._card(product_id)))
            yield "]"

    def _card(self, product_id: str) -> Card:
        return self.ready.shelf.card(self.page.goods.product(product_id))

    def _product(self, product_id: str) -> dict[str, Any]:
        return product_fields(self.page.goods.product(product_id) if product_id else None, self.ready.shelf)

    def _products(self, table: pa.Table) -> Iterator[pa.Array | str]:
        if self.ready.plan.has_product:
            yield ","
            yield per_distinct(_trigger_products(table), lambda product_id: self._inside(self._product(product_id)))

    def _orders(self, table: pa.Table) -> Iterator[pa.Array | str]:
        order, wording = columns.struct(table, "content", "order"), self.ready.shelf.wording
        if order.null_count == len(order):
            yield from () if not self._required(_ORDER) else (columns.nothing(len(order)),)
            return
        lines = pc.struct_field(order, "lines")
        parts = [
            ',"order_on":', per_distinct(pc.struct_field(order, "ordered_on"), lambda day: json_text(wording.day(day))),
            ',"order_total":',
            per_distinct(pc.struct_field(order, "total_minor"), lambda amount: json_text(wording.money(amount))),
            ',"order_lines":[', columns.list_text(lines, lambda line: self._name(self._order_line(line))),
            '],"order_more":""',
        ]  # fmt: skip
        # Few orders are so long that not every line is shown; those are written alone.
        is_short = pc.less_equal(pc.list_value_length(lines), MAX_LINES)
        written = pc.if_else(is_short, columns.joined(parts), None)
        yield self._where_given(order, written, _ORDER)

    def _order_line(self, reference: str) -> Card:
        return self.ready.shelf.order_line(self.page.goods.line(reference))

    def _carts(self, table: pa.Table) -> pa.Array | str:
        carts = columns.column(table, "cart")
        written = per_distinct(carts, lambda text: "," + self._inside(self._cart(text)))
        return self._where_given(carts, written, _CART)

    def _cart(self, text: str) -> dict[str, Any]:
        cart = self.page.goods.with_lines(orjson.loads(text))
        assert cart is not None
        return cart_fields(cart, self.ready.shelf)

    def _where_given(self, given: pa.Array, written: pa.Array, names: Sequence[str]) -> pa.Array:
        """Nothing for messages without this part, and no record for them if the template asks for it."""
        return pc.if_else(pc.is_null(given), None if self._required(names) else "", written)

    def _subject(self, table: pa.Table) -> pa.Array | str | None:
        """The subjects, one for each distinct set of what they show; None where each message's is its own."""
        own, asked = own_fields(self.first["branch"], self.ready.shelf), self.ready.parts.subject_fields
        shown = [part for part in self._shared_parts(table) if not asked.isdisjoint(part.names)]
        if not asked <= {*own, *(name for part in shown for name in part.names)}:
            return None

        def write(values: str) -> str:
            fields = dict(own)
            for part, value in zip(shown, values.split(columns.SEPARATOR), strict=False):
                fields |= part.fields(value)
            subject = self.ready.parts.subject_line(fields)
            if not subject:
                raise ValueError("the subject is empty")
            return json_text(subject)

        return per_distinct(columns.keyed([part.texts for part in shown], table.num_rows), write)

    def _shared_parts(self, table: pa.Table) -> list[_Shared]:
        """Parts of messages that many have the same: as texts, and the fields that are made of one."""
        parts = [_Shared(_CUSTOMER, columns.column(table, "customer"), self._customer)]
        parts.append(_Shared(("offer_kind", *_OFFER), self._offer_texts(table), lambda text: self._offer(text or None)))
        if self.ready.plan.has_product:
            parts.append(_Shared(_PRODUCT, _trigger_products(table), self._product))
        return parts

    def _inside(self, fields: dict[str, Any]) -> str:
        """These fields as they stand inside of a record's braces."""
        return json_text(fields, self._name_of)[1:-1]

    def _name_of(self, value: Any) -> str:
        if not isinstance(value, Card):
            raise TypeError(type(value).__name__)
        name, content = value.written()
        self.cards[name] = content
        return name

    def _name(self, card: Card) -> str:
        return f'"{self._name_of(card)}"'


def _addresses(table: pa.Table) -> pa.Array:
    addresses = columns.column(table, "address")
    return quoted(pc.if_else(pc.less_equal(pc.utf8_length(addresses), MAX_ADDRESS), addresses, None), PLAIN_ADDRESS)


def _trigger_products(table: pa.Table) -> pa.Array:
    return pc.fill_null(columns.struct(table, "content", "trigger_product"), "")
