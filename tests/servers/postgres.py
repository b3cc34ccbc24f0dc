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
from pathlib import Path

import sqlalchemy as sa

from tests.servers import require, wait_for


def _owner() -> str | None:
    """Postgres refuses to run as root; there it gets the account that its package made."""
    return "postgres" if os.geteuid() == 0 else None


@contextmanager
def running_postgres() -> Iterator[str]:
    """The folder of its socket. Nobody pulls its plug, so it need not wait for the disk."""
    initdb, postgres = require(["initdb", "postgres"], "postgresql")
    with tempfile.TemporaryDirectory(prefix="fredning-pg-") as folder:
        if owner := _owner():
            account = pwd.getpwnam(owner)
            os.chown(folder, account.pw_uid, account.pw_gid)
        data = Path(folder) / "data"
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "user": _owner(), "cwd": folder}
        subprocess.run([initdb, "-D", str(data), "-U", "ledger", "-A", "trust"], check=True, **quiet)
        options = ["-D", str(data), "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"]
        running = subprocess.Popen([postgres, *options], **quiet)
        try:
            wait_for(lambda: _answers(folder), 20, "Postgres answers")
            yield folder
        finally:
            running.send_signal(signal.SIGQUIT)
            running.wait(timeout=30)


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
