"""Erased people in delivered files: rows about them go, rows of sales stay without them.

Raw files are rewritten by what their columns say. Delivered files are text of the source system's making, rejected rows
included: a record that names an erased person goes as a whole, or loses the name where it is a sale.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import zstandard

from assets.files import write_atomically
from assets.privacy.person import Forgotten
from orchestration.settings import Settings

# dataset → columns by which a row is somebody's, and what kind of value each holds.
PERSONAL: dict[str, dict[str, str]] = {
    "club/members": {"member_id": "member_ids", "email": "emails", "phone": "phones"},
    "webshop/accounts": {"account_id": "account_ids", "member_id": "member_ids", "email": "emails", "phone": "phones"},
    "pos/customers": {
        "pos_customer_id": "pos_customer_ids",
        "member_id": "member_ids",
        "email": "emails",
        "phone": "phones",
    },
    "tracker/events": {
        "userId": "account_ids+member_ids",
        "traits_email": "emails",
        "anonymousId": "anonymous_ids",
    },
    "consent/events": {"address": "emails+phones"},
    "consent/preferences": {"address": "emails+phones"},
    "provider/events": {"address": "emails+phones"},
    "service/cases": {"email": "emails", "phone": "phones", "member_id": "member_ids", "order_id": "order_ids"},
    "loyalty/benefits": {"member_id": "member_ids"},
    "privacy/erasures": {"email": "emails", "phone": "phones", "member_id": "member_ids"},
}
# Sales stay, as nobody's: these columns become null.
SALES: dict[str, dict[str, str]] = {
    "webshop/orders": {"account_id": "account_ids", "email": "emails", "phone": "phones", "order_id": "order_ids"},
    "pos/receipts": {"pos_customer_id": "pos_customer_ids", "member_id": "member_ids"},
}
KEPT_KEYS = {"order_id"}


def forget_in_raw(settings: Settings, forgotten: Forgotten) -> int:
    """Rewrite every raw file that holds an erased person. Returns how many."""
    n = 0
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("set timezone = 'UTC'")
        for dataset in (*PERSONAL, *SALES):
            paths = sorted((settings.raw_dir / dataset).glob("*.parquet"))
            n += len(_forget_in_tables(connection, paths, dataset, forgotten))
    return n


def forget_in_landing(settings: Settings, forgotten: Forgotten) -> int:
    """Rewrite every delivered file that names an erased person, and tell the landing's manifest its new hash."""
    n = 0
    names = _names(forgotten)
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("set timezone = 'UTC'")
        for dataset in (*PERSONAL, *SALES):
            for folder in sorted((settings.landing_dir / dataset).glob("*/")):
                paths = sorted(path for path in folder.iterdir() if path.is_file())
                tables = [path for path in paths if path.suffix == ".parquet"]
                changed = _forget_in_tables(connection, tables, dataset, forgotten)
                changed += [path for path in paths if path not in tables and _forget_in_text(path, names, dataset)]
                if changed:
                    _renew_manifest(settings.raw_dir / dataset / f"{folder.name}.manifest.json", changed)
                n += len(changed)
    return n


def _condition(columns: Mapping[str, str], present: set[str], forgotten: Forgotten) -> tuple[str, list[list[str]]]:
    """SQL over the columns that a file has, and its parameters."""
    parts: list[str] = []
    values: list[list[str]] = []
    for column, kinds in columns.items():
        for kind in kinds.split("+") if column in present else ():
            if not (wanted := sorted(getattr(forgotten, kind))):
                continue
            text = f'trim(cast("{column}" as varchar))'
            if kind == "emails":
                text = f"lower({text})"
            elif kind == "phones":
                text = f"ltrim(regexp_replace({text}, '[^0-9]', '', 'g'), '0')"
            elif kind == "member_ids":
                text = f"upper({text})"
                wanted = [each.upper() for each in wanted]
            parts.append(f"coalesce(list_contains(?, {text}), false)")
            values.append(wanted)
    return " or ".join(parts) or "false", values


def _forget_in_tables(
    connection: duckdb.DuckDBPyConnection, paths: Sequence[Path], dataset: str, forgotten: Forgotten
) -> list[Path]:
    """The Parquet files among `paths` that held an erased person, rewritten without."""
    if not paths:
        return []
    columns = PERSONAL.get(dataset) or SALES[dataset]
    files = [str(path) for path in paths]
    source = "read_parquet(?, union_by_name = true, filename = true)"
    present = {row[0] for row in connection.execute(f"describe select * from {source}", [files]).fetchall()}
    condition, values = _condition(columns, present, forgotten)
    found = connection.execute(f"select distinct filename from {source} where {condition}", [files, *values]).fetchall()
    changed = sorted(Path(row[0]) for row in found)
    for path in changed:
        one = f"read_parquet('{path}')"
        own = {row[0] for row in connection.execute(f"describe select * from {one}").fetchall()}
        condition, values = _condition(columns, own, forgotten)
        connection.execute(
            f"create or replace temp table kept as select *, {condition} as is_theirs from {one}", values
        )
        if dataset in PERSONAL:
            connection.execute("delete from kept where is_theirs")
        else:
            blanked = [column for column in columns if column in own and column not in KEPT_KEYS]
            nothing = ", ".join(f'"{column}" = null' for column in blanked)
            connection.execute(f"update kept set {nothing} where is_theirs")
        write_atomically(path, lambda target: connection.execute(f"{_COPY} to '{target}' (format parquet, codec zstd)"))
    return changed


_COPY = "copy (select * exclude (is_theirs) from kept)"


@dataclass(frozen=True, slots=True)
class Names:
    """What names erased people in text. `words` and `numbers` tell cheaply where the exact `pattern` is worth a try."""

    words: tuple[bytes, ...]
    numbers: tuple[bytes, ...]
    pattern: re.Pattern[bytes]

    def in_text(self, content: bytes) -> bool:
        lower = content.lower()
        if any(word in lower for word in self.words):
            return True
        digits = lower.translate(None, _SEPARATORS)
        return any(number in digits for number in self.numbers)


_SEPARATORS = b" ().-/"
_BETWEEN = r"[ ().\-/]*"


def _names(forgotten: Forgotten) -> Names | None:
    """In any case and spelling, but not inside a longer id."""
    ids = forgotten.member_ids | forgotten.account_ids | forgotten.pos_customer_ids | forgotten.anonymous_ids
    words = sorted({*ids, *forgotten.emails})
    numbers = sorted(forgotten.phones)
    parts = [rf"(?<![\w.+\-@]){re.escape(word)}(?![\w@])" for word in words]
    parts += [rf"(?<!\d)(?:\+|00?)?{_BETWEEN.join(number)}(?!\d)" for number in numbers]
    if not parts:
        return None
    return Names(
        tuple(word.lower().encode() for word in words),
        tuple(number.encode() for number in numbers),
        re.compile("|".join(parts).encode(), re.IGNORECASE),
    )


def _forget_in_text(path: Path, names: Names | None, dataset: str) -> bool:
    packed = path.read_bytes()
    try:
        content = _unpacked(path, packed)
    except (OSError, EOFError, zstandard.ZstdError):
        # What cannot be read was refused at landing; nobody can tell what is in it, so it may not stay.
        path.unlink()
        return True
    if names is None or not names.in_text(content):
        return False
    kept = b"".join(
        _without(record, names.pattern, dataset in SALES) if names.in_text(record) else record
        for record in _records(content)
    )
    if kept == content:
        return False
    write_atomically(path, lambda target: target.write_bytes(_packed(path, kept)))
    return True


def _without(record: bytes, pattern: re.Pattern[bytes], is_sale: bool) -> bytes:
    """Nothing, or the sale without whoever bought: its own number stays, everything like an address goes."""
    if not pattern.search(record):
        return record
    if not is_sale:
        return b""
    record = re.sub(rb"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+", b"", record)
    return pattern.sub(b"", record)


def _records(content: bytes) -> Iterator[bytes]:
    """Lines; a quoted field may hold line breaks, so a record goes on until its quotes are closed."""
    record = b""
    for line in content.splitlines(keepends=True):
        record += line
        if record.count(b'"') % 2 == 0:
            yield record
            record = b""
    if record:
        yield record


def _unpacked(path: Path, packed: bytes) -> bytes:
    if path.suffix == ".gz":
        return gzip.decompress(packed)
    if path.suffix == ".zst":
        return zstandard.ZstdDecompressor().decompressobj().decompress(packed)
    return packed


def _packed(path: Path, content: bytes) -> bytes:
    if path.suffix == ".gz":
        return gzip.compress(content, mtime=0)
    return zstandard.ZstdCompressor().compress(content) if path.suffix == ".zst" else content


def _renew_manifest(manifest: Path, changed: Sequence[Path]) -> None:
    """Landing compares hashes: without this it would take the day for a new delivery."""
    if not manifest.exists():
        return
    path_of = {path.name: path for path in changed}
    report: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
    for file in report["report"]["files"]:
        path = path_of.get(file["name"])
        if path is None or not path.exists():
            continue
        packed, stat = path.read_bytes(), path.stat()
        file["sha256"] = hashlib.sha256(packed).hexdigest()
        file["content_sha256"] = hashlib.sha256(_unpacked(path, packed)).hexdigest()
        file["size"], file["mtime_ns"] = stat.st_size, stat.st_mtime_ns
    text = json.dumps(report, indent=1, ensure_ascii=False) + "\n"
    write_atomically(manifest, lambda target: target.write_text(text, encoding="utf-8"))
