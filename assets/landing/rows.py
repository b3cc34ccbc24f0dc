"""What every reader hands over: the rows of one file as a relation of the connection, and what could not be split.

The relation has `line` (where the row begins in the file) and those of the contract's columns that were delivered,
as text or typed as they came.
"""

from __future__ import annotations

from dataclasses import dataclass, field

# A field longer than this is a mistake (usually a quote that never closes), not a value.
MAX_FIELD_BYTES = 131_072


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row that could not even be split into fields. Holds no value: it cannot be known whose data it is."""

    line: int
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class FileRows:
    """The outcome of reading one file; its good rows stand in `relation` until the next file is read."""

    relation: str
    columns: tuple[str, ...]
    n_rows_read: int
    broken: tuple[BrokenRow, ...] = ()
    unknown_columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())
