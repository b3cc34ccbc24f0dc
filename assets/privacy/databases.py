"""Erased people in the warehouse and in the published copy: their rows go, sales stay as nobody's.

A deleted row stays in a DuckDB file until its block is used again, so the file is written anew and swapped in whole:
readers keep the one they opened. The next run builds from raw files that do not know the person any more.
"""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

from assets.privacy.person import Forgotten
from assets.privacy.texts import in_text, pattern_in_sql
from orchestration.settings import Settings

# Sales without their buyer are what the accounts need and what figures of past periods rest on.
SALES = frozenset({"fct_orders", "fct_order_lines", "int_purchases__orders", "int_purchases__lines"})
_EMAILS = frozenset({"email", "delivered_email", "mailbox", "traits_email"})
_PHONES = frozenset({"phone", "delivered_phone"})
_ADDRESSES = frozenset({"address", "identifier_value", "link_value", "delivered_value"})
_ORDERS = frozenset({"webshop_order_id"})
# Links and what was searched for: an address may stand in them.
_TEXTS = frozenset({"url", "page", "query"})
# Words that are names because a record bears them: no row says whose they are.
_NAMES, _RECORDS = ("intermediate", "int_identity__known_names"), ("intermediate", "int_identity__records")


def forget_in_database(settings: Settings, path: Path, forgotten: Forgotten) -> int:
    """Remove erased people from every table of a DuckDB file. Returns the number of rows removed or unnamed."""
    if not path.exists():
        return 0
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)
    try:
        with duckdb.connect() as connection:
            connection.execute("set timezone = 'UTC'")
            connection.execute("set preserve_insertion_order = false")
            # Views of the warehouse name their files relative to the home.
            connection.execute(f"set file_search_path = '{_quoted(settings.home)}'")
            connection.execute(f"attach '{_quoted(path)}' as old")
            tables = _tables(connection)
            n = sum(_forget_in_table(connection, *table, forgotten) for table in tables)
            if n and {_NAMES, _RECORDS} <= set(tables):
                _forget_names(connection, tables)
            # Comments of the published copy describe its tables; those of the warehouse are dbt's notes.
            if n and path == settings.warehouse_path:
                _build_whole_next(connection, tables)
            connection.execute(f"attach '{_quoted(temporary)}' as new")
            connection.execute("copy from database old to new")
            connection.execute("detach old; detach new")
        temporary.replace(path)
        path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
    finally:
        temporary.unlink(missing_ok=True)
    return n


def _tables(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'old' order by 1, 2"
    ).fetchall()


def _build_whole_next(connection: duckdb.DuckDBPyConnection, tables: list[tuple[str, str]]) -> None:
    """Rows that went are in nobody's list of affected keys: no table may be carried forward from them.

    Without the note that dbt left on it, a table is built from the raw files (dbt_project/macros/carried.sql).
    """
    for schema, table in tables:
        connection.execute(f'comment on table old.{schema}."{table}" is null')


def _forget_in_table(connection: duckdb.DuckDBPyConnection, schema: str, table: str, forgotten: Forgotten) -> int:
    name = f'old.{schema}."{table}"'
    columns = [row[0] for row in connection.execute(f"describe {name}").fetchall() if row[1] == "VARCHAR"]
    wanted_in = {column: values for column in columns if (values := _wanted(column, forgotten))}
    texts = [column for column in columns if column in _TEXTS and forgotten.emails]
    if not (wanted_in or texts):
        return 0
    parts = [f"coalesce(list_contains(?, {_compared(column)}), false)" for column in wanted_in]
    conditions = " or ".join([*parts, *(in_text(f'"{column}"') for column in texts)])
    parameters: list[list[str] | str] = [sorted(wanted) for wanted in wanted_in.values()]
    parameters += [pattern_in_sql(forgotten.emails)] * len(texts)
    if table in SALES:
        nothing = ", ".join(f'"{column}" = null' for column in wanted_in)
        done = connection.execute(f"update {name} set {nothing} where {conditions}", parameters).fetchone()
    else:
        done = connection.execute(f"delete from {name} where {conditions}", parameters).fetchone()
    return int(done[0]) if done else 0


def _forget_names(connection: duckdb.DuckDBPyConnection, tables: list[tuple[str, str]]) -> None:
    """Names that nobody bears whose records are left; and what the last run found changed among all of them."""
    names, records = (f"old.{schema}.{table}" for schema, table in (_NAMES, _RECORDS))
    connection.execute(
        f"create temp table borne as select distinct "
        f"unnest([given_name_key, first_name_key, last_name_key]) as word from {records}"
    )
    connection.execute(
        f"delete from {names} where word not in (select word from borne where word is not null) "
        "or first_name_key not in (select word from borne where word is not null)"
    )
    connection.execute("drop table borne")
    if ("main", f"{_NAMES[1]}__affected") in tables:
        connection.execute(f"delete from old.main.{_NAMES[1]}__affected")


def _wanted(column: str, forgotten: Forgotten) -> frozenset[str]:
    """The values of a column by which its row is an erased person's."""
    # What a compared table leaves of the run before has the columns' names with this before them.
    column = column.removeprefix("previous_")
    if column.endswith("customer_id"):
        return forgotten.customer_ids | forgotten.pos_customer_ids
    if column.endswith("record_id"):
        return forgotten.record_ids
    if column == "member_id":
        return forgotten.member_ids
    if column == "account_id":
        return forgotten.account_ids
    if column == "user_id":
        return forgotten.account_ids | forgotten.member_ids
    if column == "request_id":
        return forgotten.request_ids
    if column == "anonymous_id":
        return forgotten.anonymous_ids
    if column in _EMAILS:
        return forgotten.emails
    if column in _PHONES:
        return forgotten.phones
    if column in _ORDERS:
        return forgotten.order_ids
    if column in _ADDRESSES:
        return forgotten.emails | _numbers(forgotten) | forgotten.member_ids
    return frozenset()


def _numbers(forgotten: Forgotten) -> frozenset[str]:
    return forgotten.phones | {f"+{number}" for number in forgotten.phones}


def _compared(column: str) -> str:
    if column in _PHONES:
        # As in raw files: staging holds numbers as they were written.
        return f"""ltrim(regexp_replace("{column}", '[^0-9]', '', 'g'), '0')"""
    return f'lower(trim("{column}"))' if column in _EMAILS else f'trim("{column}")'


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
