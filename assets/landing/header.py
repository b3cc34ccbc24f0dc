"""Compares the columns of a delivery with its contract, and says every difference in words.

Names that were found are quoted only where the delivery clearly has a header: without one its first row would
be taken for names, and people's data would stand in an error message.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from assets.landing.contract import Contract
from assets.landing.delivery import FileProblem

_LOOKS_LIKE_A_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_ .-]{0,39}")


def unknown_columns(contract: Contract, found: Sequence[str]) -> list[str]:
    """Columns that no contract knows: left out, and reported (by number where the name could be a value)."""
    known = set(contract.column_names)
    return [
        name if _LOOKS_LIKE_A_NAME.fullmatch(name) else f"(column {position})"
        for position, name in enumerate(found, start=1)
        if name not in known
    ]


def fits(contract: Contract, found: Sequence[str]) -> bool:
    return not missing_columns(contract, found)


def missing_columns(contract: Contract, found: Sequence[str]) -> list[str]:
    """Mandatory columns that are not there; of alternatives, the group as `a or b`."""
    missing = [c.name for c in contract.columns if c.mandatory and c.name not in found]
    missing += [" or ".join(group) for group in contract.one_of if not set(group) & set(found)]
    return missing


def require_columns(contract: Contract, found: Sequence[str], more: Sequence[str] = ()) -> None:
    """Raises `FileProblem` with one line per mismatch when the delivery cannot be used."""
    lines = list(more)
    known = set(contract.column_names)
    unknown = [name for name in found if name not in known]
    missing = missing_columns(contract, found)
    is_header = len(found) > len(unknown)
    for name in missing:
        near = difflib.get_close_matches(name.lower(), [u.lower() for u in unknown], n=1, cutoff=0.7)
        original = next((u for u in unknown if near and u.lower() == near[0]), None)
        hint = f"; the delivery has {original!r}, is that the same?" if original and is_header else ""
        lines.append(f"the mandatory column {name!r} is missing{hint}")
    for name in sorted({n for n in found if list(found).count(n) > 1 and n in known}):
        lines.append(f"the column {name!r} stands there more than once")
    if not lines:
        return
    if missing and is_header and unknown:
        lines.append(f"unknown columns: {', '.join(unknown_columns(contract, found))}")
    elif missing and not is_header:
        lines.append(f"none of its {len(found)} column names is known: is the header line missing?")
    if missing:
        lines.append(f"expected columns: {', '.join(contract.column_names)}")
    raise FileProblem(*lines)
