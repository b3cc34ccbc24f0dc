"""Reads Parquet deliveries. Their columns have types already; impossible ones are refused by name."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from assets.landing.contract import ColumnType, Contract
from assets.landing.delivery import FileProblem, looks_like
from assets.landing.header import require_columns, unknown_columns
from assets.landing.rows import FileRows

RELATION = "parquet_rows"

# Which kinds of Arrow types a column of ours can be made from.
_NUMBERS = ("text", "integer", "float", "decimal", "null")
_ACCEPTED: Mapping[ColumnType, tuple[str, ...]] = {
    "text": _NUMBERS,
    "integer": _NUMBERS,
    "number": _NUMBERS,
    "money": _NUMBERS,
    "boolean": ("text", "boolean", "integer", "null"),
    "instant": ("text", "timestamp", "date", "null"),
    "day": ("text", "timestamp", "date", "null"),
    "days": ("text", "list", "null"),
    "json": ("text", "list", "null"),
}


def read_parquet(connection: duckdb.DuckDBPyConnection, data: bytes, contract: Contract) -> FileRows:
    """Leaves the good rows in the connection. Raises `FileProblem` when the file as a whole cannot be used."""
    if not data:
        raise FileProblem("is empty (0 bytes): the transfer was cut off; deliver it again")
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        names = list(file.schema_arrow.names)
        wanted = [name for name in contract.column_names if name in names]
        require_columns(contract, names, _misfits(contract, file.schema_arrow))
        table = file.read(columns=wanted)
        table.validate(full=True)
    except (pa.ArrowException, OSError) as error:
        kind = looks_like(data)
        hint = f" (it looks like {kind})" if kind and kind != "a Parquet file" else ""
        raise FileProblem(f"is no readable Parquet file{hint}; deliver it again") from error
    table = _plain(table).append_column("line", pa.array(range(1, table.num_rows + 1), pa.int32()))
    connection.register(RELATION, table)
    return FileRows(RELATION, tuple(wanted), table.num_rows, (), tuple(unknown_columns(contract, names)))


def _kind(kind: pa.DataType) -> str:
    if pa.types.is_dictionary(kind):
        return _kind(kind.value_type)
    checks = {
        "text": lambda t: pa.types.is_string(t) or pa.types.is_large_string(t) or pa.types.is_string_view(t),
        "integer": pa.types.is_integer,
        "float": pa.types.is_floating,
        "decimal": pa.types.is_decimal,
        "boolean": pa.types.is_boolean,
        "timestamp": pa.types.is_timestamp,
        "date": pa.types.is_date,
        "list": lambda t: pa.types.is_list(t) or pa.types.is_large_list(t),
        "struct": pa.types.is_struct,
        "null": pa.types.is_null,
    }
    return next((name for name, check in checks.items() if check(kind)), str(kind))


def _misfits(contract: Contract, schema: pa.Schema) -> list[str]:
    lines = []
    for column in contract.columns:
        if column.name not in schema.names or schema.names.count(column.name) > 1:
            continue
        kind = _kind(schema.field(column.name).type)
        if kind not in _ACCEPTED[column.type]:
            lines.append(f"the column {column.name!r} is of type {kind}; {column.type} was expected")
    return lines


def _plain(table: pa.Table) -> pa.Table:
    """Without dictionaries and columns of no type, which say nothing about the values."""
    for position, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(position, field.name, table[field.name].cast(field.type.value_type))
        elif pa.types.is_null(field.type):
            table = table.set_column(position, field.name, table[field.name].cast(pa.string()))
    return table
