"""Columns of text: each distinct value made into words once, and pieces put together into records.

Knows Arrow and JSON, nothing of messages. Null means "not here": a record with a null piece is null.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Any

import jinja2
import orjson
import pyarrow as pa
import pyarrow.compute as pc

# Printable ASCII that JSON writes as it is.
PLAIN = r"[ !#-\[\]-~]*"
# Stands in no JSON text.
SEPARATOR = "\x1f"

# What making words of one value may fail with: that value's messages are written alone, where somebody is told.
_REFUSALS = (KeyError, TypeError, ValueError, AttributeError, jinja2.UndefinedError)


def json_text(value: Any, default: Callable[[Any], Any] | None = None) -> str:
    if type(value) is str:  # most are, and need nothing of what follows
        return orjson.dumps(value).decode()
    return orjson.dumps(value, default, orjson.OPT_PASSTHROUGH_SUBCLASS).decode()


def column(table: pa.Table, name: str) -> pa.Array:
    """A column in one piece."""
    chunked = table[name].combine_chunks()
    return chunked.combine_chunks() if isinstance(chunked, pa.ChunkedArray) else chunked


def struct(table: pa.Table, name: str, child: str) -> pa.Array:
    """One part of a column of structs."""
    return pc.struct_field(column(table, name), child)


def constant(value: str, n: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, pa.string()), n)


def nothing(n: int) -> pa.Array:
    return pa.nulls(n, pa.string())


def per_distinct(values: pa.Array, make: Callable[[Any], str]) -> pa.Array:
    """`make` of each value, asked once for each distinct one; null for null, and for what it refuses."""
    encoded = values.dictionary_encode()
    made = [_made(make, value) for value in encoded.dictionary.to_pylist()]
    return pa.array(made, pa.string()).take(encoded.indices)


def _made(make: Callable[[Any], str], value: Any) -> str | None:
    try:
        return make(value)
    except _REFUSALS:
        return None


def quoted(texts: pa.Array, pattern: str, absent: str | None = None) -> pa.Array:
    """Texts of these characters alone as JSON; null for others, `absent` for null."""
    fits = pc.match_substring_regex(texts, f"^(?:{pattern})$")
    written = joined(['"', pc.if_else(fits, texts, None), '"'])
    return written if absent is None else pc.if_else(pc.is_null(texts), absent, written)


def joined(pieces: Sequence[pa.Array | str]) -> pa.Array:
    """The pieces of each row one after the other; at least one of them is a column."""
    scalars = [pa.scalar(piece, pa.string()) if isinstance(piece, str) else piece for piece in pieces]
    return pc.binary_join_element_wise(*scalars, pa.scalar("", pa.string()), null_handling="emit_null")


def keyed(texts: Sequence[pa.Array], n: int) -> pa.Array:
    """Several columns as one, by which rows that are equal in all of them are told."""
    if not texts:
        return constant("", n)
    return pc.binary_join_element_wise(*texts, pa.scalar(SEPARATOR, pa.string()), null_handling="emit_null")


def at_most(lists: pa.Array, n: int) -> pa.Array:
    """Lists cut to their first n."""
    longest = pc.max(pc.list_value_length(lists)).as_py() or 0
    return pc.list_slice(lists, 0, n) if longest > n else lists


def list_text(lists: pa.Array, make: Callable[[str], str]) -> pa.Array:
    """Each list's values as `per_distinct` makes them, separated by commas; null for a list that holds a null."""
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_pylist()
    offsets = pa.array(accumulate(lengths, initial=0), pa.int32())
    return pc.binary_join(pa.ListArray.from_arrays(offsets, per_distinct(lists.flatten(), make)), ",")


def split_by(table: pa.Table, names: Sequence[str]) -> Iterator[pa.Table]:
    """The rows that are equal in these columns, kind by kind, in their order."""
    texts = [pc.fill_null(column(table, name).cast(pa.string()), "\x1e") for name in names]
    kinds = keyed(texts, table.num_rows).dictionary_encode()
    if len(kinds.dictionary) == 1:
        yield table
        return
    for kind in range(len(kinds.dictionary)):
        yield table.filter(pc.equal(kinds.indices, kind))
