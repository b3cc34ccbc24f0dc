"""Files with addresses go after a while; what keeps a message from going twice stays for good."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from assets.messaging.ledger import messages
from assets.messaging.ledger_guard import open_ledger
from assets.messaging.outbox import Outbox
from assets.messaging.rendering import Format
from assets.messaging.retention import IN_DOUBT, remove_old_files
from assets.messaging.states import State
from orchestration.settings import Settings
from tests.faults import kit
from tests.faults.kit import ListContent, PlainSource, all_files, hand_off, row
from tests.unit.messaging.test_handoff_assets import materialise, metadata, warehouse_of_samples

OLD = kit.RUN_DATE
CONTENT = ListContent([row(n) for n in range(4)] + [row(9, channel="sms", address="+4740000009")])


@pytest.fixture
def short(home: Settings) -> Settings:
    return replace(home, keep_days=30)


def with_addresses(setting: Settings) -> list[str]:
    return [name for name in all_files(setting) if name.endswith(".zst")]


@pytest.mark.parametrize("handoff", ["ndjson", "eml"])
def test_old_batches_lose_their_files_and_the_day_again_sends_nothing(
    short: Settings, outbox: Outbox, handoff: Format
) -> None:
    """The promise of one message each must not hang on a file that holds addresses."""
    source = PlainSource(handoff=handoff)
    hand_off(short, outbox, CONTENT, source=source).run()
    before = all_files(short)
    done = remove_old_files(short, outbox, OLD + timedelta(days=31))
    assert (done.n_batch_files, done.n_kept_in_doubt) == (2, 0)
    left = all_files(short)
    assert set(left) == {name for name in before if not name.endswith(".zst")}
    assert kit.CANARY not in b"".join(left.values()).decode()
    assert sum(name.endswith(".manifest.json") for name in left) == 2
    again = hand_off(short, outbox, CONTENT, source=source).run()
    assert (again.n_accepted, again.plan.already) == (0, {"ACCEPTED": 5})
    assert all_files(short) == left


def test_the_last_day_that_is_kept_stays_and_a_replay_leaves_its_own_day_alone(short: Settings, outbox: Outbox) -> None:
    """Thirty days are thirty days; and a day that is run again a year later still shows what it handed off."""
    hand_off(short, outbox, CONTENT).run()
    before = all_files(short)
    for run_date in (OLD, OLD + timedelta(days=30)):
        assert remove_old_files(short, outbox, run_date).n_batch_files == 0
    assert all_files(short) == before
    assert remove_old_files(short, outbox, OLD + timedelta(days=31)).n_batch_files == 2
    assert remove_old_files(short, outbox, OLD + timedelta(days=32)).n_batch_files == 0


@pytest.mark.parametrize("state", sorted(IN_DOUBT))
def test_a_file_that_may_still_prove_something_waits(short: Settings, outbox: Outbox, state: State) -> None:
    """A message in doubt is settled by its file, or by a person who looks into it; other batches do not wait."""
    hand_off(short, outbox, CONTENT).run()
    doubtful = CONTENT.rows[2]["message_id"]
    with outbox.transaction() as tx:
        tx.execute(sa.update(messages).where(messages.c.message_id == doubtful).values(state=state))
    done = remove_old_files(short, outbox, OLD + timedelta(days=31))
    assert (done.n_batch_files, done.n_kept_in_doubt) == (1, 1)
    assert [name.split("/")[1] for name in with_addresses(short)] == ["email"]
    with outbox.transaction() as tx:
        tx.execute(sa.update(messages).where(messages.c.message_id == doubtful).values(state=State.ACCEPTED))
    assert remove_old_files(short, outbox, OLD + timedelta(days=32)).n_batch_files == 1
    assert with_addresses(short) == []


def test_old_previews_go_and_nothing_else_that_lies_there(short: Settings, outbox: Outbox) -> None:
    """Previews show real customers, test messages our own people; a folder of another name is somebody else's."""
    names = ("2026-10-20", "2026-10-21", "2026-11-20", "2026-13-45", "for the board")
    for root in (short.previews_dir, short.seed_previews_dir):
        for name in names:
            (root / name).mkdir(parents=True)
            (root / name / "index.html").write_text(kit.CANARY)
    assert remove_old_files(short, outbox, OLD).n_preview_days == 2
    assert sorted(path.name for path in short.previews_dir.iterdir()) == sorted([*names[1:], "seeds"])
    assert sorted(path.name for path in short.seed_previews_dir.iterdir()) == sorted(names[1:])


def test_a_file_that_the_ledger_does_not_know_is_left_for_a_person(short: Settings, outbox: Outbox) -> None:
    """It shows that something went wrong; to remove it would hide that."""
    hand_off(short, outbox, CONTENT).run()
    stray = short.outbox_dir / OLD.isoformat() / "email" / "stray.ndjson.zst"
    stray.write_bytes(b"?")
    remove_old_files(short, outbox, OLD + timedelta(days=31))
    assert with_addresses(short) == [str(stray.relative_to(short.outbox_dir))]


def test_the_days_run_removes_them(short: Settings) -> None:
    """Nobody has to think of it: the asset of the hand-off does it, and says how many."""
    with open_ledger(short) as outbox:
        hand_off(short, outbox, CONTENT, run_date=OLD - timedelta(days=40)).run()
    warehouse_of_samples(short, OLD)
    said = metadata(materialise(short), "messaging", "hand_off")
    assert said["n_old_files_removed"] == 2
    assert not [name for name in with_addresses(short) if name < OLD.isoformat()]
