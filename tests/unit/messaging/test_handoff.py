"""The hand-off of a day: once, in order, and only what may still be sent at that instant."""

from __future__ import annotations

import json
import tarfile
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import SMTP
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import zstandard

from assets.messaging.clock import FixedClock
from assets.messaging.ledger_guard import open_ledger
from assets.messaging.ledger_lookups import members_of
from assets.messaging.ledger_views import count_by_state, list_batches
from assets.messaging.outbox import Outbox
from assets.messaging.provider_events import apply_provider_events
from orchestration.settings import Settings
from tests.faults import kit
from tests.faults.kit import ListContent, PlainSource, all_files, hand_off, handed_off, row, states
from tests.unit.messaging.opt_outs import NOON, opt_out


def test_every_message_is_handed_off_with_what_a_provider_needs(home: Settings, outbox: Outbox) -> None:
    """The collector sees files, manifests and templates, and nothing else lies in the outbox."""
    rows = [row(n) for n in range(5)] + [row(9, channel="sms", address="+4740000009")]
    report = hand_off(home, outbox, ListContent(rows)).run()
    assert report.n_accepted == 6
    records = {record["message_id"]: record for record in handed_off(home)}
    assert set(records) == {one["message_id"] for one in rows}
    mail = records[rows[0]["message_id"]]
    assert mail["fields"] == {"first_name": "Kanari0"}
    assert mail["subject"] == "Takk for handelen, Kanari0"
    assert mail["send_at"] == "2026-11-20T09:00:00Z"
    assert (mail["permission_basis"], mail["permission_id"]) == ("consent", "p0")
    assert (home.outbox_dir / mail["template"]).exists()
    assert records[rows[5]["message_id"]]["text"] == "Takk for handelen, Kanari9!"
    names = [name for name in all_files(home) if not name.startswith("templates/")]
    assert all(name.endswith((".ndjson.zst", ".manifest.json")) for name in names)
    assert not list((home.home / "staging").iterdir())


def test_the_same_day_again_changes_no_byte(home: Settings, outbox: Outbox) -> None:
    """What was handed off never changes, and nothing leaves twice."""
    content = ListContent([row(n) for n in range(20)])
    hand_off(home, outbox, content, max_batch=7).run()
    before = all_files(home)
    again = hand_off(home, outbox, content, max_batch=7).run()
    assert again.n_accepted == 0
    assert again.plan.already == {"ACCEPTED": 20}
    assert all_files(home) == before


def test_new_messages_of_a_later_run_get_a_further_file(home: Settings, outbox: Outbox) -> None:
    """A late receipt may start a journey at noon; the morning's files stay as they are."""
    hand_off(home, outbox, ListContent([row(n) for n in range(3)])).run()
    before = all_files(home)
    report = hand_off(home, outbox, ListContent([row(n) for n in range(5)])).run()
    assert report.n_accepted == 2
    after = all_files(home)
    assert before.items() <= after.items()
    assert len(handed_off(home)) == 5


def test_two_installations_write_the_same_bytes(tmp_path: Path) -> None:
    """A replay of a day must be comparable with the day itself."""
    written = []
    for name in ("one", "other"):
        setting = kit.settings(tmp_path / name)
        with open_ledger(setting) as outbox:
            hand_off(setting, outbox, ListContent([row(n) for n in range(9)]), source=PlainSource(handoff="eml")).run()
        written.append(all_files(setting))
    assert written[0] == written[1]


def test_full_mails_travel_as_a_tar_that_anything_reads(home: Settings, outbox: Outbox) -> None:
    """Each .eml must be the exact bytes of a complete mail, found by its name in the index."""
    hand_off(home, outbox, ListContent([row(n) for n in range(3)]), source=PlainSource(handoff="eml")).run()
    name = next(name for name in all_files(home) if name.endswith(".tar.zst"))
    plain = zstandard.ZstdDecompressor().stream_reader(BytesIO(all_files(home)[name])).read()
    with tarfile.open(fileobj=BytesIO(plain)) as tar:
        assert tar.getnames()[0] == "index.ndjson"
        for record in handed_off(home):
            file = tar.extractfile(f"{record['message_id']}.eml")
            assert file is not None
            message = message_from_bytes(file.read(), policy=SMTP)
            assert message["Message-ID"] == f"<{record['message_id']}@fredning.example>"
            assert message["To"] == record["address"]
            assert message["List-Unsubscribe"] == f"<{record['unsubscribe_link']}>"


def test_an_opt_out_after_the_decision_is_obeyed(home: Settings, outbox: Outbox) -> None:
    """Known to the warehouse, or told to the ledger a second ago: either stops the message, not its batch."""
    rows = [row(n) for n in range(4)] + [row(4, permission_basis="service", **{"class": "service"})]
    apply_provider_events(outbox, kit.SECRET.encode(), [opt_out(1, NOON), opt_out(4, NOON)])
    gone = {(rows[2]["address"], "email"), (rows[4]["address"], "email")}
    report = hand_off(home, outbox, ListContent(rows, gone)).run()
    assert report.n_accepted == 3
    sent = {record["message_id"] for record in handed_off(home)}
    assert sent == {rows[n]["message_id"] for n in (0, 3, 4)}
    assert {(r["state"], r["reason"]) for r in count_by_state(outbox)} == {
        ("ACCEPTED", None),
        ("SUPPRESSED", "WITHDRAWN"),
    }


def test_an_opt_out_that_the_decision_already_knew_does_not_undo_a_new_consent(home: Settings, outbox: Outbox) -> None:
    """The ledger keeps opt-outs for good, but only those after as_of are news."""
    apply_provider_events(outbox, kit.SECRET.encode(), [opt_out(0, kit.SIX - timedelta(days=2))])
    assert hand_off(home, outbox, ListContent([row(0)])).run().n_accepted == 1


@pytest.mark.parametrize("event", [{"event": "complained"}, {"event": "bounced", "bounce_type": "hard"}])
def test_a_complaint_or_hard_bounce_stops_everything_to_that_address(
    home: Settings, outbox: Outbox, event: dict[str, Any]
) -> None:
    """Also service messages, and also those planned by other journeys: the address is dead or angry."""
    reported = opt_out(0, kit.SIX - timedelta(days=9), **event)
    reported["address"] = reported["address"].upper()
    apply_provider_events(outbox, kit.SECRET.encode(), [reported])
    report = hand_off(home, outbox, ListContent([row(0, permission_basis="service"), row(1)])).run()
    assert report.n_accepted == 1
    assert ("SUPPRESSED", "ADDRESS_SUPPRESSED") in {(r["state"], r["reason"]) for r in count_by_state(outbox)}


def test_an_opt_out_while_the_file_is_being_made_makes_the_file_anew(home: Settings, outbox: Outbox) -> None:
    """Everything whose SENDING starts after an opt-out honours it; the file was only staged."""

    def leave(point: str) -> None:
        if point == "staged":
            apply_provider_events(outbox, kit.SECRET.encode(), [opt_out(1, NOON)])

    rows = [row(n) for n in range(3)]
    report = hand_off(home, outbox, ListContent(rows), failpoint=leave).run()
    assert report.n_accepted == 2
    assert rows[1]["message_id"] not in {record["message_id"] for record in handed_off(home)}


def test_a_message_that_has_expired_by_the_clock_is_not_sent(home: Settings, outbox: Outbox) -> None:
    """After a day's outage there is no late blast."""
    rows = [row(0, expires_at=kit.SIX), row(1, expires_at=datetime(2026, 11, 20, 9, 0, 1, tzinfo=UTC)), row(2)]
    assert hand_off(home, outbox, ListContent(rows)).run().n_accepted == 1
    assert states(outbox) == {"ACCEPTED": 1, "EXPIRED": 2}


def test_a_run_whose_day_is_over_sends_nothing(home: Settings, outbox: Outbox) -> None:
    """Its quarantines and sending hours were worked out for that day; the next run decides anew."""
    late = FixedClock(datetime(2026, 11, 20, 23, 0, tzinfo=UTC))  # midnight in Oslo
    report = hand_off(home, outbox, ListContent([row(0)]), clock=late).run()
    assert list(report.held.values()) == ["the day it was decided for is over"]
    assert not all_files(home)


def test_sent_at_is_never_before_the_hand_off(home: Settings, outbox: Outbox) -> None:
    """The next quarantine counts from here, so an early send_at in a late run must not shorten it."""
    hand_off(home, outbox, ListContent([row(0), row(7_200)]), clock=FixedClock(NOON - timedelta(hours=1))).run()
    batch = list_batches(outbox)[0]["batch_id"]
    sent = {member["send_at"]: member["sent_at"] for member in members_of(outbox, batch)}
    nine, eleven = datetime(2026, 11, 20, 9, tzinfo=UTC), datetime(2026, 11, 20, 11, tzinfo=UTC)
    assert sent == {nine: NOON - timedelta(hours=1), eleven: eleven}


def test_poison_is_put_aside_with_a_reason_and_the_batch_goes_on(home: Settings, outbox: Outbox) -> None:
    """One broken row may not keep a thousand customers waiting, and its reason may not name its person."""
    nameless = json.dumps({"customer": {"first_name": None}})
    rows = [
        row(0),
        row(1, content=nameless),
        row(2, address=None),
        row(3, address="kåre@kunde.example"),
        row(4, content=json.dumps({"customer": {"first_name": "Eve\r\nBcc: x"}})),
    ]
    report = hand_off(home, outbox, ListContent(rows), source=PlainSource(handoff="eml")).run()
    assert (report.n_accepted, report.plan.n_poison) == (1, 4)
    assert states(outbox) == {"ACCEPTED": 1, "HELD": 4}
    assert sorted(report.plan.poison_reasons) == [
        "control character in Subject",
        "the template asks for first_name",
        "there is no address",
        "unusable address in To",
    ]
    repaired = hand_off(home, outbox, ListContent([row(1)]), source=PlainSource(handoff="eml")).run()
    assert repaired.n_accepted == 1
