"""`fredning outbox`: looking into the ledger and telling it what a person has decided."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assets.messaging.ledger_guard import open_ledger
from assets.messaging.ledger_views import list_batches
from assets.messaging.states import State
from orchestration.settings import Settings
from tests.faults import kit
from tests.faults.kit import ListContent, hand_off, row
from tests.unit.orchestration.command_line import Shell


@pytest.fixture
def home(shell: Shell) -> Settings:
    return kit.settings(shell.home)


def run_day(settings: Settings, *numbers: int) -> None:
    with open_ledger(settings) as outbox:
        hand_off(settings, outbox, ListContent([row(n) for n in numbers])).run()


def waiting_hash(settings: Settings) -> str:
    with open_ledger(settings) as outbox:
        (batch,) = list_batches(outbox)
    return str(batch["sha256"])


def test_states_are_counted_by_day_and_without_any_personal_data(shell: Shell, home: Settings) -> None:
    """The first look of the morning; it may be pasted into a chat."""
    run_day(home, 0, 1, 2)
    said = shell.run("outbox", "status")
    assert "ACCEPTED" in said
    assert "│        3 │" in said
    detailed = shell.run("outbox", "status", "--date", kit.RUN_DATE)
    assert "post_purchase_coffee" in detailed
    for text in (said, detailed, shell.run("outbox", "batches"), shell.run("outbox", "show", row(0)["message_id"])):
        assert kit.CANARY not in text
        assert "Kanari" not in text


def test_a_held_batch_is_approved_by_its_hash_and_leaves_with_the_next_run(shell: Shell, home: Settings) -> None:
    """Manual approval is the default: without this command nothing would ever leave."""
    careful = replace(home, approval="manual")
    run_day(careful, 0, 1)
    assert "not approved" in shell.run("outbox", "batches", "--waiting")
    assert "2 messages held back" in shell.run("outbox", "status")
    said = shell.run("outbox", "approve", waiting_hash(home)[:12], "--by", "kari")
    assert f"fredning run --date {kit.RUN_DATE}" in said
    run_day(careful, 0, 1)
    assert "No batch waits." in shell.run("outbox", "batches", "--waiting")
    assert "kari" in shell.run("outbox", "batches")


@pytest.mark.parametrize(
    ("digits", "expected"),
    [("abc", "at least the first 8"), ("0123456789", "no batch has the hash 0123456789")],
)
def test_an_unusable_hash_is_refused(shell: Shell, home: Settings, digits: str, expected: str) -> None:
    """Approving the wrong batch cannot be undone."""
    run_day(home, 0)
    assert expected in shell.refuses("outbox", "approve", digits, "--by", "kari")


def test_a_batch_that_has_left_cannot_be_stopped(shell: Shell, home: Settings) -> None:
    """The answer must be plain: it is too late."""
    run_day(home, 0)
    assert "is SENT and waits for nobody" in shell.refuses("outbox", "stop-batch", waiting_hash(home), "--by", "kari")


def test_a_stopped_batch_stays_until_it_is_approved(shell: Shell, home: Settings) -> None:
    """A person's stop outweighs automatic approval."""
    run_day(replace(home, approval="manual"), 0)
    shell.run("outbox", "stop-batch", waiting_hash(home), "--by", "ola")
    run_day(home, 0)
    assert "stopped by ola" in shell.run("outbox", "batches", "--waiting")


def test_the_stop_holds_everything_until_it_is_taken_back(shell: Shell, home: Settings) -> None:
    """The red button must work before the first run, too, and say who pressed it."""
    shell.run("outbox", "stop", "--by", "ola")
    run_day(home, 0, 1)
    said = shell.run("outbox", "status")
    assert "Everything is stopped since" in said
    assert "by ola" in said
    assert "The stop by ola is taken back." in shell.run("outbox", "resume")
    run_day(home, 0, 1)
    assert "ACCEPTED" in shell.run("outbox", "status")
    assert "Nothing was stopped." in shell.run("outbox", "resume")


def test_a_stop_needs_a_name(shell: Shell) -> None:
    """Somebody must be able to ask why."""
    assert "--by" in shell.run("outbox", "stop", code=2)


def test_the_life_of_a_message_is_shown_state_by_state(shell: Shell, home: Settings) -> None:
    """Proof for a customer who asks what was sent when, and on which permission."""
    run_day(home, 7)
    said = shell.run("outbox", "show", row(7)["message_id"])
    states = ["PLANNED", "READY", "APPROVED", "CLAIMED", "SENDING", "ACCEPTED"]
    assert [said.index(state) for state in states] == sorted(said.index(state) for state in states)
    assert "permission id  p7" in said


def test_an_unknown_message_is_answered_with_where_to_look(shell: Shell, home: Settings) -> None:
    """A message that was never to be sent is in the other ledger."""
    run_day(home, 0)
    assert "fredning ledger --customer" in shell.refuses("outbox", "show", "nobody")


def test_messages_in_doubt_are_looked_up_and_settled(shell: Shell, home: Settings) -> None:
    """After a crash the files say what happened; nobody has to wait for the next run."""
    run_day(home, 0, 1)
    assert "Nothing was in doubt." in shell.run("outbox", "reconcile")
    ids = [row(n)["message_id"] for n in (0, 1)]
    with open_ledger(home) as outbox:
        put_in_doubt(outbox, ids)
    assert "2 messages in doubt" in shell.run("outbox", "status")
    assert "2 messages: had been handed off" in shell.run("outbox", "reconcile", "--senders-are-gone")
    assert "ACCEPTED" in shell.run("outbox", "status")


def put_in_doubt(outbox, ids: list[str], state: State = State.UNKNOWN) -> None:
    """As a process leaves them that died between the intent and the acceptance."""
    import sqlalchemy as sa

    from assets.messaging.ledger import messages

    with outbox.transaction() as tx:
        tx.execute(sa.update(messages).where(messages.c.message_id.in_(ids)).values(state=state))


@pytest.mark.parametrize(("verdict", "state"), [("--sent", "ACCEPTED"), ("--not-sent", "REJECTED")])
def test_a_person_settles_what_nobody_else_can_judge(shell: Shell, home: Settings, verdict: str, state: str) -> None:
    """Never guessed: only somebody who looked at the provider's side may say."""
    run_day(home, 0)
    with open_ledger(home) as outbox:
        put_in_doubt(outbox, [row(0)["message_id"]], State.QUARANTINED)
        (batch,) = list_batches(outbox)
    assert "fredning outbox resolve" in shell.run("outbox", "status")
    assert "1 message settled" in shell.run("outbox", "resolve", batch["batch_id"], verdict, "--by", "kari")
    assert state in shell.run("outbox", "status")
    assert "needs a verdict" in shell.run("outbox", "resolve", batch["batch_id"], verdict, "--by", "kari")
    assert "There is no batch" in shell.refuses("outbox", "resolve", "nope", verdict, "--by", "kari")


def test_looking_does_not_begin_a_ledger(shell: Shell) -> None:
    """A mistyped home must not get an empty ledger that says nothing was ever sent."""
    assert "There is no outbox ledger" in shell.refuses("outbox", "status")
    assert not Path(shell.home / "ledger.sqlite").exists()


def test_a_ledger_that_has_forgotten_something_is_refused(shell: Shell, home: Settings) -> None:
    """The guard's own words reach the person, with what to do."""
    run_day(home, 0)
    for file in shell.home.glob("ledger.sqlite*"):
        file.unlink()
    assert "Put the newest copy of the ledger back" in shell.refuses("outbox", "status")


def test_a_ledger_that_does_not_answer_is_said_so(shell: Shell) -> None:
    """A damaged file or a database that is down is no reason for a traceback."""
    shell.home.mkdir(parents=True)
    (shell.home / "ledger.sqlite").write_bytes(b"this is no database, whatever its name says" * 50)
    assert "does not answer" in shell.refuses("outbox", "status")
