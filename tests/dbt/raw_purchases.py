"""Writes small typed raw files for the datasets that purchases are made of, as landing would have left them.

Belongs here: the columns' types and one function that writes rows. Not here: made-up retailers, assertions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

_TRACE = "received_on DATE, source_file VARCHAR, source_line INTEGER"
_LINE = (
    "line_number INTEGER, product_id VARCHAR, quantity DOUBLE, unit_price DECIMAL(18,2), "
    "discount_amount DECIMAL(18,2), line_amount DECIMAL(18,2)"
)
_RETURN = "line_number INTEGER, product_id VARCHAR, quantity DOUBLE, amount DECIMAL(18,2), returned_at TIMESTAMPTZ"

COLUMNS: dict[str, str] = {
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
    "catalogue/products": (
        "id VARCHAR, title VARCHAR, description VARCHAR, link VARCHAR, image_link VARCHAR, "
        "availability VARCHAR, price VARCHAR, sale_price VARCHAR, "
        "sale_price_effective_date VARCHAR, brand VARCHAR, gtin VARCHAR, product_type VARCHAR, "
        "item_group_id VARCHAR, product_group VARCHAR, stock_quantity INTEGER, "
        "replenish_after_days INTEGER, updated_at TIMESTAMPTZ"
    ),
}


def write_raw(home: Path, deliveries: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Write the rows of each dataset as one file; the home must have been initialised with `ensure_raw`."""
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    for dataset, rows in deliveries.items():
        connection.execute(f"create or replace table t ({COLUMNS[dataset]}, {_TRACE})")
        if rows:
            names = list(rows[0])
            marks = ", ".join("?" for _ in names)
            connection.executemany(
                f"insert into t ({', '.join(names)}) values ({marks})",
                [[row[name] for name in names] for row in rows],
            )
        connection.execute(f"copy t to '{home / 'raw' / dataset / 'all.parquet'}' (format parquet)")
    connection.close()
