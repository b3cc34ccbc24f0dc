"""The ledger as a memory: its export, its refusal to start when it has forgotten something, its claims."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from assets.messaging.claims import LEASE, claim_approved, release_dead
from assets.messaging.ledger_export import SCHEMA, export_messages
from assets.messaging.ledger_guard import LedgerRefused, open_ledger
from assets.messaging.ledger_lookups import known_messages
from assets.messaging.outbox import Outbox
from assets.messaging.sending import Overtaken, Permissions, accept, begin
from assets.messaging.states import State
from orchestration.settings import Settings
from tests.faults import kit
from tests.faults.kit import ListContent, hand_off, row
from tests.unit.messaging.test_states import BATCH, NOBODY_OBJECTS, RECORD, ledger_row


def export_of(setting: Settings) -> Path:
    return setting.raw_dir / "outbox" / "contact_log" / "current.parquet"


def run(setting: Settings, *numbers: int) -> None:
    with open_ledger(setting) as outbox:
        hand_off(setting, outbox, ListContent([row(n) for n in numbers])).run()
        export_messages(outbox.engine, export_of(setting))


def ledger_files(setting: Settings) -> list[Path]:
    return sorted(setting.home.glob("ledger.sqlite*"))


def test_the_export_has_the_agreed_columns_in_a_fixed_order(home: Settings) -> None:
    """dbt reads it as a source; a run that changes nothing must not change its rows."""
    run(home, 3, 1, 2)
    table = pq.read_table(export_of(home))
    assert table.schema.equals(SCHEMA)
    ids = table["message_id"].to_pylist()
    assert ids == sorted(ids)
    assert set(table["state"].to_pylist()) == {"ACCEPTED"}
    assert table["sent_at"].null_count == 0
    assert not list(export_of(home).parent.glob(".*"))


def test_a_missing_ledger_is_refused_when_something_was_handed_off(home: Settings) -> None:
    """Begun anew it would send everything again."""
    run(home, 0)
    for file in ledger_files(home):
        file.unlink()
    with pytest.raises(LedgerRefused, match=r"missing, although .*1 manifests.*contact_log(.|\n)*Put the newest copy"):
        open_ledger(home)
    assert not ledger_files(home)


def test_a_ledger_restored_from_a_backup_is_refused(home: Settings, tmp_path: Path) -> None:
    """It does not know the last batches, and its own export knows more than it does."""
    run(home, 0)
    for file in ledger_files(home):
        shutil.copy(file, tmp_path / f"backup-{file.name}")
    run(home, 1)
    for file in ledger_files(home):
        file.unlink()
    shutil.copy(tmp_path / "backup-ledger.sqlite", home.ledger_path)
    with pytest.raises(LedgerRefused) as refused:
        open_ledger(home)
    assert "does not know 1 batches" in str(refused.value)
    assert "older than its own export" in str(refused.value)


def test_another_installations_ledger_is_refused(home: Settings, tmp_path: Path) -> None:
    """Same tables, another epoch: a copy-paste between environments."""
    run(home, 0)
    other = kit.settings(tmp_path / "other")
    run(other, 5)
    shutil.rmtree(home.outbox_dir)
    for file in ledger_files(home):
        file.unlink()
    shutil.copy(other.ledger_path, home.ledger_path)
    with pytest.raises(LedgerRefused, match="made by another ledger"):
        open_ledger(home)


def test_a_new_installation_begins_a_ledger_quietly(home: Settings) -> None:
    """Nothing was handed off yet, so nothing can have been forgotten; opening twice is fine."""
    for _ in range(2):
        open_ledger(home).close()
    assert home.ledger_path.exists()


def test_a_worker_that_was_overtaken_writes_nothing(tmp_path: Path) -> None:
    """Paused longer than its lease, it resumes with an old fence while another has taken over."""
    time = [kit.SIX]
    first = Outbox(tmp_path / "ledger.sqlite", owner="first", now=lambda: time[0])
    first.create()
    second = Outbox(tmp_path / "ledger.sqlite", owner="second", now=lambda: time[0])
    rows = [ledger_row(n) for n in range(3)]
    ids = [r["message_id"] for r in rows]
    first.plan(BATCH, rows)

    def approve() -> None:
        first.move(ids, {State.PLANNED}, State.READY)
        first.move(ids, {State.READY}, State.APPROVED)

    approve()
    old = claim_approved(first, "b", ids)
    assert not claim_approved(second, "b", ids).message_ids
    time[0] += LEASE + timedelta(seconds=1)
    assert release_dead(second) == {State.READY: 3, State.UNKNOWN: 0}
    approve()
    new = claim_approved(second, "b", ids)
    assert new.fence > old.fence
    with pytest.raises(Overtaken):
        begin(first, "b", old, NOBODY_OBJECTS, time[0], RECORD)
    assert begin(second, "b", new, NOBODY_OBJECTS, time[0], RECORD)
    assert accept(first, "b", old, "f", time[0]) == 0
    assert accept(second, "b", new, "f", time[0]) == 3


def test_an_intent_is_all_or_nothing(tmp_path: Path) -> None:
    """If one message of the file may no longer be sent, none has started, and the file is made anew."""
    outbox = Outbox(tmp_path / "ledger.sqlite")
    outbox.create()
    rows = [ledger_row(n) for n in range(3)]
    ids = [r["message_id"] for r in rows]
    outbox.plan(BATCH, rows)
    outbox.move(ids, {State.PLANNED}, State.READY)
    outbox.move(ids, {State.READY}, State.APPROVED)
    claim = claim_approved(outbox, "b", ids)
    objection = Permissions(frozenset({("key1", "email")}), kit.SIX)
    assert not begin(outbox, "b", claim, objection, kit.SIX, RECORD)
    assert {known.state for known in known_messages(outbox, ids).values()} == {State.CLAIMED}
