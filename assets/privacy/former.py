"""What people were known by before: former addresses of their records, and guests who bought under them.

Identity compares addresses that records have now, so a guest's order under a former one is a customer of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from assets.privacy.numbers import phones_of
from assets.queries import records
from orchestration.settings import Settings


def guests_of(connection: duckdb.DuckDBPyConnection, settings: Settings, customers: set[str]) -> set[str]:
    """Customers without any name who have an address that these customers have or had, and nobody with a name has."""
    if not customers:
        return set()
    listed = sorted(customers)
    own = records(
        connection,
        "select source, source_id, email, phone from intermediate.int_identity__records "
        "join intermediate.int_identity__persons using (record_id) where list_contains(?, customer_id)",
        [listed],
    )
    known = [*own, *other_versions(settings, own)]
    emails = {row["email"].strip().lower() for row in known if row["email"]}
    numbers = {number for row in known for number in phones_of(row["phone"])}
    found = records(
        connection,
        """
        with others as (
            select
                customer_id, records.email,
                ltrim(regexp_replace(records.phone, '[^0-9]', '', 'g'), '0') as number,
                bool_and(first_name_key is null and member_id is null) over (partition by customer_id) as is_nameless
            from intermediate.int_identity__records as records
            join intermediate.int_identity__persons using (record_id)
            where not list_contains($1, customer_id)
        )
        select * from others where list_contains($2, email) or list_contains($3, number)
        """,
        [listed, sorted(emails), sorted(numbers)],
    )
    of_others = {row[name] for row in found if not row["is_nameless"] for name in ("email", "number")}
    theirs = {row["customer_id"] for row in found if row["is_nameless"]}
    return theirs - {row["customer_id"] for row in found if {row["email"], row["number"]} & (of_others - {None})}


def other_versions(settings: Settings, own: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Addresses of earlier versions of their records, and what they wrote on their orders."""
    found: list[dict[str, Any]] = []
    for source, dataset, key, of in (
        ("club", "members", "member_id", "club"),
        ("webshop", "accounts", "account_id", "webshop"),
        ("webshop", "orders", "account_id", "webshop"),
        ("pos", "customers", "pos_customer_id", "pos"),
    ):
        ids = sorted({row["source_id"] for row in own if row["source"] == of})
        if ids:
            condition = f"list_contains(?, trim({key}))"
            found += raw_rows(settings.raw_dir / source / dataset, "email, phone", condition, [ids])
    return found


def raw_rows(folder: Path, columns: str, condition: str, values: list[Any]) -> list[dict[str, Any]]:
    """Distinct rows of a dataset's raw files; none where there are none."""
    files = sorted(str(path) for path in folder.glob("*.parquet"))
    if not files:
        return []
    with duckdb.connect() as connection:
        query = f"select distinct {columns} from read_parquet(?, union_by_name = true) where {condition}"
        return records(connection, query, [files, *values])
