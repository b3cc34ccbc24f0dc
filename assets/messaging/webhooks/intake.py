"""Takes verified events in: the ledger obeys at once, and the warehouse finds them as a delivery of provider/events."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from assets.landing.drop import drop, ndjson
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
    content = ndjson(sorted(rows, key=lambda row: str(row["event_id"])))
    name = f"webhook-{hashlib.sha256(content).hexdigest()[:24]}"
    return drop(landing_dir, "provider/events", received_on, name, content)
