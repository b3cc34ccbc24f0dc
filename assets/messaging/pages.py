"""A page of the run's messages: columns for whoever works on all of them at once, rows for whoever asks for one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from assets.messaging import columns
from assets.messaging.goods import Goods, referred_to
from assets.queries import Row

# Parts of the content that many messages have the same, or that are made into words as a whole, come as texts, too.
MESSAGES = """
select
    *,
    cast(to_json(content.customer) as varchar) as customer,
    case when content.offer is not null then cast(to_json(content.offer) as varchar) end as offer,
    case when content.cart is not null then cast(to_json(content.cart) as varchar) end as cart
from intermediate.int_messages__content
"""
_ONLY_TEXTS = ("customer", "offer", "cart")


class Page(Protocol):
    """Messages of one group, in the order of their ids."""

    @property
    def message_ids(self) -> Sequence[str]: ...

    def rows(self, only: Collection[str] | None = None) -> list[Row]:
        """All of them, or these, as the decisions wrote them, with the products' words in their content."""
        ...


@dataclass(slots=True)
class WarehousePage:
    """A page as the warehouse gives it, with the products that it refers to."""

    table: pa.Table
    goods: Goods
    message_ids: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.message_ids = self.table["message_id"].to_pylist()

    def part(self, only: Collection[str]) -> pa.Table:
        """The columns of these messages."""
        if len(only) == len(self.message_ids):
            return self.table
        return self.table.filter(pc.is_in(self.table["message_id"], pa.array(only, pa.string())))

    def rows(self, only: Collection[str] | None = None) -> list[Row]:
        if only is not None and not only:
            return []
        table = self.table if only is None else self.part(only)
        rows: list[Row] = table.drop_columns(_ONLY_TEXTS).to_pylist()
        for row in rows:
            row["content"] = _content(row["content"], self.goods)
        return rows


def read_page(connection: duckdb.DuckDBPyConnection, sql: str, asked: dict[str, Any], goods: Goods) -> WarehousePage:
    """The page that a query over `MESSAGES` gives, in the order of ids, and the words of its products."""
    table = _in_order(connection.execute(sql, asked).to_arrow_table().combine_chunks())
    if table.num_rows:
        goods.read(connection, referred_to(table["content"].chunk(0)))
    return WarehousePage(table, goods)


def _in_order(table: pa.Table) -> pa.Table:
    """By message id. The warehouse wrote them so; moving lists about costs as much as half of reading them."""
    ids = columns.column(table, "message_id")
    is_in_order = pc.all(pc.less(ids[:-1], ids[1:])).as_py()
    return table if is_in_order is not False else table.sort_by("message_id").combine_chunks()


def _content(content: dict[str, Any], goods: Goods) -> dict[str, Any] | None:
    """None where it refers to what nobody knows: then this message cannot be written, and the others can."""
    try:
        return goods.filled_in(content)
    except (KeyError, ValueError):
        return None
