"""Which column of a delivered record holds what: the same columns that landing takes, by header or path. Pure.

An id may be as short as 17, and as a word it would be somebody else's house number: only its column tells.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from assets.landing.contract import Contract
from assets.landing.delivery import FileProblem
from assets.landing.header import fits
from assets.landing.read_csv import header_of

# A field as the contract names it (None where it does not) and its text → the text that is to stand there instead.
Change = Callable[[str | None, str], str]


@dataclass(frozen=True, slots=True)
class Csv:
    """Records under a header line."""

    delimiter: str
    header: tuple[str, ...]

    def changed(self, record: str, change: Change) -> str | None:
        """The record with every field changed; None if it is no record under this header."""
        try:
            rows = list(csv.reader(io.StringIO(record, newline=""), delimiter=self.delimiter, strict=True))
        except csv.Error:
            return None
        if len(rows) != 1 or len(rows[0]) != len(self.header):
            return None
        fields = [change(name, text) for name, text in zip(self.header, rows[0], strict=True)]
        if fields == rows[0]:
            return record
        ending = record[len(record.rstrip("\r\n")) :]
        written = io.StringIO(newline="")
        csv.writer(written, delimiter=self.delimiter, lineterminator=ending).writerow(fields)
        return written.getvalue()


@dataclass(frozen=True, slots=True)
class Ndjson:
    """One object a line; `name_of` says which column a path is."""

    name_of: Mapping[str, str]

    def changed(self, record: str, change: Change) -> str | None:
        """The record with every plain value changed; None if it is no object."""
        try:
            document = json.loads(record)
        except ValueError:
            return None
        if not isinstance(document, dict):
            return None
        if not (differs := list(self._differences(document, "", change))):
            return record
        for container, key, text in differs:
            container[key] = text
        return json.dumps(document, ensure_ascii=False) + record[len(record.rstrip("\r\n")) :]

    def _differences(self, container: Any, path: str, change: Change) -> Iterator[tuple[Any, Any, str]]:
        items = container.items() if isinstance(container, dict) else enumerate(container)
        for key, value in items:
            # Members of a list stand where the list stands.
            place = f"{path}.{key}".lstrip(".") if isinstance(container, dict) else path
            if isinstance(value, dict | list):
                yield from self._differences(value, place, change)
            elif isinstance(value, str | int | float) and not isinstance(value, bool):
                text = change(self.name_of.get(place), str(value))
                if text != str(value):
                    yield container, key, text


def fields_of(name: str, content: bytes, contract: Contract) -> Csv | Ndjson | None:
    """How the records of a delivered file are read; None if landing could not read it either."""
    if ".ndjson" in name:
        return Ndjson({path: column.name for column in contract.columns for path in (column.paths or (column.name,))})
    text = content.decode(errors="surrogateescape").removeprefix("\ufeff")
    line = next((line for line in io.StringIO(text, newline="") if line.strip()), "")
    try:
        delimiter, header = header_of(line, contract)
    except FileProblem:
        return None
    return Csv(delimiter, tuple(header)) if fits(contract, header) else None
