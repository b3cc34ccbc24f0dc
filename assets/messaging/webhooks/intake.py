"""Takes verified events in: the ledger obeys at once, and the warehouse finds them as a delivery of provider/events."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from assets.messaging.outbox import Outbox
from assets.messaging.provider_events import EventReport, apply_provider_events
from orchestration.settings import Settings


def take_in(settings: Settings, outbox: Outbox, rows: Sequence[dict[str, Any]], received_on: date) -> EventReport:
    """Suppress and move at once, then leave the rows for landing. Twice the same, in any order, changes nothing.

    Returns only when both are done: a provider that gets an error delivers again.
    """
    if not rows:
        return EventReport()
    report = apply_provider_events(outbox, settings.require_secret_key(), rows)
    deliver(settings.landing_dir, rows, received_on)
    return report


def deliver(landing_dir: Path, rows: Sequence[dict[str, Any]], received_on: date) -> Path:
    """Write the rows as one delivery, named by its content: the same call twice is the same file."""
    content = b"".join(_line(row) for row in sorted(rows, key=lambda row: row["event_id"]))
    folder = landing_dir / "provider" / "events" / received_on.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"webhook-{hashlib.sha256(content).hexdigest()[:24]}.ndjson"
    if not path.exists():
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    return path


def _line(row: dict[str, Any]) -> bytes:
    plain = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
