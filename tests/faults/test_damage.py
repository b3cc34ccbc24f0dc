"""Disks that fill up, files that get torn or lost, and addresses that must not be found where they do not belong."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from assets.messaging.channels import file as file_channel
from assets.messaging.channels.file import FileChannel, Found, NameTaken
from assets.messaging.claims import release_dead
from assets.messaging.ledger_export import export_messages
from assets.messaging.ledger_views import list_batches, resolve
from assets.messaging.outbox import Outbox
from assets.messaging.reconcile import reconcile, verify
from assets.messaging.states import State
from orchestration.settings import Settings
from tests.faults import kit
from tests.faults.kit import ListContent, PlainSource, all_files, hand_off, handed_off, row, states

CONTENT = ListContent([row(n) for n in range(6)])


def full_after(n_writes: int) -> Callable[[int, bytes], int]:
    """A disk that takes so many writes and then half of the next one."""
    left = [n_writes]

    def write(handle: int, content: bytes) -> int:
        left[0] -= 1
        if left[0] >= 0:
            return os.write(handle, content)
        os.write(handle, content[: len(content) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    return write


@pytest.mark.parametrize("n_writes", [0, 1, 2, 3, 4])
def test_a_full_disk_stops_the_run_and_costs_no_message(home: Settings, outbox: Outbox, n_writes: int) -> None:
    """Whichever file no longer fits: nothing half-written is seen, and the next run completes the day."""
    with pytest.raises(OSError, match="No space left"):
        hand_off(home, outbox, CONTENT, max_batch=3, write=full_after(n_writes)).run()
    assert not list((home.home / "staging").iterdir())
    handed_off(home)  # every file that a manifest names is whole
    done = hand_off(home, outbox, CONTENT, max_batch=3, source=PlainSource("Takk skal du ha")).run()
    assert not done.held
    records = [record["message_id"] for record in handed_off(home)]
    assert sorted(records) == sorted(one["message_id"] for one in CONTENT.rows)
    assert states(outbox) == {"ACCEPTED": 6}


def left_in_doubt(home: Settings, outbox: Outbox, point: str) -> None:
    """As if the process had been killed at this point: its messages stand in SENDING, and nobody tidies up."""

    def die(name: str) -> None:
        if name == point:
            raise SystemExit

    work = hand_off(home, outbox, CONTENT, failpoint=die)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(work), "_undo", lambda *_: None)
        with pytest.raises(SystemExit):
            work.run()
    assert states(outbox) == {"SENDING": 6}


def look(home: Settings) -> FileChannel:
    return FileChannel(home.outbox_dir, home.home / "staging")


def test_a_torn_file_is_for_a_person_and_never_sent_again(home: Settings, outbox: Outbox) -> None:
    """Other bytes under our name: the provider may have some of them, so nothing is assumed."""
    left_in_doubt(home, outbox, "revealed")
    [torn] = home.outbox_dir.glob("*/email/*")
    torn.write_bytes(torn.read_bytes()[:-9])
    found = reconcile(outbox, look(home), kit.SIX, senders_are_gone=True)
    assert (found.quarantined, found.accepted) == (6, 0)
    assert "other content" in found.notes[0]
    assert hand_off(home, outbox, CONTENT).run().n_accepted == 0
    assert resolve(outbox, list_batches(outbox)[0]["batch_id"], was_sent=True, by="kari", now=kit.SIX) == 6
    assert states(outbox) == {"ACCEPTED": 6}


def test_a_file_without_its_manifest_gets_it_and_counts_as_handed_off(home: Settings, outbox: Outbox) -> None:
    """The crash came between the two: the whole file is the evidence, the ledger remembers the manifest."""
    left_in_doubt(home, outbox, "revealed")
    assert not handed_off(home)
    assert reconcile(outbox, look(home), kit.SIX, senders_are_gone=True).accepted == 6
    assert len(handed_off(home)) == 6


def test_a_collected_file_is_known_by_its_manifest(home: Settings, outbox: Outbox) -> None:
    """A quick provider takes the file before we noted acceptance; its absence must not mean "send again"."""
    left_in_doubt(home, outbox, "manifested")
    next(home.outbox_dir.glob("*/email/*")).unlink()
    assert reconcile(outbox, look(home), kit.SIX, senders_are_gone=True).accepted == 6


def test_absence_is_no_evidence_while_the_sender_may_be_alive(home: Settings, outbox: Outbox) -> None:
    """This process is alive, so its own messages stay in doubt until somebody vouches that it has stopped."""
    left_in_doubt(home, outbox, "intended")
    assert reconcile(outbox, look(home), kit.SIX).unknown == 0  # the lease is still good
    assert states(outbox) == {"SENDING": 6}
    release_dead(outbox, senders_are_gone=True)
    assert reconcile(outbox, look(home), kit.SIX).unknown == 6
    assert reconcile(outbox, look(home), kit.SIX, senders_are_gone=True).deferred == 6
    assert hand_off(home, outbox, CONTENT).run().n_accepted == 6


def test_damage_after_the_hand_off_is_reported_and_a_lost_manifest_put_back(home: Settings, outbox: Outbox) -> None:
    """What was handed off never changes; if it does, somebody else did it and the check says so."""
    hand_off(home, outbox, CONTENT, max_batch=3).run()
    before = all_files(home)
    assert verify(outbox, look(home), kit.RUN_DATE) == []
    lost, kept = sorted(home.outbox_dir.glob("*/*.manifest.json"))
    lost.unlink()
    changed = home.outbox_dir / json.loads(kept.read_text())["files"][0]["path"]
    changed.write_bytes(b"something else")
    deviations = {d.batch_id: d.found for d in verify(outbox, look(home), kit.RUN_DATE)}
    assert sorted(deviations.values()) == [Found.OTHER_CONTENT, Found.WITHOUT_MANIFEST]
    assert all_files(home)[str(lost.relative_to(home.outbox_dir))] == before[str(lost.relative_to(home.outbox_dir))]


@pytest.mark.parametrize("has_links", [True, False])
def test_a_file_never_replaces_another(home: Settings, monkeypatch: pytest.MonkeyPatch, has_links: bool) -> None:
    """Also on file systems without hard links, where the look and the rename are two steps."""

    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    if not has_links:
        monkeypatch.setattr(file_channel.os, "link", no_links)
    channel = look(home)
    channel.reveal(channel.stage("a/b", b"first"), "a/b")
    channel.reveal(channel.stage("a/b", b"first"), "a/b")
    with pytest.raises(NameTaken):
        channel.reveal(channel.stage("a/b", b"second"), "a/b")
    assert (home.outbox_dir / "a" / "b").read_bytes() == b"first"


def test_bytes_are_on_the_disk_before_their_name_and_the_name_before_anything_else(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut must not leave a name without its bytes, nor a manifest that outlived the file it names."""
    done: list[str] = []
    flush, link = os.fsync, os.link

    def noting_flush(handle: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "bytes")
        flush(handle)

    def noting_link(source: Path, target: Path) -> None:
        done.append("name")
        link(source, target)

    look(home).put("first", b"the folder is there now")
    monkeypatch.setattr(os, "fsync", noting_flush)
    monkeypatch.setattr(os, "link", noting_link)
    look(home).put("second", b"the bytes")
    assert done == ["bytes", "name", "folder"]


def test_addresses_and_names_are_found_in_the_hand_off_files_and_nowhere_else(
    home: Settings, outbox: Outbox, capfd: pytest.CaptureFixture[str]
) -> None:
    """A canary's address goes through everything, poison and opt-out included; then everything is searched."""
    poison = row(50, content=json.dumps({"customer": {"first_name": None}}))
    nordic = row(51, address=f"{kit.CANARY}.ø@kunde.example")
    rows = [*CONTENT.rows, poison, nordic]
    gone = {(rows[0]["address"], "email")}
    report = hand_off(home, outbox, ListContent(rows, gone), source=PlainSource(handoff="eml")).run()
    assert (report.n_accepted, report.plan.n_poison) == (5, 2)
    export = home.raw_dir / "outbox" / "messages" / "current.parquet"
    export_messages(outbox.engine, export)

    with sqlite3.connect(home.ledger_path) as plain:
        dump = "\n".join(plain.iterdump())
    said = capfd.readouterr()
    words = [dump, str(pq.read_table(export).to_pylist()), repr(report), said.out, said.err]
    words += [path.read_text() for path in home.outbox_dir.glob("*/*.manifest.json")]
    files = [path for path in home.home.rglob("*") if path.is_file()]
    words += [str(path) for path in files]
    words += [path.read_bytes().decode("latin-1") for path in files if not path.name.endswith(".tar.zst")]
    for text in words:
        assert kit.CANARY not in text
        assert "Kanari" not in text
    assert sum(kit.CANARY in record["address"] for record in handed_off(home)) == 5


def test_staged_files_are_readable_by_their_owner_only(home: Settings) -> None:
    """They hold addresses; another user of the machine has no business with them."""
    staged = look(home).stage("x", b"content")
    assert staged.stat().st_mode & 0o077 == 0


def test_a_state_nobody_may_reach_by_hand_stays_out_of_reach(outbox: Outbox) -> None:
    """`resolve` decides quarantined messages only; it is no way around the table."""
    with pytest.raises(ValueError, match="no move from"):
        outbox.move(["x"], {State.SUPPRESSED}, State.ACCEPTED)
