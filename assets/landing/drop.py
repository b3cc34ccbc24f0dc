"""Leaves single deliveries in the landing folder, for the parts of the product that are sources themselves.

A file appears whole and on disk or not at all, and is never changed: many processes may drop at once. What it says is
landed like any other delivery, by the next run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any


def ndjson(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """One line a row, instants in ISO."""
    return b"".join(_line(row) for row in rows)


def drop(landing_dir: Path, dataset: str, received_on: date, name: str, content: bytes) -> Path:
    """Write `<dataset>/<received_on>/<name>.ndjson` once; a file of that name that is there already stays.

    Returns when the content and its name are on disk. Raises `OSError`.
    """
    folder = landing_dir / dataset / received_on.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.ndjson"
    if path.exists():
        return path
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    _sync(folder)
    return path


def _sync(folder: Path) -> None:
    # Without this the name may be lost with the power, although the content is on disk.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _line(row: Mapping[str, Any]) -> bytes:
    plain = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
