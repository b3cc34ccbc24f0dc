"""The outbox ledger as a database: its tables and how to open it. What may be done with them stands in `outbox`.

One code path for SQLite (one host) and Postgres (several), by URL. No personal data: an address is
only ever here as a keyed hash, and no message content at all.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect

SCHEMA_VERSION = 1

# Any number that nobody else in that database uses.
_ADVISORY_LOCK = 7_243_001


class Instant(sa.types.TypeDecorator[datetime]):
    """An instant in UTC. SQLite has no zones: it stores fixed-width text, which also sorts correctly."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant without time zone may not enter the ledger")
        at = value.astimezone(UTC)
        return at.replace(tzinfo=None) if dialect.name == "sqlite" else at

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


METADATA = sa.MetaData()

meta = sa.Table(
    "meta",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("epoch", sa.Text, nullable=False),
    sa.Column("schema_version", sa.Integer, nullable=False),
    sa.Column("created", Instant, nullable=False),
    # Grows with every claim; a worker with a smaller number than a row's has been overtaken.
    sa.Column("fence", sa.BigInteger, nullable=False),
    # Set by a person: nothing starts sending while it stands.
    sa.Column("stopped_at", Instant),
    sa.Column("stopped_by", sa.Text),
)

messages = sa.Table(
    "messages",
    METADATA,
    sa.Column("message_id", sa.Text, primary_key=True),
    sa.Column("run_date", sa.Date, nullable=False),
    sa.Column("customer_id", sa.Text),
    sa.Column("journey", sa.Text, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("class", sa.Text, nullable=False),
    sa.Column("anchor", sa.Text),
    sa.Column("experiment", sa.Text),
    sa.Column("variant", sa.Text),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("batch_id", sa.Text, index=True),
    sa.Column("send_at", Instant, nullable=False),
    sa.Column("sent_at", Instant),
    sa.Column("expires_at", Instant),
    sa.Column("permission_basis", sa.Text),
    sa.Column("permission_id", sa.Text),
    sa.Column("address_key", sa.Text, nullable=False, index=True),
    sa.Column("policy_version", sa.Text),
    sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
    sa.Column("lease_owner", sa.Text),
    sa.Column("lease_until", Instant),
    sa.Column("fence", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("request_hash", sa.Text),
    sa.Column("provider_reference", sa.Text),
    sa.Column("error", sa.Text),
)
sa.Index("messages_by_state", messages.c.state, messages.c.run_date)

batches = sa.Table(
    "batches",
    METADATA,
    sa.Column("batch_id", sa.Text, primary_key=True),
    sa.Column("run_date", sa.Date, nullable=False, index=True),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("journey", sa.Text, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("language", sa.Text),
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("n", sa.Integer, nullable=False),
    # Over all messages and their exact bytes: this is what an approval is bound to.
    sa.Column("sha256", sa.Text, nullable=False, index=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("approved_by", sa.Text),
    sa.Column("approved_at", Instant),
    sa.Column("sent_at", Instant),
    # What the channel was told to write, so that a later process can look whether it is there.
    sa.Column("file", sa.Text),
    sa.Column("file_sha256", sa.Text),
    sa.Column("n_sent", sa.Integer),
    sa.Column("manifest", sa.Text),
    sa.Column("created", Instant, nullable=False),
)

transitions = sa.Table(
    "transitions",
    METADATA,
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("message_id", sa.Text, nullable=False, index=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("fence", sa.BigInteger, nullable=False),
    sa.Column("reason", sa.Text),
)

suppressions = sa.Table(
    "suppressions",
    METADATA,
    sa.Column("address_key", sa.Text, primary_key=True),
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, primary_key=True),
    sa.Column("at", Instant, nullable=False),
)

# What people asked for themselves, since the decisions of the day may not know it yet; the newest replaces all before.
wishes = sa.Table(
    "wishes",
    METADATA,
    sa.Column("address_key", sa.Text, primary_key=True),
    sa.Column("channel", sa.Text, primary_key=True),
    # Classes of messages, separated by spaces.
    sa.Column("topics_off", sa.Text, nullable=False),
    sa.Column("max_messages", sa.Integer),
    sa.Column("period_days", sa.Integer),
    sa.Column("paused_until", Instant),
    # Whether the warehouse is told as well: if not, the ledger alone must keep to it on later days, too.
    sa.Column("is_delivered", sa.Boolean, nullable=False),
    sa.Column("at", Instant, nullable=False),
)

# How many people were erased in the run of which day. Whom, nobody knows any more.
erasures = sa.Table(
    "erasures",
    METADATA,
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("run_date", sa.Date, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("n_persons", sa.Integer, nullable=False),
)

# Under which secret keys this ledger's hashes were made, by name.
secret_keys = sa.Table(
    "secret_keys",
    METADATA,
    sa.Column("key_name", sa.Text, primary_key=True),
    sa.Column("since", Instant, nullable=False),
)

# When a channel may send its next message: one pace for all workers, on whichever host.
pace = sa.Table(
    "pace",
    METADATA,
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("free_at", Instant, nullable=False),
)

# When a message that was deferred may be tried again.
deferrals = sa.Table(
    "deferrals",
    METADATA,
    sa.Column("message_id", sa.Text, primary_key=True),
    sa.Column("until", Instant, nullable=False),
)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver must not open transactions of its own: every one of ours starts as a writer (below).
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=60000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: sa.Connection) -> None:
    # A transaction that starts as a reader and then writes can fail half-way; this one waits its turn.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_serial(connection: sa.Connection) -> None:
    # One transaction after the other, as SQLite does it: an opt-out that is being recorded and an intent
    # that is being written must see each other, and locks on many rows at once cannot form a deadlock.
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")


def open_engine(path_or_url: Path | str) -> sa.Engine:
    """An engine on the ledger; a path means SQLite."""
    if isinstance(path_or_url, Path) or "://" not in path_or_url:
        Path(path_or_url).parent.mkdir(parents=True, exist_ok=True)
        url: sa.URL | str = sa.URL.create("sqlite", database=str(path_or_url))
    else:
        url = path_or_url
    # A server that was restarted has cut the connections in the pool: each is tried before it is used.
    options = {"connect_args": {"timeout": 60}} if _is_sqlite(url) else {"pool_pre_ping": True}
    engine = sa.create_engine(url, **options)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_immediate)
    else:
        sa.event.listen(engine, "begin", _begin_serial)
    return engine


def _is_sqlite(url: sa.URL | str) -> bool:
    return sa.make_url(url).get_backend_name() == "sqlite"


def exists(engine: sa.Engine) -> bool:
    """Whether the ledger has been created. Asks without creating an empty SQLite file."""
    if engine.dialect.name == "sqlite":
        database = engine.url.database
        if not database or not Path(database).is_file():
            return False
    if not sa.inspect(engine).has_table("meta"):
        return False
    with engine.begin() as tx:
        # A process that died between the tables and this row had not begun a ledger yet.
        return tx.execute(sa.select(meta.c.epoch)).first() is not None
