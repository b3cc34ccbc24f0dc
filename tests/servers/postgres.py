"""A Postgres of one's own in a temporary folder, reached by its socket only; one database a test."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from tests.servers import require, wait_for


def _owner() -> str | None:
    """Postgres refuses to run as root; there it gets the account that its package made."""
    return "postgres" if os.geteuid() == 0 else None


@dataclass
class Postgres:
    """`folder` is that of its socket. Nobody pulls its plug, so it need not wait for the disk."""

    folder: str
    _program: str
    _running: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        options = ["-D", f"{self.folder}/data", "-k", self.folder, "-c", "listen_addresses=", "-c", "fsync=off"]
        self._running = subprocess.Popen([self._program, *options], **_quiet(self.folder))
        wait_for(lambda: _answers(self.folder), 20, "Postgres answers")

    def stop(self) -> None:
        """At once: open connections are cut."""
        if self._running is not None:
            self._running.send_signal(signal.SIGQUIT)
            self._running.wait(timeout=30)
            self._running = None


@contextmanager
def restartable_postgres() -> Iterator[Postgres]:
    initdb, postgres = require(["initdb", "postgres"], "postgresql")
    with tempfile.TemporaryDirectory(prefix="fredning-pg-") as folder:
        if owner := _owner():
            account = pwd.getpwnam(owner)
            os.chown(folder, account.pw_uid, account.pw_gid)
        command = [initdb, "-D", f"{folder}/data", "-U", "ledger", "-A", "trust"]
        subprocess.run(command, check=True, **_quiet(folder))
        server = Postgres(folder, postgres)
        try:
            server.start()
            yield server
        finally:
            server.stop()


@contextmanager
def running_postgres() -> Iterator[str]:
    """The folder of its socket."""
    with restartable_postgres() as server:
        yield server.folder


def _quiet(folder: str) -> dict[str, Any]:
    return {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "user": _owner(), "cwd": folder}


def new_database(folder: str) -> str:
    """The address of a new, empty database."""
    name = f"ledger_{uuid.uuid4().hex[:12]}"
    engine = sa.create_engine(_url(folder, "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"create database {name}")
    engine.dispose()
    return _url(folder, name)


def _url(folder: str, database: str) -> str:
    return f"postgresql+psycopg://ledger@/{database}?host={folder}"


def _answers(folder: str) -> bool:
    engine = sa.create_engine(_url(folder, "postgres"))
    try:
        engine.connect().close()
    except sa.exc.OperationalError:
        return False
    finally:
        engine.dispose()
    return True
