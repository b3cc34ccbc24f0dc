"""How long addresses and texts lie about after the hand-off: files of batches and previews, then they go.

The ledger keeps every message for good, by id and keyed hash: "exactly once" and the contact policy rest on it.
Manifests stay as well: they name nobody, and are the proof of what left (`ledger_guard`). Templates and cards show no
person. Files that were put elsewhere (`FREDNING_FILES_TO`) belong to whoever collects them, and so does their end.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import sqlalchemy as sa

from assets.messaging.ledger import batches, messages
from assets.messaging.outbox import Outbox
from assets.messaging.states import LEASED, State
from orchestration.settings import Settings

# What a file may still have to prove (LEASED, UNKNOWN), or show to the person who decides (QUARANTINED).
IN_DOUBT = LEASED | {State.UNKNOWN, State.QUARANTINED}


@dataclass(slots=True)
class Removed:
    """What went, in numbers; `n_kept_in_doubt` are old files that a message in doubt still needs."""

    n_batch_files: int = 0
    n_preview_days: int = 0
    n_kept_in_doubt: int = 0


def remove_old_files(settings: Settings, outbox: Outbox, run_date: date) -> Removed:
    """Remove what is of a day more than `settings.keep_days` before this one.

    Counted from the run's own day, so that a replay of an old day leaves that day's files alone. Safe to repeat.
    """
    done = Removed()
    first_kept = run_date - timedelta(days=settings.keep_days)
    for day, folder in _days_before(settings.outbox_dir, first_kept):
        # Only manifests are left of a day that was dealt with before.
        if any(path.is_dir() for path in folder.iterdir()):
            _remove_batches(settings, outbox, day, done)
    for previews in (settings.previews_dir, settings.seed_previews_dir):
        for _day, folder in _days_before(previews, first_kept):
            shutil.rmtree(folder)
            done.n_preview_days += 1
    return done


def _remove_batches(settings: Settings, outbox: Outbox, day: date, done: Removed) -> None:
    doubtful = sa.select(messages.c.batch_id).where(messages.c.state.in_(IN_DOUBT), messages.c.batch_id.is_not(None))
    of_the_day = sa.select(batches.c.file, batches.c.batch_id.in_(doubtful)).where(
        batches.c.run_date == day, batches.c.file.is_not(None)
    )
    with outbox.transaction() as tx:
        found = tx.execute(of_the_day).all()
    for file, is_in_doubt in found:
        path = settings.outbox_dir / file
        if not path.exists():
            continue
        if is_in_doubt:
            done.n_kept_in_doubt += 1
            continue
        path.unlink()
        done.n_batch_files += 1
        if not any(path.parent.iterdir()):
            path.parent.rmdir()


def _days_before(folder: Path, first_kept: date) -> Iterator[tuple[date, Path]]:
    """Folders that are named by a day before this one, oldest first; whatever else lies there is nobody's business."""
    for path in sorted(folder.glob("????-??-??")):
        try:
            day = date.fromisoformat(path.name)
        except ValueError:
            continue
        if day < first_kept and path.is_dir():
            yield day, path
