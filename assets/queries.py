"""Rows of a DuckDB query as plain data. What is asked belongs to whoever asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

Row = dict[str, Any]


def records(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Any = None) -> list[Row]:
    """Each row as a dictionary by column name."""
    cursor = connection.execute(sql, parameters)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
