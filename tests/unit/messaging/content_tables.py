"""The tables that rendering reads, made of messages that hold their products: what dbt's models do, for tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, get_args

import duckdb
import orjson
import pyarrow as pa

from assets.messaging.content import ContentRow
from assets.messaging.journey_schema import Slot

_LISTED = "total_minor bigint, lines varchar[]"
CONTENT = (
    "struct(customer struct(first_name varchar, is_member boolean, company_name varchar),"
    f'"order" struct(order_id varchar, ordered_on date, {_LISTED}),'
    f"cart struct(cart_id varchar, checkout_link varchar, {_LISTED}),"
    "trigger_product varchar,"
    f"recommendations struct({', '.join(f'{slot} varchar[]' for slot in get_args(Slot))}),"
    "offer struct(kind varchar, value_minor bigint, code varchar, expires_on date))"
)
_CARD = ("product_id", "title", "brand", "price_minor", "regular_price_minor", "image_link", "link", "product_group")
_SCHEMA = pa.schema(
    [
        ("run_date", pa.date32()),
        *((name, pa.string()) for name in ("message_id", "customer_id", "journey", "step", "channel", "class")),
        ("anchor", pa.string()),
        ("priority", pa.int32()),
        *((name, pa.string()) for name in ("experiment", "variant", "branch", "language", "country", "timezone")),
        ("address", pa.string()),
        *((name, pa.timestamp("us", "UTC")) for name in ("send_at", "expires_at")),
        *((name, pa.string()) for name in ("permission_basis", "permission_id", "policy_version", "content")),
    ]
)


def as_row(row: ContentRow, **changes: Any) -> dict[str, Any]:
    """A sample as a row of the model, its content still whole."""
    values = asdict(row)
    return {**values, "class": values.pop("message_class"), **changes}


def write_content(connection: duckdb.DuckDBPyConnection, rows: Iterable[Mapping[str, Any]]) -> int:
    """Make `int_messages__content` and `int_messages__products`; returns the number of messages."""
    products: dict[str, dict[str, Any]] = {}
    referring = [{**row, "content": orjson.dumps(_referring(row["content"], products)).decode()} for row in rows]
    content = pa.Table.from_pylist([{name: row[name] for name in _SCHEMA.names} for row in referring], _SCHEMA)
    cards = pa.table({"card": pa.array([orjson.dumps(card).decode() for card in products.values()], pa.string())})
    card = ", ".join(f"{name} {'bigint' if name.endswith('_minor') else 'varchar'}" for name in _CARD)
    connection.execute("create schema if not exists intermediate")
    connection.execute(
        "create table intermediate.int_messages__content as "
        f"select * replace (cast(cast(content as json) as {CONTENT}) as content) from content"
    )
    connection.execute(
        "create table intermediate.int_messages__products as "
        f"select card ->> 'product_id' as product_id, cast(cast(card as json) as struct({card})) as card from cards"
    )
    assert cards.num_rows == len(products)
    return content.num_rows


def _referring(content: Mapping[str, Any], products: dict[str, dict[str, Any]]) -> dict[str, Any]:
    def product(given: Mapping[str, Any]) -> str:
        card = {name: given.get(name) for name in _CARD}
        products.setdefault(str(card["product_id"]), card)
        return str(card["product_id"])

    def line(given: Mapping[str, Any]) -> str:
        amount = given.get("amount_minor")
        price = given.get("price_minor")
        words = ("" if price is None else price, float(given.get("quantity") or 1), "" if amount is None else amount)
        return "|".join((*map(str, words), product(given)))

    def listed(given: Mapping[str, Any] | None) -> dict[str, Any] | None:
        return given and {**given, "lines": [line(one) for one in given["lines"]]}  # type: ignore[return-value]

    trigger = content.get("trigger_product")
    lists = content.get("recommendations") or {}
    return {
        **content,
        "order": listed(content.get("order")),
        "cart": listed(content.get("cart")),
        "trigger_product": trigger and product(trigger),
        "recommendations": {slot: [product(one) for one in lists.get(slot) or ()] for slot in get_args(Slot)},
    }
