"""Long lists in pieces that one statement of either database may have as parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

# Well below what SQLite and Postgres allow in one statement.
CHUNK = 2_000

Item = TypeVar("Item")


def chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    listed = list(items)
    for start in range(0, len(listed), CHUNK):
        yield listed[start : start + CHUNK]
