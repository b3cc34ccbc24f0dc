"""Refuses to start on a ledger that has forgotten something: missing, replaced, or restored from a backup.

A ledger that does not know what was handed off would hand it off again, so this stops instead of repairing.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow.parquet as pq
import sqlalchemy as sa

from assets.messaging import key_change, ledger
from assets.messaging.ledger import batches, meta, transitions
from assets.messaging.ledger_export import EPOCH_KEY, SEQUENCE_KEY
from assets.messaging.manifest import SUFFIX
from assets.messaging.outbox import Outbox
from orchestration.settings import Settings

REMEDY = (
    "Put the newest copy of the ledger back. If there is none, stop all runs and workers and look at what "
    "`fredning outbox rebuild` would make of the hand-off files, exports, decisions and provider events: a new ledger "
    "in which all that may have been sent counts as sent. Nothing leaves until then."
)


class LedgerRefused(RuntimeError):
    """The ledger may not be used; the message lists why and ends with what to do."""


def exports_of(settings: Settings) -> tuple[Path, ...]:
    """The ledger's exports, the newest of which it must not be older than."""
    return tuple(settings.raw_dir / "outbox" / name / "current.parquet" for name in ("contact_log", "messages"))


def open_ledger(settings: Settings, *, path_or_url: Path | str | None = None, may_lack_keys: bool = False) -> Outbox:
    """Open the installation's ledger, or begin it where there was none. Raises `LedgerRefused`.

    Only with `may_lack_keys` one whose hashes were made with a key that is not known any more.
    """
    outbox = Outbox(path_or_url or settings.ledger_url or settings.ledger_path)
    problems = problems_of(outbox.engine, settings)
    if problems:
        outbox.close()
        listed = "\n".join(f"- {problem}" for problem in problems)
        raise LedgerRefused(f"The outbox ledger cannot be used:\n{listed}\n{REMEDY}")
    outbox.create()
    unknown = key_change.unknown_keys(settings, outbox)
    if unknown and not may_lack_keys:
        outbox.close()
        raise LedgerRefused(key_change.refusal(unknown))
    return outbox


def problems_of(engine: sa.Engine, settings: Settings) -> list[str]:
    """What shows that this ledger has forgotten something."""
    manifests = {path.name.removesuffix(SUFFIX) for path in settings.outbox_dir.glob(f"*/*{SUFFIX}")}
    exports = {path: _facts(path) for path in exports_of(settings) if path.exists()}
    if not ledger.exists(engine):
        found = [f"{len(manifests)} manifests in the outbox"] if manifests else []
        found += [f"the export {path.parent.name}" for path, facts in exports.items() if facts]
        return [f"it is missing, although there is {' and '.join(found)}"] if found else []

    with engine.begin() as tx:
        row = tx.execute(sa.select(meta.c.epoch, meta.c.schema_version)).one()
        sequence = tx.execute(sa.select(sa.func.max(transitions.c.seq))).scalar() or 0
        handed_off = set(tx.execute(sa.select(batches.c.batch_id).where(batches.c.manifest.is_not(None))).scalars())
    problems = []
    if row.schema_version != ledger.SCHEMA_VERSION:
        problems.append(f"its schema is version {row.schema_version}, this is {ledger.SCHEMA_VERSION}")
    unknown = sorted(manifests - handed_off)
    if unknown:
        problems.append(f"it does not know {len(unknown)} batches of the outbox: {_some(unknown)}")
    for path, facts in exports.items():
        if facts and facts[0] != row.epoch:
            problems.append(f"the export {path.parent.name} was made by another ledger")
        elif facts and facts[1] > sequence:
            problems.append(f"it is older than its own export {path.parent.name}")
    return problems


def _facts(path: Path) -> tuple[str, int] | None:
    """Epoch and log number of an export; None for one without messages."""
    file = pq.ParquetFile(path)
    metadata = file.metadata.metadata or {}
    if file.metadata.num_rows == 0 or EPOCH_KEY not in metadata:
        return None
    return metadata[EPOCH_KEY].decode(), int(metadata[SEQUENCE_KEY])


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed[:5]) + (f" and {len(listed) - 5} more" if len(listed) > 5 else "")
