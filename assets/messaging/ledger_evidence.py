"""What a lost ledger can be built from again: its exports, an old copy, hand-off files, and the decisions.

Reads only. Each source gives rows of `messages`; what they mean for the new ledger is `ledger_rebuild`'s business.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import sqlalchemy as sa
import zstandard

from assets.messaging import keys
from assets.messaging.ledger import batches, erasures, messages, secret_keys, suppressions, wishes
from assets.messaging.ledger_export import SCHEMA, SEQUENCE_KEY, key_names_beside, suppressions_beside
from assets.messaging.ledger_guard import exports_of
from assets.messaging.manifest import SUFFIX
from orchestration.settings import Settings

Row = dict[str, Any]
# A hand-off file by its path below the outbox, wherever files go; None if it is not there (any more).
ReadFile = Callable[[str], bytes | None]
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_DECIDED = (
    *("message_id", "run_date", "customer_id", "journey", "step", "channel", "class", "anchor", "experiment"),
    *("variant", "send_at", "expires_at", "permission_basis", "permission_id", "policy_version"),
)


@dataclass(slots=True)
class Evidence:
    """Rows of the ledger's tables, as far as anything still knows them. `decided` are decisions to send."""

    remembered: dict[str, Row] = field(default_factory=dict)
    handed_off: dict[str, Row] = field(default_factory=dict)
    decided: dict[str, Row] = field(default_factory=dict)
    batches: dict[str, Row] = field(default_factory=dict)
    # Batches with a manifest, and those of them whose file could be read.
    manifested: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    suppressions: list[Row] = field(default_factory=list)
    wishes: list[Row] = field(default_factory=list)
    secret_keys: list[Row] = field(default_factory=list)
    erasures: list[Row] = field(default_factory=list)


def collect(settings: Settings, read_file: ReadFile, old: sa.Engine | None) -> Evidence:
    """Everything that still tells; `old` is a copy of the ledger from earlier, if there is one."""
    found = Evidence()
    if old is not None:
        _from_old_copy(found, old)
    for path in sorted((path for path in exports_of(settings) if path.exists()), key=_sequence):
        for row in pq.read_table(path, columns=SCHEMA.names).to_pylist():
            found.remembered[row["message_id"]] = found.remembered.get(row["message_id"], {}) | row
        found.suppressions += suppressions_beside(path)
        # Since when is not known any more; it only orders their names.
        found.secret_keys += [{"key_name": name, "since": _LONG_AGO} for name in key_names_beside(path)]
    secret = settings.require_secret_key()
    for path in sorted(settings.outbox_dir.glob(f"*/*{SUFFIX}")):
        _from_manifest(found, secret, path.read_text(encoding="utf-8"), read_file)
    for row in _decided(settings):
        found.decided.setdefault(row["message_id"], row)
    return found


def _from_old_copy(found: Evidence, old: sa.Engine) -> None:
    with old.begin() as tx:
        found.remembered |= {row["message_id"]: dict(row) for row in tx.execute(sa.select(messages)).mappings()}
        found.batches |= {row["batch_id"]: dict(row) for row in tx.execute(sa.select(batches)).mappings()}
        found.suppressions += [dict(row) for row in tx.execute(sa.select(suppressions)).mappings()]
        found.wishes += [dict(row) for row in tx.execute(sa.select(wishes)).mappings()]
        # A copy from before there were these tables has none.
        for table, rows in ((secret_keys, found.secret_keys), (erasures, found.erasures)):
            if sa.inspect(tx).has_table(table.name):
                rows += [dict(row) for row in tx.execute(sa.select(table)).mappings()]


def _sequence(path: Path) -> int:
    facts = pq.read_metadata(path).metadata or {}
    return int(facts.get(SEQUENCE_KEY, b"0"))


def _from_manifest(found: Evidence, secret: bytes, text: str, read_file: ReadFile) -> None:
    manifest = json.loads(text)
    batch_id, run_date = manifest["batch_id"], date.fromisoformat(manifest["run_date"])
    found.manifested.add(batch_id)
    [file] = manifest["files"]
    about = {"run_date": run_date} | {name: manifest[name] for name in ("channel", "journey", "step")}
    approval = manifest["approval"]
    found.batches[batch_id] = {
        **found.batches.get(batch_id, {}),
        **about,
        "batch_id": batch_id,
        "language": manifest["language"],
        "format": manifest["format"],
        "n": manifest["counts"]["approved"],
        "n_sent": manifest["counts"]["messages"],
        "sha256": approval["sha256"],
        "approved_by": approval["by"],
        "approved_at": _instant(approval["at"]),
        "state": "SENT",
        "file": file["path"],
        "file_sha256": file["sha256"],
        "manifest": text,
    }
    content = read_file(file["path"])
    if content is None or hashlib.sha256(content).hexdigest() != file["sha256"]:
        return
    found.read.add(batch_id)
    for record in _records(manifest["format"], content):
        found.handed_off[record["message_id"]] = about | {
            "message_id": record["message_id"],
            "class": record["class"],
            "variant": record["variant"],
            "send_at": _instant(record["send_at"]),
            "expires_at": _instant(record["expires_at"]),
            "permission_basis": record["permission_basis"],
            "permission_id": record["permission_id"],
            "address_key": keys.address_key(secret, record["channel"], record["address"]),
            "batch_id": batch_id,
        }


def _records(handoff: str, content: bytes) -> Iterator[Row]:
    """The envelopes of a hand-off file: of its lines, or of the index that is a tar's first member."""
    plain: Any = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(content))
    if handoff == "eml":
        with tarfile.open(fileobj=plain, mode="r|") as tar:
            index = tar.next()
            plain = tar.extractfile(index) if index else io.BytesIO()
            yield from map(json.loads, plain.read().splitlines())
        return
    yield from map(json.loads, io.BufferedReader(plain))


def _decided(settings: Settings) -> Iterable[Row]:
    """Decisions to send, in the run's own warehouse and in the analysts' copy: a message is planned from no other."""
    for path in (settings.warehouse_path, settings.published_path):
        if path.exists():
            with duckdb.connect(str(path), read_only=True) as connection:
                connection.execute("set timezone = 'UTC'")
                is_there = "schema_name = 'marts' and table_name = 'fct_contact_decisions'"
                if connection.execute(f"select 1 from duckdb_tables() where {is_there}").fetchone():
                    columns = ", ".join(f'"{name}"' for name in _DECIDED)
                    query = f"select {columns} from marts.fct_contact_decisions where decision = 'send'"
                    yield from connection.execute(query).to_arrow_table().to_pylist()


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
