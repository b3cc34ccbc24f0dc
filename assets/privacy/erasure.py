"""Carries out every request to be forgotten, everywhere. What stays: message ids, and keyed hashes that stop a return.

Each step may be repeated; a run that dies in the middle is finished by the next one, because the requests themselves go
last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date

from assets.audiences.lists import forget_in_lists
from assets.messaging.clock import clock_for
from assets.messaging.ledger_export import export_messages
from assets.messaging.ledger_guard import exports_of, open_ledger
from assets.messaging.spool import Spool
from assets.privacy.databases import forget_in_database
from assets.privacy.handed_off import (
    forget_in_batches,
    forget_in_previews,
    messages_of,
    stop_for_good,
    unname_in_ledger,
)
from assets.privacy.landed import forget_in_landing, forget_in_raw
from assets.privacy.person import find_forgotten
from assets.privacy.returns import erased_since
from orchestration.settings import Settings


@dataclass(frozen=True, slots=True)
class ErasureReport:
    """What was changed to forget people; numbers only."""

    n_customers: int = 0
    n_messages: int = 0
    n_batch_files: int = 0
    n_previews: int = 0
    n_landing_files: int = 0
    n_raw_files: int = 0
    n_warehouse_rows: int = 0
    n_published_rows: int = 0


Named = Mapping[str, str | None]


def pending(settings: Settings, run_date: date, named: Named | None = None) -> dict[str, int]:
    """Whom `erase` would forget: by how many keys of each kind they are known. Empty if there is nobody."""
    with open_ledger(settings) as outbox:
        forgotten = find_forgotten(settings, run_date, erased_since(outbox), named)
    names = [each.name for each in fields(forgotten) if each.name not in ("addresses", "new_customer_ids")]
    counts = {name: len(getattr(forgotten, name)) for name in names}
    return {name: n for name, n in counts.items() if n}


def erase(settings: Settings, run_date: date, named: Named | None = None) -> ErasureReport:
    """Forget everybody who asked by `run_date`, and whoever was delivered again since. Cheap if there is nobody.

    `named` (email, phone, member_id) adds somebody who has not asked through a delivery.
    """
    with open_ledger(settings) as outbox:
        forgotten = find_forgotten(settings, run_date, erased_since(outbox), named)
        if not forgotten:
            return ErasureReport()
        stop_for_good(settings, outbox, forgotten, run_date, clock_for(settings, run_date).now())
        ids = messages_of(outbox, forgotten)
        Spool(settings.spool_dir).forget(ids)
        n_batch_files = forget_in_batches(settings, outbox, ids)
        unname_in_ledger(outbox, forgotten)
        for path in exports_of(settings):
            export_messages(outbox.engine, path)
    n_previews = forget_in_previews(settings, forgotten)
    forget_in_lists(settings.audiences_dir, forgotten.emails)
    n_landing_files = forget_in_landing(settings, forgotten)
    n_warehouse = forget_in_database(settings, settings.warehouse_path, forgotten)
    n_published = forget_in_database(settings, settings.published_path, forgotten)
    return ErasureReport(
        n_customers=len(forgotten.customer_ids),
        n_messages=len(ids),
        n_batch_files=n_batch_files,
        n_previews=n_previews,
        n_landing_files=n_landing_files,
        n_warehouse_rows=n_warehouse,
        n_published_rows=n_published,
        n_raw_files=forget_in_raw(settings, forgotten),
    )
