"""Finished messages that wait for their instant of sending: one file a batch, readable by its owner only.

The bytes that were approved are the bytes that leave, whatever happens to templates meanwhile. The files hold
addresses, so they go as soon as their batch is done, and with the day that it was decided for at the latest.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from pathlib import Path

from assets.messaging import keys
from assets.messaging.batches import Batch
from assets.messaging.channels.messages import Letter
from orchestration.files import write_atomically

_ZONES = "timezones.json"


class SpoolDamaged(RuntimeError):
    """The file of a batch is missing, torn, or not what was approved; the message names the batch only."""


class Spool:
    """A directory of batches: `<run_date>/<batch_id>.zip`, each message found without reading the others."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, batch: Batch) -> None:
        """Put a batch there, flushed to disk, unless it is there already: its name says what it holds."""
        path = self._path(batch.run_date, batch.batch_id)
        if not path.exists():
            _write(path, _entries(batch))

    def read(self, run_date: date, batch_id: str, message_ids: Collection[str]) -> list[Letter]:
        """These messages of a batch, each with the hash of its bytes as they lie there; forgotten ones are left out.

        Raises `SpoolDamaged`.
        """
        try:
            with zipfile.ZipFile(self._path(run_date, batch_id)) as archive:
                names = set(archive.namelist())
                zones = json.loads(archive.read(_ZONES))
                there = [message_id for message_id in message_ids if message_id in zones]
                return [_letter(archive, names, zones[message_id], message_id) for message_id in there]
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise SpoolDamaged(f"the spool of {batch_id} cannot be read: {type(error).__name__}") from error

    def forget(self, message_ids: Collection[str]) -> int:
        """Take these messages out of every batch; what is left keeps its bytes. Returns how many there were."""
        n = 0
        for run_date, batch_id in self.batches():
            path = self._path(run_date, batch_id)
            with zipfile.ZipFile(path) as archive:
                zones = json.loads(archive.read(_ZONES))
                gone = set(zones) & set(message_ids)
                if not gone:
                    continue
                kept = {name: archive.read(name) for name in archive.namelist() if name.partition(".")[0] not in gone}
            kept[_ZONES] = json.dumps({i: zone for i, zone in zones.items() if i not in gone}).encode()
            _write(path, kept.items())
            n += len(gone)
        return n

    def remove(self, run_date: date, batch_id: str) -> None:
        path = self._path(run_date, batch_id)
        path.unlink(missing_ok=True)
        if path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()

    def batches(self) -> list[tuple[date, str]]:
        """(run_date, batch_id) of everything that lies there."""
        return [
            (date.fromisoformat(path.parent.name), path.stem)
            for path in sorted(self._root.glob("*/*.zip"))
            if not path.name.startswith(".")
        ]

    def _path(self, run_date: date, batch_id: str) -> Path:
        return self._root / run_date.isoformat() / f"{batch_id}.zip"


def _write(path: Path, entries: Iterable[tuple[str, bytes]]) -> None:
    def pack(partial: Path) -> None:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, content in entries:
                archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 1)

    write_atomically(path, pack, only_for_owner=True)


def _entries(batch: Batch) -> Iterator[tuple[str, bytes]]:
    for member in batch.members:
        yield f"{member.message_id}.json", member.index
        if batch.format == "eml":
            yield f"{member.message_id}.eml", member.content
    yield _ZONES, json.dumps({member.message_id: member.timezone for member in batch.members}).encode()


def _letter(archive: zipfile.ZipFile, names: set[str], timezone: str, message_id: str) -> Letter:
    index = archive.read(f"{message_id}.json")
    mime = archive.read(f"{message_id}.eml") if f"{message_id}.eml" in names else None
    return Letter(message_id, json.loads(index), mime, keys.request_hash(index + (mime or b"")), timezone)
