"""Functions that dbt's statements may call on this program's connections: a plugin that profiles.yml names."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from dbt.adapters.duckdb.plugins import BasePlugin

from assets.identity.phones import read_number


class Plugin(BasePlugin):
    """dbt-duckdb calls it for every connection that it opens."""

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        register(conn)


def register(connection: duckdb.DuckDBPyConnection) -> None:
    """Define `read_foreign_phone(dialled, country)` and `fits_pattern(value, pattern)` for a connection."""
    connection.create_function(
        "read_foreign_phone",
        read_number,
        ["VARCHAR", "VARCHAR"],  # type: ignore[list-item]
        "STRUCT(phone VARCHAR, is_mobile BOOLEAN)",  # type: ignore[arg-type]
        null_handling="special",  # type: ignore[arg-type]  # the default forbids null as an answer
    )
    connection.create_function(
        "fits_pattern",
        fits_pattern,
        ["VARCHAR", "VARCHAR"],  # type: ignore[list-item]
        "BOOLEAN",  # type: ignore[arg-type]
        type="arrow",  # type: ignore[arg-type]
    )


def fits_pattern(values: pa.ChunkedArray, patterns: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whether a pattern (RE2) is found anywhere in each value, some thousand pairs at a time.

    DuckDB's own `regexp_matches` compiles a pattern that comes from a table anew for every row: sixteen times the CPU.
    """
    fits = pa.nulls(len(values), pa.bool_())
    for pattern in pc.unique(patterns):
        found = pc.match_substring_regex(values, pattern.as_py())
        fits = pc.if_else(pc.equal(patterns, pattern), found, fits)
    return fits
