"""The ledger's messages as Parquet, for the warehouse: the second memory told to the first.

The file carries the ledger's epoch and newest log number in its metadata, so that a ledger that is
older than its own export is noticed at the next start (`ledger_guard`).
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from assets.files import write_atomically
from assets.messaging.ledger import messages, meta, transitions

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
    return n
