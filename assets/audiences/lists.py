"""Writes a day's lists, what left each since the delivery before, and the manifest that says they are whole.

`audiences/<day>/<list>.csv` is the whole list, `<list>.removals.csv` who must be taken off, `manifest.json` comes last.
The lists of the day before are kept, as a day that is run again needs them; older ones go, so that nobody who left is
remembered longer than it takes to say so.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from orchestration.files import write_atomically

MANIFEST = "manifest.json"
NEWSLETTER = "newsletter_exclusions"
_KEPT_DAYS = 2

Rows = Sequence[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class List:
    """One list: its rows, of which the first `n_keys` columns name somebody and the others say something about them."""

    name: str
    header: tuple[str, ...]
    rows: Rows
    n_keys: int


@dataclass(frozen=True, slots=True)
class Written:
    """What one list came to, in numbers."""

    name: str
    n_members: int
    n_removals: int


def write_lists(folder: Path, day: date, lists: Iterable[List], facts: dict[str, Any]) -> list[Written]:
    """Write all lists of a day. The same lists after the same day before give the same bytes."""
    target = folder / day.isoformat()
    target.mkdir(parents=True, exist_ok=True)
    # Whoever collects must not meet an old manifest over new lists.
    (target / MANIFEST).unlink(missing_ok=True)
    before = previous_delivery(folder, day)
    done, entries = [], []
    for one in lists:
        gone = removals(_read(before / f"{one.name}.csv") if before else [], one.rows, one.n_keys)
        entry: dict[str, Any] = {"list": one.name}
        for kind, header, rows in (("members", one.header, one.rows), ("removals", one.header[: one.n_keys], gone)):
            suffix = ".removals.csv" if kind == "removals" else ".csv"
            entry[kind] = _put(target / f"{one.name}{suffix}", header, rows)
        entries.append(entry)
        done.append(Written(one.name, len(one.rows), len(gone)))
    manifest = {"run_date": day.isoformat(), "previous": before.name if before else None, **facts, "lists": entries}
    _put_bytes(target / MANIFEST, _json(manifest))
    _forget_old(folder, day)
    return done


def removals(before: Rows, now: Rows, n_keys: int) -> list[tuple[str, ...]]:
    """Identifiers that were on the list and are not any more, one a row.

    By identifier, not by person: whoever takes back the number only must stay on the list by e-mail.
    """
    gone = []
    for column in range(n_keys):
        left = {row[column] for row in before} - {row[column] for row in now} - {""}
        gone += [tuple(value if at == column else "" for at in range(n_keys)) for value in sorted(left)]
    return gone


def previous_delivery(folder: Path, day: date) -> Path | None:
    """The newest whole delivery before a day."""
    whole = (path.parent for path in folder.glob(f"*/{MANIFEST}") if path.parent.name < day.isoformat())
    return max(whole, default=None)


def forget_in_lists(folder: Path, emails: Collection[str]) -> int:
    """Take erased people out of the one list that holds addresses in the clear. Returns how many files changed.

    Hashed lists lose them with the next run, which has to tell the platforms whom to remove.
    """
    n = 0
    for path in sorted(folder.glob(f"*/{NEWSLETTER}*.csv")):
        rows = _read(path)
        kept = [row for row in rows if row[0].lower() not in emails]
        if len(kept) < len(rows):
            header = tuple(next(csv.reader(path.open(encoding="utf-8"))))
            _renew(path.parent / MANIFEST, _put(path, header, kept))
            n += 1
    return n


def _renew(manifest: Path, entry: dict[str, Any]) -> None:
    if not manifest.exists():
        return
    said = json.loads(manifest.read_text(encoding="utf-8"))
    for one in said["lists"]:
        for kind in ("members", "removals"):
            if one[kind]["file"] == entry["file"]:
                one[kind] = entry
    _put_bytes(manifest, _json(said))


def _forget_old(folder: Path, day: date) -> None:
    days = sorted(path.name for path in folder.iterdir() if path.is_dir() and path.name <= day.isoformat())
    for name in days[:-_KEPT_DAYS]:
        shutil.rmtree(folder / name)


def _read(path: Path) -> list[tuple[str, ...]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [tuple(row) for row in csv.reader(file)][1:]


def _put(path: Path, header: tuple[str, ...], rows: Rows) -> dict[str, Any]:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    content = text.getvalue().encode()
    _put_bytes(path, content)
    sha256 = hashlib.sha256(content).hexdigest()
    return {"file": path.name, "rows": len(rows), "bytes": len(content), "sha256": sha256}


def _put_bytes(path: Path, content: bytes) -> None:
    write_atomically(path, lambda target: target.write_bytes(content))
    path.chmod(0o640)


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"
