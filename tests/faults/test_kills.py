"""kill −9 at every point of the hand-off, at random instants, and with others at work: none lost, none twice."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assets.messaging import handoff, reconcile
from assets.messaging.channels.file import FileChannel
from assets.messaging.ledger_guard import open_ledger
from assets.messaging.outbox import Outbox
from assets.messaging.states import State
from orchestration.settings import Settings
from tests.faults import kit
from tests.faults.forks import POINTS, at, finish, resume, start, start_paused, worker
from tests.faults.kit import ListContent, PlainSource, all_files, handed_off, mutated, row, states

CONTENT = ListContent([row(n) for n in range(12)])
BEFORE, AFTER = PlainSource("Takk for handelen"), PlainSource("Takk skal du ha")


def judge(setting: Settings, content: ListContent) -> tuple[int, int]:
    """(lost, doubled), as whoever collects the files would count."""
    counted = Counter(record["message_id"] for record in handed_off(setting))
    wanted = {one["message_id"] for one in content.rows}
    assert set(counted) <= wanted
    return len(wanted - set(counted)), sum(n - 1 for n in counted.values())


def assert_tidy(setting: Settings) -> None:
    """Nothing is in doubt, nothing half-done lies about, and every file is one that a manifest names."""
    with open_ledger(setting) as outbox:
        assert set(states(outbox)) == {"ACCEPTED"}
    assert not list((setting.home / "staging").glob("*"))
    names = set(all_files(setting))
    manifests = {name for name in names if name.endswith(".manifest.json")}
    assert len({n for n in names if n.endswith(".zst")}) == len(manifests)
    assert all(name.endswith((".manifest.json", ".ndjson.zst")) or name.startswith("templates/") for name in names)


@pytest.mark.parametrize("texts_change", [False, True], ids=["same texts", "texts changed between"])
@pytest.mark.parametrize(
    ("point", "occurrence"), [(point, n) for point in POINTS for n in (1, 2) if (point, n) != ("reconciled", 2)]
)
def test_killed_at_this_point_it_loses_and_doubles_nothing(
    tmp_path: Path, point: str, occurrence: int, texts_change: bool
) -> None:
    """Whatever the last thing was that reached the disk, the next start knows what it means."""
    setting = kit.settings(tmp_path)
    killed = start(worker(setting, CONTENT, source=BEFORE, failpoint=at(point, occurrence, signal.SIGKILL)))
    assert finish(killed) == -signal.SIGKILL
    assert finish(start(worker(setting, CONTENT, source=AFTER if texts_change else BEFORE))) == 0
    assert judge(setting, CONTENT) == (0, 0)
    assert_tidy(setting)


@pytest.mark.parametrize("second", POINTS)
def test_killed_again_while_recovering_it_still_loses_and_doubles_nothing(tmp_path: Path, second: str) -> None:
    """Recovery is code like any other and dies like any other."""
    setting = kit.settings(tmp_path)
    for point in ("revealed", second):
        assert finish(start(worker(setting, CONTENT, failpoint=at(point, 1, signal.SIGKILL)))) == -signal.SIGKILL
    assert finish(start(worker(setting, CONTENT, source=AFTER))) == 0
    assert judge(setting, CONTENT) == (0, 0)
    assert_tidy(setting)


def test_workers_at_the_same_time_share_the_work_without_overlap(tmp_path: Path) -> None:
    """Two schedulers, or a person and the schedule: each message is claimed by exactly one of them."""
    setting = kit.settings(tmp_path)
    content = ListContent([row(n) for n in range(60)])
    children = [start(worker(setting, content, max_batch=5)) for _ in range(3)]
    assert [finish(child) for child in children] == [0, 0, 0]
    assert judge(setting, content) == (0, 0)
    assert_tidy(setting)


def test_a_paused_worker_that_resumes_before_its_intent_gives_way(tmp_path: Path) -> None:
    """Its lease ran out and another one sent everything; it must notice by its fence and write nothing."""
    setting = kit.settings(tmp_path)
    paused = start_paused(worker(setting, CONTENT, failpoint=at("staged", 1, signal.SIGSTOP)))
    assert finish(start(worker(setting, CONTENT, source=AFTER, hours_later=1))) == 0
    files = all_files(setting)
    assert resume(paused) == 0
    assert all_files(setting) == files
    assert judge(setting, CONTENT) == (0, 0)
    assert_tidy(setting)


def test_a_paused_worker_that_resumes_after_its_intent_is_waited_for(tmp_path: Path) -> None:
    """An empty place proves nothing while its writer may be alive: its messages stay in doubt until it is done."""
    setting = kit.settings(tmp_path)
    paused = start_paused(worker(setting, CONTENT, failpoint=at("intended", 1, signal.SIGSTOP)))
    assert finish(start(worker(setting, CONTENT, source=AFTER, hours_later=1))) == 0
    with open_ledger(setting) as outbox:
        assert states(outbox) == {"ACCEPTED": 8, "UNKNOWN": 4}
    assert resume(paused) == 0
    assert judge(setting, CONTENT) == (0, 0)
    assert_tidy(setting)


# --- the tests must be able to fail -------------------------------------------------------------------


def mark_first() -> Any:
    """Marks as accepted before the file appears."""
    real = FileChannel.reveal

    def reveal(self: FileChannel, staged: Path, name: str) -> None:
        with open_ledger(kit.settings(self.outbox_dir.parent)) as outbox:
            with outbox.transaction() as tx:
                ids = list(tx.exec_driver_sql("select message_id from messages").scalars())
            outbox.move(ids, {State.SENDING}, State.ACCEPTED)
        os.kill(os.getpid(), signal.SIGKILL)
        real(self, staged, name)

    return mutated(FileChannel, "reveal", reveal)


def send_first() -> Any:
    """Lets the file appear before the intent is on disk; the ledger does not know what lies in the outbox."""

    def begin(outbox: Outbox, batch_id: str, claim: Any, permissions: Any, now: Any, record: Any) -> bool:
        outbox_dir = Path(str(outbox.engine.url.database)).parent / "outbox"
        channel = FileChannel(outbox_dir, outbox_dir.parent / "staging" / "mutant")
        run_date, _, name = str(record["file"]).split("/")
        staged = next((outbox_dir.parent / "staging").glob(f"*/{record['file'].replace('/', '_')}"))
        channel.put(record["file"], staged.read_bytes())
        channel.put(f"{run_date}/{name.removesuffix('.ndjson.zst')}.manifest.json", record["manifest"].encode())
        os.kill(os.getpid(), signal.SIGKILL)
        return True

    return mutated(handoff, "begin", begin)


def requeue_on_lease_expiry() -> Any:
    """Takes a dead lease in SENDING for a message that was never sent."""

    def release_dead(outbox: Outbox, *, senders_are_gone: bool = False) -> dict[State, int]:
        with outbox.transaction() as tx:
            tx.exec_driver_sql("update messages set state = 'READY' where state in ('CLAIMED', 'SENDING')")
        return {State.READY: 0, State.UNKNOWN: 0}

    return mutated(reconcile, "release_dead", release_dead)


@pytest.mark.parametrize(
    ("mutant", "kill_at", "is_caught_by"),
    [
        (mark_first, None, "lost"),
        (send_first, None, "refused"),
        (requeue_on_lease_expiry, "manifested", "doubled"),
    ],
)
def test_the_kill_tests_catch_this_mutant(
    tmp_path: Path, mutant: Callable[[], Any], kill_at: str | None, is_caught_by: str
) -> None:
    """A proof of "exactly once" that also holds for a design known to be wrong would prove nothing."""
    setting = kit.settings(tmp_path)
    failpoint = at(kill_at, 1, signal.SIGKILL) if kill_at else None
    with mutant():
        assert finish(start(worker(setting, CONTENT, source=BEFORE, failpoint=failpoint))) == -signal.SIGKILL
        if mutant is requeue_on_lease_expiry:
            finish(start(worker(setting, CONTENT, source=AFTER)))
    refused = finish(start(worker(setting, CONTENT, source=AFTER))) != 0
    lost, doubled = judge(setting, CONTENT)
    assert {"lost": lost, "doubled": doubled, "refused": refused}[is_caught_by] > 0


# --- slow ---------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_killed_three_hundred_times_at_random_instants_it_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Failpoints are where we thought of; this one dies where nobody thought of anything, two workers at a time."""
    drawn = random.Random(20261120)
    n_kills = 0
    for number in range(8):
        setting = kit.settings(tmp_path / str(number))
        content = ListContent([row(n) for n in range(400)])
        started = time.monotonic()
        assert finish(start(worker(kit.settings(tmp_path / f"timing{number}"), content, max_batch=20))) == 0
        usual = time.monotonic() - started
        for attempt in range(20):
            source = PlainSource(f"Takk nummer {attempt}")
            children = [start(worker(setting, content, source=source, max_batch=20)) for _ in range(2)]
            time.sleep(drawn.uniform(0, usual / 6))
            for child in children:
                os.kill(child, signal.SIGKILL)
            n_kills += [finish(child) for child in children].count(-signal.SIGKILL)
        assert finish(start(worker(setting, content, max_batch=20))) == 0
        assert judge(setting, content) == (0, 0)
        assert_tidy(setting)
    assert n_kills >= 300
