"""Reads delimited text: comma, semicolon or tab, whichever makes the header match the contract.

Clean files take a fast way (Arrow's parser). Anything unusual – quotes, blank lines, ragged rows – takes the careful
way, which knows the line of every row and puts single broken rows aside.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

import duckdb
import pyarrow as pa
import pyarrow.csv as pacsv

from assets.landing.contract import Contract
from assets.landing.delivery import FileProblem, decoded
from assets.landing.header import missing_columns, require_columns, unknown_columns
from assets.landing.rows import MAX_FIELD_BYTES, BrokenRow, FileRows

RELATION = "csv_rows"

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}

_BATCH = 50_000
_MAX_MALFORMED = 10_000


def read_csv(connection: duckdb.DuckDBPyConnection, data: bytes, contract: Contract) -> FileRows:
    """Leaves the good rows in the connection. Raises `FileProblem` when the file as a whole cannot be used."""
    text = decoded(data)
    if not text.strip():
        raise FileProblem("is empty: even a delivery without rows has a header line; deliver it again")
    header_line = next(line for line in io.StringIO(text, newline="") if line.strip())
    delimiter, header = header_of(header_line, contract)
    require_columns(contract, header)
    taken = [(i, name) for i, name in enumerate(header) if name in contract.column_names]
    names = tuple(name for _, name in taken)
    notes = () if delimiter == "," else (f"fields are separated by {DELIMITERS[delimiter]}",)
    unknown = tuple(unknown_columns(contract, header))

    broken: list[BrokenRow] = []
    is_header_first = text.startswith(header_line)
    table = _read_fast(data, delimiter, len(header), taken) if is_header_first else None
    if table is None:
        table = _read_carefully(text, delimiter, len(header), taken, broken)
    connection.register(RELATION, table)
    return FileRows(RELATION, names, table.num_rows + len(broken), tuple(broken), unknown, notes)


def header_of(line: str, contract: Contract) -> tuple[str, list[str]]:
    """(delimiter, names) of a header line. Raises `FileProblem` where no delimiter makes a header of it."""
    candidates: list[tuple[str, list[str]]] = []
    for delimiter in DELIMITERS:
        try:
            fields = next(csv.reader([line], delimiter=delimiter))
        except csv.Error:
            continue
        candidates.append((delimiter, [name.strip() for name in fields]))
    if not candidates:
        raise FileProblem("has a first line that is no header; deliver it with its column names in the first line")
    return min(
        candidates,
        key=lambda c: (len(missing_columns(contract, c[1])), -len(set(c[1]) & set(contract.column_names))),
    )


def _read_fast(data: bytes, delimiter: str, width: int, taken: Sequence[tuple[int, str]]) -> pa.Table | None:
    """The rows, or None when the file is not of the plain kind whose line numbers simply count up."""
    unusual = (b'"', b"\0", b"\n\n", b"\n\r\n")
    if any(sign in data for sign in unusual) or data.count(b"\r") != data.count(b"\r\n"):
        return None
    every = [str(i) for i in range(width)]
    try:
        table = pacsv.read_csv(
            pa.BufferReader(data),
            read_options=pacsv.ReadOptions(column_names=every, skip_rows=1, block_size=_CHUNK_BYTES),
            parse_options=pacsv.ParseOptions(
                delimiter=delimiter, quote_char=False, double_quote=False, ignore_empty_lines=False
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(every, pa.string()),
                include_columns=[str(i) for i, _ in taken],
                strings_can_be_null=False,
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    table = table.rename_columns([name for _, name in taken])
    lines = pa.array(range(2, table.num_rows + 2), type=pa.int32())
    return table.append_column("line", lines)


_CHUNK_BYTES = 8 * 1024**2


def _read_carefully(
    text: str, delimiter: str, width: int, taken: Sequence[tuple[int, str]], broken: list[BrokenRow]
) -> pa.Table:
    schema = pa.schema([*((name, pa.string()) for _, name in taken), ("line", pa.int32())])
    batches: list[pa.RecordBatch] = []
    columns: list[list[str]] = [[] for _ in taken]
    at: list[int] = []

    def close_batch() -> None:
        arrays = [pa.array(values, pa.string()) for values in columns]
        batches.append(pa.RecordBatch.from_arrays([*arrays, pa.array(at, pa.int32())], schema=schema))
        at.clear()
        for values in columns:
            values.clear()

    for line, fields in _records(text, delimiter, broken):
        if len(fields) != width:
            if any(field.strip() for field in fields):
                reason = f"the row has {len(fields)} fields, the header {width}"
                broken.append(BrokenRow(line, "field_count", reason))
            continue
        for values, (position, _) in zip(columns, taken, strict=True):
            values.append(fields[position])
        at.append(line)
        if len(at) >= _BATCH:
            close_batch()
    close_batch()
    broken.sort(key=lambda row: row.line)
    return pa.Table.from_batches(batches, schema=schema)


def _records(text: str, delimiter: str, broken: list[BrokenRow]) -> Iterator[tuple[int, list[str]]]:
    """(line, fields) of every record after the header; one that cannot be split costs one line, no more."""
    csv.field_size_limit(MAX_FIELD_BYTES)
    lines = list(io.StringIO(text, newline=""))
    position = next(i for i, line in enumerate(lines) if line.strip()) + 1
    n_malformed = 0
    while position < len(lines):
        reader = csv.reader(map(lines.__getitem__, range(position, len(lines))), delimiter=delimiter, strict=True)
        used = 0
        try:
            for fields in reader:
                line, used = position + used + 1, reader.line_num
                if fields:
                    yield line, fields
            return
        except csv.Error as error:
            n_malformed += 1
            if n_malformed > _MAX_MALFORMED:
                raise FileProblem(
                    f"has more than {_MAX_MALFORMED} rows with broken quotes; inside quotes, quotes are doubled"
                ) from error
            position += used + 1
            reason = "a quoted field does not end as it should, or a field is far too long"
            broken.append(BrokenRow(position, "malformed_row", reason))
