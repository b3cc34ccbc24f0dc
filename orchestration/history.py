"""Run history in SQLite as Dagster keeps it, in the same files, with connections that stay open.

Dagster's own storage makes an engine, a connection and a transaction for every one of a run's thousand events and
queries, which compiles every statement anew, waits for the disk at every commit and writes the whole journal back at
every close: a quarter of a day's time. Nothing else differs; without the block in `dagster.yaml` the same files serve.
"""

import sqlite3
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData

# Files held open at a time: the index of all runs, the run that is going on, and some that somebody looks at.
OPEN_FILES = 8


class RunHistory(SqliteEventLogStorage):
    """The event log. Configured in `dagster.yaml` as `event_log_storage`, with `base_dir` as Dagster's own."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: OrderedDict[str, sa.Engine] = OrderedDict()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> "RunHistory":
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sa.Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def _engine(self, shard: str) -> sa.Engine:
        if shard not in self._engines:
            engine = sa.create_engine(
                self.conn_string_for_shard(shard), connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS}
            )
            sa.event.listen(engine, "connect", _wait_less_for_the_disk)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            self._engines[shard] = engine
            if len(self._engines) > OPEN_FILES:  # every run has a file of its own
                self._engines.popitem(last=False)[1].dispose()
        self._engines.move_to_end(shard)
        return self._engines[shard]

    def dispose(self) -> None:
        """Close all files."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()


def _wait_less_for_the_disk(connection: sqlite3.Connection, _record: object) -> None:
    """The files are in WAL mode, where NORMAL cannot damage them: a power cut may lose a run's last events.

    The outbox ledger, which must lose nothing, is another file and keeps FULL.
    """
    connection.execute("pragma synchronous = normal")
