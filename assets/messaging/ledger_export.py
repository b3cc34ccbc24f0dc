"""The ledger's messages as Parquet, for the warehouse: the second memory told to the first.

Beside them lies the suppression list (keyed hashes), which nothing but a rebuilt ledger reads: after an erasure no
other place knows whom to leave alone.

The file carries the ledger's epoch and newest log number in its metadata, so that a ledger that is
older than its own export is noticed at the next start (`ledger_guard`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from assets.messaging.ledger import messages, meta, secret_keys, suppressions, transitions
from orchestration.files import write_atomically

_INSTANT = pa.timestamp("us", tz="UTC")

SCHEMA = pa.schema(
    [
        ("message_id", pa.string()),
        ("run_date", pa.date32()),
        ("customer_id", pa.string()),
        ("journey", pa.string()),
        ("step", pa.string()),
        ("channel", pa.string()),
        ("class", pa.string()),
        ("anchor", pa.string()),
        ("experiment", pa.string()),
        ("variant", pa.string()),
        ("state", pa.string()),
        ("reason", pa.string()),
        ("batch_id", pa.string()),
        ("send_at", _INSTANT),
        ("sent_at", _INSTANT),
        ("expires_at", _INSTANT),
        ("permission_basis", pa.string()),
        ("permission_id", pa.string()),
        ("address_key", pa.string()),
        ("policy_version", pa.string()),
    ]
)

# The tables of the source `outbox`; landing makes an empty file for each, so that dbt finds one.
SCHEMAS = {"contact_log": SCHEMA, "messages": SCHEMA}

_SUPPRESSIONS = pa.schema(
    [("address_key", pa.string()), ("channel", pa.string()), ("reason", pa.string()), ("at", _INSTANT)]
)

_KEYS = b"fredning.secret_keys"

EPOCH_KEY = b"fredning.ledger_epoch"
SEQUENCE_KEY = b"fredning.ledger_sequence"
PAGE = 50_000


def export_messages(engine: sa.Engine, path: Path) -> int:
    """Write all messages in order of message_id to `path`, atomically. Returns their number."""
    n = 0

    def write(partial: Path) -> None:
        nonlocal n
        with engine.begin() as tx:
            epoch = tx.execute(sa.select(meta.c.epoch)).scalar_one()
            sequence = tx.execute(sa.select(sa.func.max(transitions.c.seq))).scalar() or 0
            facts = {EPOCH_KEY: epoch.encode(), SEQUENCE_KEY: str(sequence).encode()}
            with pq.ParquetWriter(partial, SCHEMA.with_metadata(facts), compression="zstd") as writer:
                query = sa.select(*[messages.c[name] for name in SCHEMA.names]).order_by(messages.c.message_id)
                for rows in tx.execute(query).mappings().partitions(PAGE):
                    writer.write_table(pa.Table.from_pylist([dict(r) for r in rows], schema=SCHEMA))
                    n += len(rows)

    write_atomically(path, write)
    _export_suppressions(engine, path)
    return n


def _export_suppressions(engine: sa.Engine, path: Path) -> None:
    with engine.begin() as tx:
        query = sa.select(suppressions).order_by(*suppressions.primary_key)
        rows = [dict(row) for row in tx.execute(query).mappings()]
        used = tx.execute(sa.select(secret_keys.c.key_name).order_by(secret_keys.c.key_name)).scalars()
        table = pa.Table.from_pylist(rows, schema=_SUPPRESSIONS.with_metadata({_KEYS: " ".join(used)}))
    write_atomically(_beside(path), lambda partial: pq.write_table(table, partial, compression="zstd"))


def suppressions_beside(path: Path) -> list[dict[str, Any]]:
    """The suppression list that was exported together with these messages."""
    beside = _beside(path)
    return pq.read_table(beside).to_pylist() if beside.exists() else []


def key_names_beside(path: Path) -> list[str]:
    """The names of the secret keys that the hashes of that list were made with."""
    beside = _beside(path)
    facts = (pq.read_schema(beside).metadata or {}) if beside.exists() else {}
    return str(facts.get(_KEYS, b"").decode()).split()


def _beside(path: Path) -> Path:
    # In a folder of its own: dbt reads every Parquet file of the messages' folder as messages.
    return path.parent.with_name(f"{path.parent.name}_suppressions") / path.name
