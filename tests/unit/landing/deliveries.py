"""Datasets that tests of landing deliver, and what lies in a folder afterwards."""

from __future__ import annotations

from pathlib import Path

ORDERS = "webshop/orders"
CONSENTS = "consent/events"


def files_below(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
