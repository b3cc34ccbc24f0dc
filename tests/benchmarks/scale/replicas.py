"""How one row of the demo becomes a row of every replica: which rows are kept, and what of them is the replica's own.

Belongs here: datasets, columns and the statement that copies a file. Not here: how many replicas, and of which days.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from orchestration.settings import Settings

# Of the demo's 63 orders a household and 9.4 lines an order, the sizes that performance targets speak of.
ORDERS_KEPT_PERCENT = 16
LINES_KEPT = 3
VISITS_KEPT_PERCENT = 33
WEB_EVENTS = "tracker/events"

ORDER_KEYS: Mapping[str, str] = {
    "webshop/orders": "order_id",
    "webshop/order_lines": "order_id",
    "webshop/returns": "order_id",
    "logistics/deliveries": "order_id",
    "pos/receipts": "receipt_id",
    "pos/receipt_lines": "receipt_id",
    "pos/returns": "receipt_id",
}

# Columns that must differ between replicas. Everything not named (products, stores, words) is shared by all.
IDS: Mapping[str, tuple[str, ...]] = {
    "club/members": ("member_id",),
    "webshop/accounts": ("account_id", "member_id"),
    "webshop/orders": ("order_id", "account_id"),
    "webshop/order_lines": ("order_id",),
    "webshop/returns": ("return_id", "order_id"),
    "pos/customers": ("pos_customer_id", "member_id"),
    "pos/receipts": ("receipt_id", "pos_customer_id", "member_id"),
    "pos/receipt_lines": ("receipt_id",),
    "pos/returns": ("return_id", "receipt_id"),
    "logistics/deliveries": ("order_id",),
    "tracker/events": ("messageId", "anonymousId", "userId", "cart_id", "order_id"),
    "consent/events": ("event_id",),
    "service/cases": ("case_id", "member_id", "order_id"),
    "loyalty/benefits": ("benefit_id", "member_id"),
    "provider/events": ("event_id", "message_id"),
    "privacy/erasures": ("request_id", "member_id"),
}
EMAILS = ("email", "traits_email")
# `address` is an e-mail address or a telephone, as the channel beside it says.
PHONES = ("phone", "address")


def number_phones(connection: duckdb.DuckDBPyConnection, base: Settings) -> None:
    """A dense number for each telephone, so that every replica can have numbers that nobody else has."""
    connection.execute("create table phones (digits varchar, number bigint)")
    sources = [
        f"select {_digits(column)} as digits from read_parquet('{path}/20*.parquet')"
        for path, column in _phone_columns(connection, base)
    ]
    connection.execute(
        "insert into phones select digits, row_number() over (order by digits) "
        f"from ({' union '.join(sources)}) where length(digits) = 8"
    )


def _phone_columns(connection: duckdb.DuckDBPyConnection, base: Settings) -> list[tuple[Path, str]]:
    found = []
    for folder in sorted(base.raw_dir.glob("*/*")):
        files = sorted(folder.glob("20*.parquet"))
        if files:
            names = types_of(connection, files[0])
            found += [(folder, name) for name in PHONES if name in names]
    return found


def replicate(
    connection: duckdb.DuckDBPyConnection,
    dataset: str,
    source: Path,
    goal: Path,
    replicas: int,
    copies: int,
    jitter: int,
) -> int:
    """Write the first `copies` of a file's `replicas`. Returns the number of rows."""
    types = types_of(connection, source)
    changed: dict[str, str] = {name: f"{name} || '-' || replica" for name in IDS.get(dataset, ()) if name in types}
    changed |= {name: f"replica || '.' || {name}" for name in EMAILS if name in types}
    changed |= {
        name: f"case when contains({name}, '@') then replica || '.' || {name} else {_phone(name, replicas)} end"
        for name in PHONES
        if name in types
    }
    if jitter:
        for name, kind in types.items():
            if kind == "TIMESTAMP WITH TIME ZONE":
                changed[name] = f"{name} - to_days((replica * 5) % {jitter + 1})"
    if dataset not in IDS or replicas == 1:
        changed = {}
    expressions = ", ".join(f"{changed.get(name, _quoted(name))} as {_quoted(name)}" for name in types)
    # Numbers are looked up before the rows are multiplied: afterwards the join would hold every replica's.
    numbered = "".join(
        f" left join phones as {name}_number on {name}_number.digits = {_digits(_quoted(name))}"
        for name in PHONES
        if name in types
    )
    numbers = "".join(f", {name}_number.number as {name}_number" for name in PHONES if name in types)
    kept = f"(from '{source}' {kept_rows(dataset, types)})"
    row = connection.execute(
        f"copy (select {expressions} from (select source.*{numbers} from {kept} as source{numbered}) as base, "
        f"range({copies}) as r(replica)) to '{goal}' (format parquet, compression zstd)"
    ).fetchone()
    return int(row[0]) if row else 0


def types_of(connection: duckdb.DuckDBPyConnection, file: Path) -> dict[str, str]:
    return {row[0]: row[1] for row in connection.execute(f"describe from '{file}'").fetchall()}


def kept_rows(dataset: str, columns: Mapping[str, str]) -> str:
    """The rows of the demo that the retailer is made of, as a `where` clause."""
    kept = [f"md5_number({ORDER_KEYS[dataset]}) % 100 < {ORDERS_KEPT_PERCENT}"] if dataset in ORDER_KEYS else []
    if dataset == WEB_EVENTS:
        kept += [f'md5_number("anonymousId" || "timestamp"::date) % 100 < {VISITS_KEPT_PERCENT}']
    kept += [f"line_number <= {LINES_KEPT}"] if "line_number" in columns else []
    return f"where {' and '.join(kept)}" if kept else ""


def _phone(column: str, replicas: int) -> str:
    """The replica's own number in the place of an old one, with or without the country code as before."""
    number = f"{column}_number * {replicas} + replica"
    return (
        f"case when {column} is null then null else case when starts_with({column}, '+47') then '+47' else '' end || "
        f"cast(40000000 + ({number}) % 10000000 + 50000000 * ((({number}) // 10000000) % 2) as varchar) end"
    )


def _digits(column: str) -> str:
    return f"right(regexp_replace({column}, '\\D', '', 'g'), 8)"


def _quoted(name: str) -> str:
    return f'"{name}"'
