"""Functions that dbt's statements may call on this program's connections: a plugin that profiles.yml names."""

from __future__ import annotations

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from assets.identity.phones import read_number


class Plugin(BasePlugin):
    """dbt-duckdb calls it for every connection that it opens."""

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        register(conn)


def register(connection: duckdb.DuckDBPyConnection) -> None:
    """Define `read_foreign_phone(dialled, country)` for a connection and its cursors."""
    connection.create_function(
        "read_foreign_phone",
        read_number,
        ["VARCHAR", "VARCHAR"],  # type: ignore[list-item]
        "STRUCT(phone VARCHAR, is_mobile BOOLEAN)",  # type: ignore[arg-type]
        null_handling="special",  # type: ignore[arg-type]  # the default forbids null as an answer
    )
