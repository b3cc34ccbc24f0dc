"""Writes small typed raw files for the datasets that purchases are made of, as landing would have left them.

Belongs here: the columns' types and one function that writes rows. Not here: made-up retailers, assertions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb

_TRACE = "received_on DATE, source_file VARCHAR, source_line INTEGER"
_LINE = (
    "line_number INTEGER, product_id VARCHAR, quantity DOUBLE, unit_price DECIMAL(18,2), "
    "discount_amount DECIMAL(18,2), line_amount DECIMAL(18,2)"
)
_RETURN = (
    "line_number INTEGER, product_id VARCHAR, quantity DOUBLE, amount DECIMAL(18,2), "
    "returned_at TIMESTAMPTZ"
)

COLUMNS: dict[str, str] = {
    "club/members": (
        "member_id VARCHAR, email VARCHAR, phone VARCHAR, first_name VARCHAR, last_name VARCHAR, "
        "street VARCHAR, postal_code VARCHAR, city VARCHAR, country VARCHAR, language VARCHAR, "
        "birth_date DATE, children_birth_dates DATE[], customer_type VARCHAR, "
        "company_name VARCHAR, organisation_number VARCHAR, joined_at TIMESTAMPTZ, "
        "updated_at TIMESTAMPTZ"
    ),
    "webshop/accounts": (
        "account_id VARCHAR, email VARCHAR, phone VARCHAR, first_name VARCHAR, last_name VARCHAR, "
        "street VARCHAR, postal_code VARCHAR, city VARCHAR, country VARCHAR, language VARCHAR, "
        "birth_date DATE, member_id VARCHAR, company_name VARCHAR, organisation_number VARCHAR, "
        "created_at TIMESTAMPTZ, updated_at TIMESTAMPTZ"
    ),
    "pos/customers": (
        "pos_customer_id VARCHAR, name VARCHAR, email VARCHAR, phone VARCHAR, "
        "postal_code VARCHAR, member_id VARCHAR, updated_at TIMESTAMPTZ"
    ),
    "webshop/orders": (
        "order_id VARCHAR, account_id VARCHAR, email VARCHAR, phone VARCHAR, "
        "placed_at TIMESTAMPTZ, status VARCHAR, currency VARCHAR, total_amount DECIMAL(18,2), "
        "shipping_amount DECIMAL(18,2), discount_code VARCHAR, is_gift BOOLEAN, "
        "delivery_method VARCHAR, store_id VARCHAR, updated_at TIMESTAMPTZ"
    ),
    "webshop/order_lines": f"order_id VARCHAR, {_LINE}",
    "webshop/returns": f"return_id VARCHAR, order_id VARCHAR, {_RETURN}",
    "pos/returns": f"return_id VARCHAR, receipt_id VARCHAR, {_RETURN}",
    "pos/receipts": (
        "receipt_id VARCHAR, store_id VARCHAR, pos_customer_id VARCHAR, member_id VARCHAR, "
        "sold_at TIMESTAMPTZ, currency VARCHAR, total_amount DECIMAL(18,2)"
    ),
    "pos/receipt_lines": f"receipt_id VARCHAR, {_LINE}",
    "logistics/deliveries": (
        "order_id VARCHAR, status VARCHAR, delivered_at TIMESTAMPTZ, updated_at TIMESTAMPTZ"
    ),
    "catalogue/products": (
        "id VARCHAR, title VARCHAR, description VARCHAR, link VARCHAR, image_link VARCHAR, "
        "availability VARCHAR, price VARCHAR, sale_price VARCHAR, "
        "sale_price_effective_date VARCHAR, brand VARCHAR, gtin VARCHAR, product_type VARCHAR, "
        "item_group_id VARCHAR, product_group VARCHAR, stock_quantity INTEGER, "
        "replenish_after_days INTEGER, updated_at TIMESTAMPTZ"
    ),
    "catalogue/relations": (
        "kind VARCHAR, from_group VARCHAR, from_product_id VARCHAR, to_group VARCHAR, "
        "to_product_id VARCHAR, rank INTEGER"
    ),
    "catalogue/campaigns": (
        "campaign_id VARCHAR, name VARCHAR, starts_on DATE, ends_on DATE, product_group VARCHAR, "
        "brand VARCHAR, product_id VARCHAR"
    ),
    "tracker/events": (
        "messageId VARCHAR, type VARCHAR, event VARCHAR, anonymousId VARCHAR, userId VARCHAR, "
        '"timestamp" TIMESTAMPTZ, product_id VARCHAR, products VARCHAR, cart_id VARCHAR, '
        "order_id VARCHAR, quantity DOUBLE, price DECIMAL(18,2), currency VARCHAR, query VARCHAR, "
        "url VARCHAR, duration_s DOUBLE, user_agent VARCHAR, page VARCHAR, campaign VARCHAR, "
        "traits_email VARCHAR"
    ),
}


def write_raw(
    home: Path, deliveries: Mapping[str, Iterable[Mapping[str, Any]]] | None = None
) -> None:
    """Write every dataset, empty where `deliveries` names no rows (a glob needs one file)."""
    given = deliveries or {}
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    for dataset, columns in COLUMNS.items():
        folder = home / "raw" / dataset
        folder.mkdir(parents=True, exist_ok=True)
        connection.execute(f"create or replace table t ({columns}, {_TRACE})")
        rows = list(given.get(dataset, ()))
        if rows:
            names = list(rows[0])
            marks = ", ".join("?" for _ in names)
            quoted = ", ".join(f'"{name}"' for name in names)
            connection.executemany(
                f"insert into t ({quoted}) values ({marks})",
                [[row[name] for name in names] for row in rows],
            )
        connection.execute(f"copy t to '{folder}/all.parquet' (format parquet)")
    connection.close()
