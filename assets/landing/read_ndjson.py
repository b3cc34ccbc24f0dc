"""Reads JSON lines: one object per line, flattened to the contract's columns by their paths.

DuckDB's JSON reader does the work for all lines at once; only lines that are no objects are looked at one by one.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from assets.landing.contract import Column, Contract
from assets.landing.delivery import FileProblem, decoded
from assets.landing.header import require_columns, unknown_columns
from assets.landing.rows import BrokenRow, FileRows

RELATION = "flat_rows"

_MAX_LINE_BYTES = 1024**2

# Where a value may be a list or an object as it stands.
_NESTED_TYPES = ("json", "days")


def read_ndjson(connection: duckdb.DuckDBPyConnection, data: bytes, contract: Contract) -> FileRows:
    """Leaves the good rows in the connection. Raises `FileProblem` when the file as a whole cannot be used."""
    text = decoded(data)
    if text.lstrip()[:1] == "[":
        raise FileProblem("holds one JSON list; deliver one object per line instead")
    connection.register("json_lines", _lines(text))
    connection.execute(
        f"""
        create or replace temp table json_rows as
        select
            line, doc,
            case
                when strlen(doc) > {_MAX_LINE_BYTES} then 'field_too_long'
                when not json_valid(doc) then 'invalid_json'
                when doc like '%\\u0000%' then 'control_character'
            end as problem
        from json_lines
        """
    )
    connection.unregister("json_lines")
    connection.execute(
        "update json_rows set problem = 'invalid_json' where problem is null and json_type(doc) <> 'OBJECT'"
    )
    read = connection.sql("select count(*) from json_rows").fetchall()[0][0]
    broken = [
        BrokenRow(line, problem, _REASONS[problem])
        for line, problem in connection.sql(
            "select line, problem from json_rows where problem is not null order by line"
        ).fetchall()
    ]
    connection.execute("delete from json_rows where problem is not null")
    if read == len(broken):
        _flatten(connection, contract, contract.columns)
        return FileRows(RELATION, contract.column_names, read, tuple(broken))
    found, unknown = _found_columns(connection, contract)
    require_columns(contract, [*found, *unknown])
    columns = [column for column in contract.columns if column.name in found]
    _flatten(connection, contract, columns)
    nested = connection.sql(f"select line, nested from {RELATION} where nested is not null order by line").fetchall()
    broken += [BrokenRow(line, "nested_value", f"{name} holds a list or an object") for line, name in nested]
    connection.execute(f"delete from {RELATION} where nested is not null")
    unknown = unknown_columns(contract, unknown)
    return FileRows(RELATION, tuple(c.name for c in columns), read, tuple(broken), tuple(unknown))


_REASONS = {
    "invalid_json": "the line is no valid JSON object",
    "field_too_long": "the line is far too long",
    "control_character": "the line holds a NUL character",
}


def _lines(text: str) -> pa.Table:
    lines = pa.array(text.split("\n"), pa.large_string())
    numbers = pa.array(range(1, len(lines) + 1), pa.int32())
    table = pa.table({"line": numbers, "doc": pc.utf8_trim_whitespace(lines)})
    return table.filter(pc.not_equal(table["doc"], ""))


def _paths(column: Column) -> tuple[str, ...]:
    return column.paths or (column.name,)


def _pointer(path: str) -> str:
    return "$." + ".".join(f'"{part}"' for part in path.split("."))


def _containers(contract: Contract) -> list[str]:
    """Objects whose members are columns: their unknown members are reported like unknown columns."""
    prefixes = {path.rpartition(".")[0] for column in contract.columns for path in _paths(column)}
    plain = {path for column in contract.columns for path in _paths(column)}
    return sorted(prefixes - plain)


def _found_columns(
    connection: duckdb.DuckDBPyConnection, contract: Contract
) -> tuple[list[str], list[str]]:
    """The contract's columns that at least one line has (null or not), and members that nobody knows."""
    keys: set[str] = set()
    for container in _containers(contract):
        expression = f"json_keys(doc, '{_pointer(container)}')" if container else "json_keys(doc)"
        rows = connection.sql(f"select distinct unnest({expression}) from json_rows").fetchall()
        keys |= {f"{container}.{key}" if container else key for (key,) in rows}
    for path in {p for c in contract.columns for p in _paths(c)} - keys:
        if path.rpartition(".")[0] in _containers(contract):
            continue
        has = f"select count(*) from json_rows where json_type(doc, '{_pointer(path)}') is not null"
        if connection.sql(has).fetchall()[0][0]:
            keys.add(path)
    found = [c.name for c in contract.columns if keys & set(_paths(c))]
    known = {p for c in contract.columns for p in _paths(c)}
    parents = {p[: i] for p in known for i, char in enumerate(p) if char == "."}
    return found, sorted(keys - known - parents)


def _flatten(
    connection: duckdb.DuckDBPyConnection, contract: Contract, columns: Sequence[Column]
) -> None:
    """`flat_rows` from `json_rows`; `nested` names the first column with a list or an object for a plain value."""
    paths = list(dict.fromkeys(path for column in columns for path in _paths(column)))
    number = {path: position + 1 for position, path in enumerate(paths)}
    values, misfits = [], []
    for column in columns:
        numbers = [number[path] for path in _paths(column)]
        if column.type in _NESTED_TYPES:
            values.append(f'v[{numbers[0]}] as "{column.name}"')
            continue
        plain = [f"case when t[{n}] not in ('OBJECT', 'ARRAY') then v[{n}] end" for n in numbers]
        values.append(f'coalesce({", ".join(plain)}) as "{column.name}"')
        all_nested = " and ".join(f"coalesce(t[{n}] in ('OBJECT', 'ARRAY'), true)" for n in numbers)
        some_nested = " or ".join(f"coalesce(t[{n}] in ('OBJECT', 'ARRAY'), false)" for n in numbers)
        misfits.append(f"when {all_nested} and ({some_nested}) then '{column.name}'")
    pointers = "[" + ", ".join(f"'{_pointer(path)}'" for path in paths) + "]"
    connection.execute(
        f"""
        create or replace temp table {RELATION} as
        select line, case {" ".join(misfits)} end as nested, {", ".join(values)}
        from (
            select line, json_extract_string(doc, {pointers}) as v, json_type(doc, {pointers}) as t
            from json_rows
        )
        """
    )
