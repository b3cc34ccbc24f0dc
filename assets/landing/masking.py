"""Shows enough of a broken value to find the mistake, and too little to recognise a person. Cannot be undone."""

from __future__ import annotations

import re

from assets.landing.contract import Contract

_MAX_SHOWN = 60


def masked(contract: Contract, column: str, value: str | None) -> str | None:
    """The value as it may stand in rejects, logs and reports.

    Personal columns keep their first character at most. In a dataset that holds personal data every other value is
    shown by its shape (letters as a, digits as 9), since a row whose fields have slipped carries names in any
    column. Datasets without people show the value, unless it holds an @ all the same.
    """
    if value is None:
        return None
    if "@" in value:
        return f"{_first(value)}***@***"
    declared = {c.name: c for c in contract.columns}
    if column in declared and declared[column].personal:
        return shape(value) if declared[column].type in ("day", "days") else f"{_first(value)}***"
    if contract.holds_personal_data:
        return shape(value)
    return _shortened(value)


def shape(value: str) -> str:
    """'Kari 31.12' becomes 'Aaaa 99.99': what kind of characters stand where."""
    letters = re.sub(r"[^\W\d_]", lambda match: "A" if match[0].isupper() else "a", value)
    return _shortened(re.sub(r"\d", "9", letters))


def _first(value: str) -> str:
    return value[:1] if value[:1].isalnum() else ""


def _shortened(value: str) -> str:
    printable = "".join(char if char.isprintable() else "·" for char in value)
    return printable if len(printable) <= _MAX_SHOWN else printable[: _MAX_SHOWN - 1] + "…"
