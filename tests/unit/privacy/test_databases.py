"""What erasing does to the tables of a warehouse, seen from those that staging copies from raw files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from assets.privacy.databases import forget_in_database
from assets.privacy.person import Forgotten
from orchestration.settings import Settings

NOTE = "2026-11-22 project deliveries 2026-11-21"


@contextmanager
def opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(path)) as connection:
        yield connection


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with opened(path) as connection:
        connection.execute("create schema staging")
        connection.execute(
            "create table staging.stg_webshop__orders as from (values "
            "('w1', 'a1', null, '912 34 567'), ('w2', null, null, '+47 (0) 912 34 567'), ('w3', null, null, null), "
            "('w4', 'a4', 'other@mail.example', '99 88 77 66')) as t(webshop_order_id, account_id, email, phone)"
        )
        connection.execute(f"comment on table staging.stg_webshop__orders is '{NOTE}'")
    return path


def forget(warehouse: Path, forgotten: Forgotten) -> tuple[list[str], list[str | None]]:
    """Order ids that stay, and the notes of all tables."""
    home = warehouse.parent if warehouse.parent.name != "published" else warehouse.parent.parent
    forget_in_database(Settings(home=home), warehouse, forgotten)
    with opened(warehouse) as connection:
        kept = connection.execute("select webshop_order_id from staging.stg_webshop__orders order by 1").fetchall()
        notes = connection.execute("select comment from duckdb_tables()").fetchall()
    return [row[0] for row in kept], [row[0] for row in notes]


def test_numbers_go_however_they_were_written_and_guests_by_their_orders(warehouse: Path) -> None:
    """Staging holds what was delivered: a number with spaces is still somebody's number."""
    phones = frozenset({"91234567", "4791234567", "47091234567"})
    kept, _ = forget(warehouse, Forgotten(phones=phones, order_ids=frozenset({"w3"})))
    assert kept == ["w4"]


def test_no_table_is_carried_forward_from_rows_that_were_taken_out(warehouse: Path) -> None:
    """They are in no list of affected keys, so only the raw files can say what the table should hold."""
    assert forget(warehouse, Forgotten(order_ids=frozenset({"w3"})))[1] == [None]


def test_what_tables_remember_of_the_run_before_goes_as_well(warehouse: Path) -> None:
    """Keys of changed rows are left with what the rows were: an address that somebody no longer has is still theirs."""
    with opened(warehouse) as connection:
        connection.execute(
            "create table main.fct_consent_events__affected as from (values "
            "('e1', 'gone@mail.example', null), ('e2', null, 'a1'), ('e3', 'other@mail.example', 'a4')) "
            "as t(event_id, previous_address, previous_account_id)"
        )
    forget(warehouse, Forgotten(emails=frozenset({"gone@mail.example"}), account_ids=frozenset({"a1"})))
    with opened(warehouse) as connection:
        kept = connection.execute("select event_id from main.fct_consent_events__affected").fetchall()
    assert kept == [("e3",)]


def test_where_nobody_was_found_tables_stay_as_they_are(warehouse: Path) -> None:
    """A request of a stranger must not cost a whole build."""
    assert forget(warehouse, Forgotten(order_ids=frozenset({"unknown"})))[1] == [NOTE]


def test_the_published_tables_keep_their_descriptions(warehouse: Path) -> None:
    """There a comment is what analysts read."""
    published = Settings(home=warehouse.parent).published_path
    published.parent.mkdir(parents=True)
    warehouse.rename(published)
    assert forget(published, Forgotten(order_ids=frozenset({"w3"})))[1] == [NOTE]


def test_a_name_that_nobody_else_bears_goes_with_its_record(warehouse: Path) -> None:
    """Which words are names is kept for the reading of addresses, without a word of whose they are."""
    names = "intermediate.int_identity__known_names"
    with opened(warehouse) as connection:
        connection.execute("create schema intermediate")
        connection.execute(
            "create table intermediate.int_identity__records as from (values "
            "('webshop:1', 'turidlill', 'turid', 'proeve'), ('webshop:2', 'astrid', 'astrid', 'proeve'), "
            "('webshop:3', null, null, null)) as t(record_id, given_name_key, first_name_key, last_name_key)"
        )
        connection.execute(
            f"create table {names} as from (values ('turidlill', 'turid', false), ('astrid', 'astrid', false), "
            "('proeve', null, true)) as t(word, first_name_key, is_family_name)"
        )
        connection.execute(
            "create table main.int_identity__known_names__affected as "
            "select 'turidlill' as word, 'turid' as previous_first_name_key, false as previous_is_family_name"
        )
    forget(warehouse, Forgotten(record_ids=frozenset({"webshop:1"})))
    with opened(warehouse) as connection:
        assert connection.execute(f"select word from {names} order by 1").fetchall() == [("astrid",), ("proeve",)]
        assert connection.execute("from main.int_identity__known_names__affected").fetchall() == []
