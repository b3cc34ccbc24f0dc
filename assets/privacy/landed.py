"""Erased people in delivered files: rows about them go, rows of sales stay without them.

Raw files are rewritten by what their columns say, delivered ones by what stands in them (assets/privacy/texts.py),
rejected rows included.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import zstandard

from assets.landing.contract import load_contracts
from assets.privacy.fields import fields_of
from assets.privacy.person import Forgotten
from assets.privacy.texts import Columns, Names, in_text, names_of, pattern_in_sql, without
from orchestration.files import write_atomically
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
        "query": "texts",
        "url": "texts",
        "page": "texts",
    },
    "consent/events": {"event_id": "consent_ids", "address": "emails+phones"},
    "consent/preferences": {"address": "emails+phones"},
    "provider/events": {"address": "emails+phones", "url": "texts"},
    "service/cases": {"email": "emails", "phone": "phones", "member_id": "member_ids", "order_id": "order_ids"},
    "loyalty/benefits": {"member_id": "member_ids"},
    # A request goes once it is carried out, also one that names an address of others.
    "privacy/erasures": {"request_id": "request_ids", "email": "emails", "phone": "phones", "member_id": "member_ids"},
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
    names = names_of(forgotten)
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


def _condition(
    columns: Mapping[str, str], present: set[str], forgotten: Forgotten
) -> tuple[str, list[list[str] | str]]:
    """SQL over the columns that a file has, and its parameters."""
    parts: list[str] = []
    values: list[list[str] | str] = []
    for column, kinds in columns.items():
        for kind in kinds.split("+") if column in present else ():
            text = f'trim(cast("{column}" as varchar))'
            if kind == "texts":
                if forgotten.emails:
                    parts.append(in_text(text))
                    values.append(pattern_in_sql(forgotten.emails))
                continue
            if not (wanted := sorted(getattr(forgotten, kind))):
                continue
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


def _forget_in_text(path: Path, names: Names | None, dataset: str) -> bool:
    packed = path.read_bytes()
    try:
        content = _unpacked(path, packed)
    except (OSError, EOFError, zstandard.ZstdError):
        # What cannot be read was refused at landing; nobody can tell what is in it, so it may not stay.
        path.unlink()
        return True
    if names is None or not names.may_be_in(content):
        return False
    kept = without(content, names, is_sale=dataset in SALES, columns=_columns_of(path, content, dataset))
    if kept == content:
        return False
    write_atomically(path, lambda target: target.write_bytes(_packed(path, kept)))
    return True


def _columns_of(path: Path, content: bytes, dataset: str) -> Columns | None:
    contract = load_contracts()[dataset]
    fields = fields_of(path.name, content, contract)
    kinds = PERSONAL.get(dataset) or SALES[dataset]
    return Columns(fields, kinds, keys=contract.key if dataset in SALES else ()) if fields else None


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
