"""Leaves single deliveries in the landing folder, for the parts of the product that are sources themselves.

A file appears whole and on disk or not at all, and is never changed: many processes may drop at once. What it says is
landed like any other delivery, by the next run.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from orchestration.files import write_atomically


def ndjson(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """One line a row, instants in ISO."""
    return b"".join(_line(row) for row in rows)


def drop(landing_dir: Path, dataset: str, received_on: date, name: str, content: bytes) -> Path:
    """Write `<dataset>/<received_on>/<name>.ndjson` once; a file of that name that is there already stays.

    Returns when the content and its name are on disk. Raises `OSError`.
    """
    folder = landing_dir / dataset / received_on.isoformat()
    path = folder / f"{name}.ndjson"
    if not path.exists():
        write_atomically(path, lambda partial: partial.write_bytes(content), only_for_owner=True)
    return path


def _line(row: Mapping[str, Any]) -> bytes:
    plain = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
