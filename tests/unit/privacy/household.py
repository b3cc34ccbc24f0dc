"""A household in a warehouse of its own, as erasure looks at it; three people live under one number.

The mailbox of an address is written beside it by hand, as identity would have found it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration.settings import Settings

KNOWN_SINCE, ERASED_AT = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 11, 22, 20, tzinfo=UTC)
HOME = "+4791234567"
FORMS = Settings().dbt_dir / "seeds" / "identity_normal_forms.csv"
# record, customer, member id, e-mail, phone; Turid, Astrid and Ola live under one number.
PEOPLE = (
    ("club:M1", "turid", "M1", "turid@mail.example", HOME),
    ("webshop:K1", "turid", None, "turid@mail.example", "+4799887766"),
    ("club:M2", "astrid", "M2", "astrid@mail.example", HOME),
    ("webshop:K2", "astrid", None, "astrid@mail.example", "+4745454545"),
    ("pos:P3", "ola", None, None, HOME),
    ("pos:P4", "till", None, "kunde@mail.example", None),
    ("pos:P5", "other till", None, "kunde@mail.example", None),
)

NAMES = ("turid", "astrid", "ola")


def add(
    connection: duckdb.DuckDBPyConnection,
    record: str,
    customer: str,
    member_id: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    updated_at: datetime = KNOWN_SINCE,
    mailbox: str | None = None,
) -> None:
    connection.execute("insert into intermediate.int_identity__persons values (?, ?)", [record, customer])
    connection.execute(
        "insert into intermediate.int_identity__records values ($1, split_part($1, ':', 1), split_part($1, ':', 2), "
        "$2, $3, $4, $3, $4, $5)",
        [record, member_id, email, phone, customer if customer in NAMES else None],
    )
    for kind, value in (("member_id", member_id), ("email", email), ("phone", phone)):
        if value:
            link_value = (mailbox if kind == "email" else None) or value
            row = [record, kind, value, link_value, value.startswith("kunde@"), updated_at]
            connection.execute("insert into intermediate.int_identity__identifiers values (?, ?, ?, ?, ?, ?)", row)


def build(home: Path) -> Settings:
    settings = Settings(home=home, secret_key="a key for tests, long enough to be taken")
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("create schema seeds")
        connection.execute(
            f"create table seeds.identity_normal_forms as from read_csv('{FORMS}', header = true, all_varchar = true)"
        )
        connection.execute("create schema intermediate; set schema = 'intermediate'")
        connection.execute("create table int_customers__erased (customer_id varchar, erased_at timestamptz)")
        connection.execute("create table int_identity__persons (record_id varchar, customer_id varchar)")
        connection.execute("create table int_identity__aliases (past_customer_id varchar, customer_id varchar)")
        connection.execute("create table int_identity__anonymous_ids (anonymous_id varchar, customer_id varchar)")
        connection.execute(
            "create table int_identity__records (record_id varchar, source varchar, source_id varchar, "
            "member_id varchar, email varchar, phone varchar, delivered_email varchar, delivered_phone varchar, "
            "first_name_key varchar)"
        )
        connection.execute(
            "create table int_identity__identifiers "
            "(record_id varchar, identifier_kind varchar, identifier_value varchar, link_value varchar, "
            "is_blocked boolean, updated_at timestamptz)"
        )
        for record, customer, *known in PEOPLE:
            add(connection, record, customer, *known)
    return settings
