"""The same ledger on Postgres: the same code, the same kills, the same counts."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from assets.messaging.ledger_export import export_messages
from assets.messaging.ledger_guard import LedgerRefused, open_ledger
from orchestration.settings import Settings
from tests.faults import kit
from tests.faults.forks import POINTS, at, finish, start, worker
from tests.faults.kit import ListContent, PlainSource, row
from tests.faults.test_kills import assert_tidy, judge

INITDB, POSTGRES = shutil.which("initdb"), shutil.which("postgres")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (INITDB and POSTGRES and importlib.util.find_spec("psycopg")),
        reason="needs a Postgres on the PATH and the package psycopg",
    ),
]


def owner() -> str | None:
    """Postgres refuses to run as root; there it gets the account that its package made."""
    return "postgres" if os.geteuid() == 0 else None


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="fredning-pg-") as folder:
        if owner():
            account = pwd.getpwnam("postgres")
            os.chown(folder, account.pw_uid, account.pw_gid)
        data = Path(folder) / "data"
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "user": owner(), "cwd": folder}
        subprocess.run([str(INITDB), "-D", str(data), "-U", "ledger", "-A", "trust"], check=True, **quiet)
        options = ["-D", str(data), "-k", folder, "-c", "listen_addresses="]
        running = subprocess.Popen([str(POSTGRES), *options], **quiet)
        try:
            engine = sa.create_engine(url(folder, "postgres"))
            for _ in range(100):
                try:
                    engine.connect().close()
                    break
                except sa.exc.OperationalError:
                    time.sleep(0.1)
            engine.dispose()
            yield folder
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(timeout=30)


def url(folder: str, database: str) -> str:
    return f"postgresql+psycopg://ledger@/{database}?host={folder}"


@pytest.fixture
def home(server: str, tmp_path: Path) -> Settings:
    name = f"ledger_{abs(hash(str(tmp_path)))}"
    engine = sa.create_engine(url(server, "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"create database {name}")
    engine.dispose()
    return replace(kit.settings(tmp_path), ledger_url=url(server, name))


CONTENT = ListContent([row(n) for n in range(12)])


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_this_point_it_loses_and_doubles_nothing(home: Settings, point: str) -> None:
    """Transactions, guards and RETURNING must mean the same in both databases."""
    assert (
        finish(start(worker(home, CONTENT, failpoint=at(point, 2 if point != "reconciled" else 1, signal.SIGKILL)))) < 0
    )
    assert finish(start(worker(home, CONTENT, source=PlainSource("Takk skal du ha")))) == 0
    assert judge(home, CONTENT) == (0, 0)
    assert_tidy(home)


def test_workers_at_the_same_time_share_the_work_without_overlap(home: Settings) -> None:
    """Postgres lets writers work side by side, where SQLite lets them queue."""
    content = ListContent([row(n) for n in range(120)])
    children = [start(worker(home, content, max_batch=5)) for _ in range(4)]
    assert [finish(child) for child in children] == [0] * 4
    assert judge(home, content) == (0, 0)
    assert_tidy(home)


def test_the_export_and_the_guard_work_as_with_sqlite(home: Settings) -> None:
    """A database that was emptied behind our back is as bad as a deleted file."""
    finish(start(worker(home, CONTENT)))
    with open_ledger(home) as outbox:
        assert export_messages(outbox.engine, home.raw_dir / "outbox" / "messages" / "current.parquet") == 12
        with outbox.transaction() as tx:
            tx.exec_driver_sql("drop table meta")
    with pytest.raises(LedgerRefused, match="missing"):
        open_ledger(home)
