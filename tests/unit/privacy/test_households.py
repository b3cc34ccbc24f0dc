"""Whom forgetting somebody reaches: a household shares numbers and addresses, and only one of them asked."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from assets.messaging import keys
from assets.privacy.databases import forget_in_database
from assets.privacy.person import Forgotten, find_forgotten
from orchestration.settings import Settings

TODAY = date(2026, 11, 22)
HOME = "+4791234567"
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


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(home=tmp_path, secret_key="a key for tests, long enough to be taken")
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("create schema intermediate; set schema = 'intermediate'")
        connection.execute("create table int_customers__erased (customer_id varchar, erased_at timestamptz)")
        connection.execute("create table int_identity__persons (record_id varchar, customer_id varchar)")
        connection.execute("create table int_identity__aliases (past_customer_id varchar, customer_id varchar)")
        connection.execute("create table int_identity__anonymous_ids (anonymous_id varchar, customer_id varchar)")
        connection.execute(
            "create table int_identity__records (record_id varchar, source varchar, source_id varchar, "
            "member_id varchar, email varchar, phone varchar, delivered_email varchar, delivered_phone varchar)"
        )
        connection.execute(
            "create table int_identity__identifiers "
            "(record_id varchar, identifier_kind varchar, identifier_value varchar, is_blocked boolean)"
        )
        for record, customer, *known in PEOPLE:
            connection.execute("insert into int_identity__persons values (?, ?)", [record, customer])
            connection.execute(
                "insert into int_identity__records values ($1, split_part($1, ':', 1), split_part($1, ':', 2), "
                "$2, $3, $4, $3, $4)",
                [record, *known],
            )
            for kind, value in zip(("member_id", "email", "phone"), known, strict=True):
                if value:
                    row = [record, kind, value, value.startswith("kunde@")]
                    connection.execute("insert into int_identity__identifiers values (?, ?, ?, ?)", row)
    return settings


def forget(settings: Settings, **named: str) -> Forgotten:
    return find_forgotten(settings, TODAY, frozenset(), named)


def found_next_day(settings: Settings, forgotten: Forgotten) -> frozenset[str]:
    """Whom the suppression list recognises, while the sources still deliver everybody."""
    secret = settings.require_secret_key()
    listed = frozenset((kind, keys.address_key(secret, kind, value)) for kind, value in forgotten.addresses)
    return find_forgotten(settings, TODAY, listed).customer_ids


def test_forgetting_one_of_a_household_never_forgets_the_others(settings: Settings) -> None:
    """Astrid did not ask. A number on the list of the erased would forget her the next day, for good."""
    forgotten = forget(settings, member_id="M1")
    assert forgotten.customer_ids == {"turid"}
    assert ("sms", HOME) not in forgotten.addresses
    assert found_next_day(settings, forgotten) == {"turid"}


def test_what_is_the_persons_own_still_stops_every_message(settings: Settings) -> None:
    """Only what others have as well may stay open; everything else is closed for good."""
    assert forget(settings, member_id="M1").addresses >= {
        ("email", "turid@mail.example"),
        ("sms", "+4799887766"),
        ("member_id", "M1"),
    }


def test_the_address_that_an_account_had_before_is_forgotten_with_it(settings: Settings) -> None:
    """Older sales bear the address that the account had then: it must not stay because the account has another now."""
    folder = settings.raw_dir / "webshop" / "accounts"
    folder.mkdir(parents=True)
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute(
            "copy (from (values ('K1', 'Turid@Former.example', '40 11 22 33'), ('K1', 'turid@mail.example', null), "
            f"('K2', 'other@former.example', null)) as t(account_id, email, phone)) to '{folder}/2026-11-01.parquet'"
        )
        connection.execute("create table int_purchases__orders (order_id varchar, email varchar, phone varchar)")
        connection.execute(
            "insert into int_purchases__orders values ('webshop:1', 'turid@former.example', null), "
            "('webshop:2', null, '+4740112233'), ('webshop:3', 'other@former.example', null)"
        )
    assert forget_in_database(settings, settings.warehouse_path, forget(settings, member_id="M1"))
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        kept = connection.execute("from int_purchases__orders order by order_id").fetchall()
    assert kept == [("webshop:1", None, None), ("webshop:2", None, None), ("webshop:3", "other@former.example", None)]


def test_somebody_who_has_nothing_of_their_own_is_recognised_by_the_record(settings: Settings) -> None:
    """Ola is known by the household's number alone: his record must not bring him back, nor the number the others."""
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("insert into intermediate.int_customers__erased values ('ola', now())")
    forgotten = find_forgotten(settings, TODAY, frozenset())
    assert forgotten.customer_ids == {"ola"}
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("delete from intermediate.int_customers__erased")
    assert found_next_day(settings, forgotten) == {"ola"}


def test_an_address_that_identifies_nobody_names_nobody(settings: Settings) -> None:
    """The till's own address stands on many records; one request that gives it may not take them all along."""
    assert forget(settings, email="kunde@mail.example").customer_ids == set()
