"""Looks for words in every file of a home: in its bytes, unpacked, and in the rows of Parquet and databases."""

from __future__ import annotations

import gzip
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
import zstandard


def places_of(home: Path, words: Iterable[str]) -> dict[str, list[str]]:
    """word → files (and tables) below `home` that hold it, in any case."""
    wanted = {word: word.lower().encode() for word in words}
    found: dict[str, list[str]] = {}
    for path in sorted(each for each in home.rglob("*") if each.is_file()):
        for place, content in _contents(path):
            lower = content.lower()
            for word, needle in wanted.items():
                if needle in lower:
                    found.setdefault(word, []).append(f"{path.relative_to(home)}{place}")
    return found


def _contents(path: Path) -> Iterator[tuple[str, bytes]]:
    raw = path.read_bytes()
    yield "", raw
    if path.suffix == ".gz":
        yield " (unpacked)", gzip.decompress(raw)
    elif path.suffix == ".zst":
        yield " (unpacked)", zstandard.ZstdDecompressor().decompressobj().decompress(raw)
    elif path.suffix == ".parquet":
        with duckdb.connect() as connection:
            yield " (rows)", _rows(connection, f"read_parquet('{path}')")
    elif path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as connection:
            for schema, table in connection.execute("select schema_name, table_name from duckdb_tables()").fetchall():
                yield f" ({schema}.{table})", _rows(connection, f'{schema}."{table}"')
    elif path.suffix == ".sqlite":
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as ledger:
            yield " (rows)", "\n".join(ledger.iterdump()).encode()


def _rows(connection: duckdb.DuckDBPyConnection, relation: str) -> bytes:
    lines = connection.execute(f"select cast(r as varchar) from (select r from {relation} as r)").fetchall()
    return "\n".join(line[0] or "" for line in lines).encode()
