"""Records of merge fields for all messages of one kind, put together from columns.

A kind has one template, one branch and one basis, so its messages differ in nothing but their recipient and what
they show. What they show is made in `merge_parts`; here is what stands around it.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from assets.messaging import columns
from assets.messaging.columns import json_text, per_distinct, quoted
from assets.messaging.merge_parts import CART, CUSTOMER, OFFER, ORDER, PRODUCT, Parts
from assets.messaging.mime import MAX_ADDRESS, PLAIN_ADDRESS
from assets.messaging.prepared import iso, shared_by_kind
from assets.messaging.tokens import make_tokens


@dataclass(frozen=True, slots=True)
class Kind:
    """Messages that differ in nothing but their recipient and what they show."""

    parts: Parts
    template: bytes

    def records(self, table: pa.Table, message_ids: list[str]) -> list[bytes | None]:
        """Each message's record; None for those that have to be written alone."""
        pieces = self._pieces(table, message_ids)
        if pieces is None:
            return [None] * len(message_ids)
        records: list[bytes | None] = columns.joined(pieces).cast(pa.binary()).to_pylist()
        return records

    def _pieces(self, table: pa.Table, message_ids: list[str]) -> list[pa.Array | str] | None:
        """A record's pieces in their order; None where the template asks for what no message here has."""
        subject, parts = self._subject(table), self.parts
        if subject is None or not self._has_what_is_required():
            return None
        links = self._links(message_ids)
        shared = shared_by_kind(parts.first, parts.ready.parts.artifact.version, self.template)
        return [
            '{"message_id":"', columns.column(table, "message_id"), '","address":', _addresses(table),
            ',"permission_id":', quoted(columns.column(table, "permission_id"), columns.PLAIN, absent="null"),
            ',"send_at":', _instants(table, "send_at"), ',"expires_at":', _instants(table, "expires_at"),
            ',"unsubscribe_link":"', links, '",', json_text(shared)[1:-1], ',"subject":', subject,
            ',"fields":{', parts.customers(table), ",", parts.inside(parts.own()),
            ',"unsubscribe_url":"', links, '",', parts.offers(table), *parts.lists(table),
            *parts.products(table), parts.orders(table), parts.carts(table), "}}\n",
        ]  # fmt: skip

    def _has_what_is_required(self) -> bool:
        """Whether no message here lacks a field for certain; of parts that some have, each message is asked."""
        plan, required = self.parts.ready.plan, self.parts.ready.parts.required
        always = {*CUSTOMER, "branch", "shop_url", "unsubscribe_url", "offer_kind", *(slot for slot, _ in plan.slots)}
        always |= {*PRODUCT} if plan.has_product else set()
        return required <= always | {*ORDER, *CART, *OFFER}

    def _links(self, message_ids: list[str]) -> pa.Array:
        sender = self.parts.ready.shelf.sender
        tokens = make_tokens(sender.key, message_ids, "email")
        return columns.joined([f"{sender.public_url}/u/", pa.array(tokens, pa.string())])

    def _subject(self, table: pa.Table) -> pa.Array | None:
        """The subjects, one for each distinct set of what they show; None where each message's is its own."""
        own, template = self.parts.own(), self.parts.ready.parts
        shown = [part for part in self.parts.shared(table) if not template.subject_fields.isdisjoint(part.names)]
        if not template.subject_fields <= {*own, *(name for part in shown for name in part.names)}:
            return None

        def write(values: str) -> str:
            fields = dict(own)
            for part, value in zip(shown, values.split(columns.SEPARATOR), strict=False):
                fields |= part.fields(value)
            subject = template.subject_line(fields)
            if not subject:
                raise ValueError("the subject is empty")
            return json_text(subject)

        return per_distinct(columns.keyed([part.texts for part in shown], table.num_rows), write)


def _instants(table: pa.Table, name: str) -> pa.Array:
    return pc.fill_null(per_distinct(columns.column(table, name), lambda at: f'"{iso(at)}"'), "null")


def _addresses(table: pa.Table) -> pa.Array:
    addresses = columns.column(table, "address")
    return quoted(pc.if_else(pc.less_equal(pc.utf8_length(addresses), MAX_ADDRESS), addresses, None), PLAIN_ADDRESS)
