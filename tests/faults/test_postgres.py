"""The same ledger on Postgres: the same code, the same kills, the same counts."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assets.messaging.ledger_export import export_messages
from assets.messaging.ledger_guard import LedgerRefused, open_ledger
from orchestration.settings import Settings
from tests.faults import kit
from tests.faults.forks import POINTS, at, finish, start, worker
from tests.faults.kit import ListContent, PlainSource, row
from tests.faults.test_kills import assert_tidy, judge
from tests.servers.postgres import new_database, running_postgres

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with running_postgres() as folder:
        yield folder


@pytest.fixture
def home(server: str, tmp_path: Path) -> Settings:
    return replace(kit.settings(tmp_path), ledger_url=new_database(server))


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
