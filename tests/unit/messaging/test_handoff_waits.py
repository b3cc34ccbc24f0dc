"""What keeps a day's hand-off waiting: a missing approval, the stop, a day unlike others. And what ends the waiting."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from assets.messaging import approvals
from assets.messaging.ledger_guard import open_ledger
from assets.messaging.ledger_views import life_of, list_batches
from assets.messaging.outbox import Outbox
from assets.messaging.provider_events import apply_provider_events
from assets.messaging.states import State
from orchestration.settings import Settings
from tests.faults import kit
from tests.faults.kit import ListContent, PlainSource, all_files, hand_off, handed_off, row, states
from tests.unit.messaging.opt_outs import NOON, opt_out


def test_without_approval_nothing_leaves_and_with_it_exactly_what_was_approved(home: Settings) -> None:
    """Approval is bound to the hash: another text, or another message, needs another one."""
    manual = replace(home, approval="manual")
    content = ListContent([row(n) for n in range(3)])
    with open_ledger(manual) as outbox:
        report = hand_off(manual, outbox, content).run()
        assert list(report.held.values()) == ["not approved"]
        assert not all_files(manual)
        [batch] = list_batches(outbox)
        assert approvals.approve(outbox, batch["sha256"][:12], "kari", NOON) == batch["batch_id"]

        changed = hand_off(manual, outbox, content, source=PlainSource("Kjøp mer")).run()
        assert list(changed.held.values()) == ["not approved"]
        assert not all_files(manual)
        with pytest.raises(approvals.ApprovalRefused, match="SUPERSEDED"):
            approvals.approve(outbox, batch["sha256"], "kari", NOON)

        waiting = next(b for b in list_batches(outbox) if b["state"] == "HELD_BACK")
        approvals.approve(outbox, waiting["sha256"], "kari", NOON)
        more = ListContent([*content.rows, row(3)])
        sent = hand_off(manual, outbox, more, source=PlainSource("Kjøp mer")).run()
        assert sent.n_accepted == 3
        assert list(sent.held.values()) == ["not approved"]
        assert {r["message_id"] for r in handed_off(manual)} == {r["message_id"] for r in content.rows}
        manifest = json.loads(next(t for n, t in all_files(manual).items() if n.endswith(".manifest.json")))
        assert manifest["approval"] == {"sha256": waiting["sha256"], "by": "kari", "at": NOON.isoformat()}


def test_an_approved_batch_still_leaves_out_who_opted_out_since(home: Settings) -> None:
    """Approval says what may be said, not that a customer's no is overruled."""
    manual = replace(home, approval="manual")
    content = ListContent([row(n) for n in range(3)])
    with open_ledger(manual) as outbox:
        hand_off(manual, outbox, content).run()
        approvals.approve(outbox, list_batches(outbox)[0]["sha256"], "kari", NOON)
        apply_provider_events(outbox, kit.SECRET.encode(), [opt_out(0, NOON)])
        assert hand_off(manual, outbox, content).run().n_accepted == 2


def test_a_person_can_stop_one_batch_and_only_a_person_lets_it_go(home: Settings) -> None:
    """Automatic approval must not undo somebody's no."""
    manual = replace(home, approval="manual")
    with open_ledger(home) as outbox:
        content = ListContent([row(0)])
        hand_off(manual, outbox, content).run()
        sha256 = list_batches(outbox)[0]["sha256"]
        approvals.stop_batch(outbox, sha256, "ola")
        assert list(hand_off(home, outbox, content).run().held.values()) == ["stopped by ola"]
        approvals.approve(outbox, sha256, "kari", NOON)
        assert hand_off(home, outbox, content).run().n_accepted == 1


@pytest.mark.parametrize("digits", ["", "abc", "zzzzzzzz", "0" * 8])
def test_an_approval_that_names_nothing_is_refused(outbox: Outbox, digits: str) -> None:
    """A typing error must never approve something else."""
    with pytest.raises(approvals.ApprovalRefused):
        approvals.approve(outbox, digits, "kari", NOON)


def test_the_stop_is_looked_at_before_every_file(home: Settings, outbox: Outbox) -> None:
    """Thrown in the middle of a run, it lets nothing start any more; afterwards the rest goes out once."""
    seen: list[str] = []

    def stop(point: str) -> None:
        seen.append(point)
        if seen.count("staged") == 2 and point == "staged":
            approvals.stop_everything(outbox, "ola", NOON)

    content = ListContent([row(n) for n in range(9)])
    report = hand_off(home, outbox, content, max_batch=3, failpoint=stop).run()
    assert report.n_accepted == 3
    assert list(report.held.values()) == ["everything is stopped"] * 2
    approvals.resume(outbox)
    assert hand_off(home, outbox, content, max_batch=3).run().n_accepted == 6
    assert len(handed_off(home)) == 9


def test_the_kill_switch_of_the_settings_stops_everything(home: Settings, outbox: Outbox) -> None:
    """The one that needs no ledger and no command, only the environment."""
    report = hand_off(replace(home, kill_switch=True), outbox, ListContent([row(0)])).run()
    assert report.n_accepted == 0
    assert states(outbox) == {"HELD": 1}


def test_a_day_far_above_the_usual_waits_for_a_person(home: Settings, outbox: Outbox) -> None:
    """Only the journey that is outside its band: nobody else's message may come late for it."""
    rows = [row(n) for n in range(50)] + [row(n, journey="welcome") for n in range(50, 53)]
    content = ListContent(rows, outside={"post_purchase_coffee": "50 messages against 2 on a usual day"})
    report = hand_off(home, outbox, content).run()
    assert list(report.held.values()) == ["50 messages against 2 on a usual day"]
    assert report.n_accepted == 3
    sha256 = next(b["sha256"] for b in list_batches(outbox) if b["state"] == "HELD_BACK")
    approvals.approve(outbox, sha256, "kari", NOON)
    assert hand_off(home, outbox, content).run().n_accepted == 50


def test_a_journey_that_nobody_judged_is_held(home: Settings, outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A band that was not worked out must not read as a wide one."""
    monkeypatch.setattr(ListContent, "verdicts", lambda _: {})
    report = hand_off(home, outbox, ListContent([row(0)])).run()
    assert report.n_accepted == 0
    assert "no forecast band" in next(iter(report.held.values()))


def test_a_held_message_is_planned_anew_by_the_next_days_run(home: Settings, outbox: Outbox) -> None:
    """Held is not lost: the same message id, with the new day's content, in a new batch."""
    manual = replace(home, approval="manual")
    hand_off(manual, outbox, ListContent([row(0)])).run()
    tomorrow = date(2026, 11, 21)
    again = row(0, run_date=tomorrow)
    again["message_id"] = row(0)["message_id"]
    assert hand_off(home, outbox, ListContent([again]), run_date=tomorrow).run().n_accepted == 1
    old, new = sorted(list_batches(outbox), key=lambda batch: batch["run_date"])
    assert (old["state"], new["state"]) == ("SUPERSEDED", "SENT")
    assert [step["state"] for step in life_of(outbox, again["message_id"])] == [
        *("PLANNED", "HELD", "PLANNED", "READY", "APPROVED", "CLAIMED", "SENDING", "ACCEPTED"),
    ]


def test_what_is_final_is_never_planned_again(home: Settings, outbox: Outbox) -> None:
    """Not even when a later decision says send: withdrawn and expired messages stay where they are."""
    hand_off(home, outbox, ListContent([row(0)], {(row(0)["address"], "email")})).run()
    report = hand_off(home, outbox, ListContent([row(0)])).run()
    assert report.plan.already == {State.SUPPRESSED: 1}
    assert not handed_off(home)
