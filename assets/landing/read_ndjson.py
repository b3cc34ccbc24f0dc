"""Reads JSON lines: one object per line, flattened to the contract's columns by their paths.

DuckDB's JSON functions do the work for all lines at once; each of them parses every line, so there are few of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from assets.landing.contract import Column, Contract
from assets.landing.delivery import FileProblem, decoded
from assets.landing.header import require_columns, unknown_columns
from assets.landing.rows import BrokenRow, FileRows

RELATION = "flat_rows"

_MAX_LINE_BYTES = 1024**2

# Where a value may be a list or an object as it stands.
_NESTED_TYPES = ("json", "days")

_REASONS = {
    "invalid_json": "the line is no valid JSON object",
    "field_too_long": "the line is far too long",
    "control_character": "the line holds a NUL character",
}


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
                when json_type(doc) <> 'OBJECT' then 'invalid_json'
                when contains(doc, '\\u0000') then 'control_character'
            end as problem
        from json_lines
        where trim(doc, ' \t\r') <> ''
        """
    )
    connection.unregister("json_lines")
    n_read, n_broken = connection.sql("select count(*), count(problem) from json_rows").fetchall()[0]
    broken: list[BrokenRow] = []
    if n_broken:
        found = connection.sql("select line, problem from json_rows where problem is not null order by line").fetchall()
        broken = [BrokenRow(line, problem, _REASONS[problem]) for line, problem in found]
        connection.execute("delete from json_rows where problem is not null")
    paths = list(dict.fromkeys(path for column in contract.columns for path in _paths(column)))
    connection.execute(
        f"""
        create or replace temp table json_values as
        select line, json_extract_string(doc, {_pointers(paths)}) as v, json_type(doc, {_pointers(paths)}) as t
        from json_rows
        """
    )
    columns: Sequence[Column] = contract.columns
    unknown: list[str] = []
    if n_read > n_broken:
        given = _given_paths(connection, paths)
        columns = [c for c in contract.columns if given & set(_paths(c))]
        members = _unknown_members(connection, paths)
        require_columns(contract, [*(c.name for c in columns), *members])
        unknown = unknown_columns(contract, members)
    broken += _flatten(connection, columns, {path: n for n, path in enumerate(paths, start=1)})
    connection.execute("drop table json_rows; drop table json_values")
    return FileRows(RELATION, tuple(c.name for c in columns), n_read, tuple(broken), tuple(unknown))


def _lines(text: str) -> pa.Table:
    lines = pa.array(text.split("\n"), pa.large_string())
    return pa.table({"line": pa.array(range(1, len(lines) + 1), pa.int32()), "doc": lines})


def _paths(column: Column) -> tuple[str, ...]:
    return column.paths or (column.name,)


def _pointers(paths: Sequence[str]) -> str:
    """As a SQL list; the empty path is the whole line."""
    pointers = ("".join(f'."{part}"' for part in path.split(".") if part) for path in paths)
    return "[" + ", ".join(f"'${pointer}'" for pointer in pointers) + "]"


def _given_paths(connection: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> set[str]:
    """Paths that at least one line has, be it with null."""
    checks = ", ".join(f"bool_or(t[{n}] is not null)" for n in range(1, len(paths) + 1))
    given = connection.sql(f"select {checks} from json_values").fetchall()[0]
    return {path for path, is_given in zip(paths, given, strict=True) if is_given}


def _unknown_members(connection: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> list[str]:
    """Members that no column is made from, of the line itself and of the objects that hold columns."""
    containers = sorted({path.rpartition(".")[0] for path in paths} - set(paths))
    found = connection.sql(f"select distinct json_keys(doc, {_pointers(containers)}) from json_rows").fetchall()
    members = {
        f"{container}.{key}" if container else key
        for (lists,) in found
        for container, keys in zip(containers, lists, strict=True)
        for key in keys or ()
    }
    parents = {path[:at] for path in paths for at, char in enumerate(path) if char == "."}
    return sorted(members - set(paths) - parents)


def _flatten(
    connection: duckdb.DuckDBPyConnection, columns: Sequence[Column], number: dict[str, int]
) -> list[BrokenRow]:
    """Makes the rows; returns those with a list or an object where a plain value belongs."""
    values, misfits = [], []
    for column in columns:
        numbers = [number[path] for path in _paths(column)]
        if column.type in _NESTED_TYPES:
            values.append(f'v[{numbers[0]}] as "{column.name}"')
            continue
        nested = [f"coalesce(t[{n}] in ('OBJECT', 'ARRAY'), false)" for n in numbers]
        plain = [f"case when not {check} then v[{n}] end" for n, check in zip(numbers, nested, strict=True)]
        values.append(f'coalesce({", ".join(plain)}) as "{column.name}"')
        is_absent = " and ".join(f"coalesce({p}) is null" for p in plain)
        misfits.append(f"when ({' or '.join(nested)}) and {is_absent} then '{column.name}'")
    connection.execute(
        f"""
        create or replace temp table {RELATION} as
        select line, case {" ".join(misfits)} end as nested, {", ".join(values)}
        from json_values
        """
    )
    found = connection.sql(f"select line, nested from {RELATION} where nested is not null order by line").fetchall()
    if found:
        connection.execute(f"delete from {RELATION} where nested is not null")
    return [BrokenRow(line, "nested_value", f"{name} holds a list or an object") for line, name in found]
