"""The ledger is gone, or an old backup was put in its place: it is built anew, and nobody gets anything twice."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assets.messaging import ledger_rebuild
from assets.messaging.ledger_evidence import Evidence
from assets.messaging.ledger_export import export_messages
from assets.messaging.ledger_guard import LedgerRefused, exports_of, open_ledger
from orchestration.settings import Settings
from tests.faults import kit
from tests.faults.by_provider import by_smtp
from tests.faults.kit import all_files, handed_off, states
from tests.faults.lost_ledger import EVERYTHING, FIRST, SECOND, decided, lose, rebuilt, resume, run
from tests.faults.one_by_one import release, worker_of
from tests.servers.postgres import new_database, running_postgres
from tests.servers.scripted import smtp_server


@pytest.mark.parametrize("left", ["exports and files", "files only", "exports only", "manifests and decisions"])
def test_a_lost_ledger_is_built_from_whatever_is_left_and_nothing_goes_twice(home: Settings, left: str) -> None:
    """Each kind of evidence is enough by itself: the same day again hands nothing off and changes no file."""
    assert run(home, FIRST) == len(FIRST.rows)
    records = handed_off(home)
    if left in ("files only", "manifests and decisions"):
        shutil.rmtree(home.raw_dir / "outbox")
    if left == "exports only":
        shutil.rmtree(home.outbox_dir)
    if left == "manifests and decisions":  # the provider has collected the files
        decided(home, FIRST)
        for path in home.outbox_dir.rglob("*.zst"):
            path.unlink()
    files = all_files(home)
    lose(home)
    with pytest.raises(LedgerRefused, match="outbox rebuild"):
        open_ledger(home)
    rebuilt(home)
    resume(home)
    assert run(home, FIRST) == 0
    assert all_files(home) == files
    assert len(records) == len(FIRST.rows)
    with open_ledger(home) as outbox:
        state = "QUARANTINED" if left == "manifests and decisions" else "ACCEPTED"
        assert states(outbox) == {state: len(FIRST.rows)}


def test_an_old_backup_is_brought_up_to_date_and_kept(home: Settings, tmp_path: Path) -> None:
    """What it had forgotten is known again, and the old file is still there for whoever wants to look."""
    run(home, FIRST)
    shutil.copy(home.ledger_path, tmp_path / "backup")
    run(home, EVERYTHING)
    lose(home)
    shutil.copy(tmp_path / "backup", home.ledger_path)
    done = rebuilt(home)
    assert done.kept_as is not None
    assert done.kept_as.exists()
    resume(home)
    assert run(home, EVERYTHING) == 0
    with open_ledger(home) as outbox:
        assert states(outbox) == {"ACCEPTED": len(EVERYTHING.rows)}


def test_what_a_worker_sent_after_the_last_export_is_not_sent_again(home: Settings) -> None:
    """No file names it and no export knows of it. Nothing proves that it was not sent, so it counts as sent."""
    sends_before_and_after(home, lambda: decided(home, FIRST))


def test_what_was_released_before_the_last_export_is_not_sent_again(home: Settings) -> None:
    """The export says APPROVED; a worker may have sent it since."""

    def export() -> None:
        with open_ledger(home) as outbox:
            export_messages(outbox.engine, exports_of(home)[1])

    sends_before_and_after(home, lambda: None, after_release=export)


def sends_before_and_after(
    home: Settings, before_loss: Callable[[], None], after_release: Callable[[], None] = lambda: None
) -> None:
    run(home, SECOND)  # some other day's files: the loss is noticed
    with smtp_server(lambda _verb: None) as server:

        def work() -> None:
            with open_ledger(home) as outbox:
                release(home, outbox, FIRST)
            after_release()
            with open_ledger(home) as outbox:
                worker_of(home, outbox, by_smtp(server.port)).run_once()

        work()
        assert len(server.mails) == len(FIRST.rows)
        before_loss()
        lose(home)
        rebuilt(home)
        resume(home)
        work()
        assert len(server.mails) == len(FIRST.rows)
    with open_ledger(home) as outbox:
        assert states(outbox) == {"ACCEPTED": len(SECOND.rows), "QUARANTINED": len(FIRST.rows)}


def test_a_log_that_outlived_its_database_is_not_played_into_the_new_one(home: Settings) -> None:
    """Somebody deleted ledger.sqlite and left ledger.sqlite-wal: SQLite would believe what stands in it."""
    run(home, FIRST)
    connection = sqlite3.connect(home.ledger_path)
    connection.execute("pragma wal_autocheckpoint = 0")
    connection.execute("delete from messages")
    connection.commit()
    beside = home.ledger_path.with_name("ledger.sqlite-wal")
    log = beside.read_bytes()
    connection.close()
    lose(home)
    beside.write_bytes(log)
    rebuilt(home)
    resume(home)
    with open_ledger(home) as outbox:
        assert states(outbox) == {"ACCEPTED": len(FIRST.rows)}


@pytest.mark.slow
def test_a_lost_database_is_rebuilt_in_an_empty_one(home: Settings) -> None:
    """Several hosts, one Postgres: the same command, into a new database."""
    with running_postgres() as folder:
        lost = replace(home, ledger_url=new_database(folder))
        run(lost, FIRST)
        anew = replace(home, ledger_url=new_database(folder))
        rebuilt(anew)
        resume(anew)
        assert run(anew, FIRST) == 0
        with open_ledger(anew) as outbox:
            assert states(outbox) == {"ACCEPTED": len(FIRST.rows)}


def forgetting_decisions(evidence: Evidence) -> set[str]:
    return {*evidence.remembered, *evidence.handed_off}


def test_a_rebuild_that_believes_only_what_is_proved_is_noticed(home: Settings) -> None:
    """The mistake that this command exists to avoid: no proof of sending taken for a proof that nothing was sent."""
    with kit.mutated(ledger_rebuild, "_ids", forgetting_decisions), pytest.raises(AssertionError):
        test_what_a_worker_sent_after_the_last_export_is_not_sent_again(home)
