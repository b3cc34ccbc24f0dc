"""Sending tests: stopped like everything else, at the channel's pace, each letter once, and told as it was."""

from __future__ import annotations

import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from assets.messaging import approvals, keys, ledger, pacing
from assets.messaging.channels import Promise
from assets.messaging.channels.messages import Answer, Doubt, Fate, Letter, Result, all_alike
from assets.messaging.outbox import Outbox
from assets.messaging.seeds.addresses import Seed
from assets.messaging.seeds.samples import SeedMessage
from assets.messaging.seeds.sending import SeedSending, left_alone, write_files
from assets.messaging.states import State
from orchestration.settings import Settings
from tests.faults import kit

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
LETTERS = [Letter(f"{n:032x}", {"address": f"seed{n}@butikk.example"}, b"mime", "h", "") for n in range(5)]


@dataclass
class Channel:
    """Answers as told, and remembers what it was asked."""

    answer: Callable[[Sequence[Letter]], Answer] = lambda letters: all_alike(letters, State.ACCEPTED, None)
    max_batch: int = 1
    rate: float | None = None
    asked: list[list[str]] = field(default_factory=list)

    @property
    def promise(self) -> Promise:
        return Promise("test", self.max_batch, None, can_lookup=False, proves_absence=False, rate=self.rate)

    def send(self, letters: Sequence[Letter]) -> Answer:
        self.asked.append([letter.message_id for letter in letters])
        return self.answer(letters)

    def look_up(self, doubts: Sequence[Doubt], now: datetime) -> dict[str, Fate]:
        raise AssertionError("nobody asks what became of a test")


@pytest.fixture
def sending(home: Settings, outbox: Outbox) -> SeedSending:
    outbox._now = lambda: NOW
    return SeedSending(home, outbox, sleep=lambda _: None)


def test_a_stop_in_the_middle_is_obeyed_before_the_next_request(sending: SeedSending) -> None:
    """The kill switch stops everything at once, whoever sends."""

    def accept_then_stop(letters: Sequence[Letter]) -> Answer:
        if letters[0] is LETTERS[1]:
            approvals.stop_everything(sending.outbox, "kari", NOW)
        return all_alike(letters, State.ACCEPTED, None)

    channel = Channel(accept_then_stop)
    report = sending.send("email", channel, LETTERS)
    assert channel.asked == [[LETTERS[0].message_id], [LETTERS[1].message_id]]
    assert (report.states[State.ACCEPTED], report.n_left, report.why_left) == (2, 3, "everything is stopped")
    assert not report.is_good


def test_a_stop_while_waiting_for_the_channels_pace_is_obeyed(sending: SeedSending) -> None:
    """Looked at at the last moment, not before the wait."""

    def stop_meanwhile(_: float) -> None:
        approvals.stop_everything(sending.outbox, "kari", NOW)

    channel = Channel()
    report = replace(sending, sleep=stop_meanwhile).send("email", channel, LETTERS)
    assert (channel.asked, report.n_left) == ([], 5)


def test_the_kill_switch_of_the_environment_stops_tests_too(sending: SeedSending) -> None:
    channel = Channel()
    report = replace(sending, settings=replace(sending.settings, kill_switch=True)).send("email", channel, LETTERS)
    assert (channel.asked, report.n_left) == ([], 5)


def test_a_provider_that_asks_for_quiet_gets_it_from_tests_and_from_workers(sending: SeedSending) -> None:
    """The pause stands in the ledger, where workers look; and nobody waits half an hour at a prompt."""

    def busy(letters: Sequence[Letter]) -> Answer:
        return all_alike(letters, State.DEFERRED, "SMTP 421", timedelta(minutes=30))

    channel = Channel(busy)
    report = sending.send("email", channel, LETTERS)
    assert (len(channel.asked), report.n_left) == (1, 4)
    assert "11:30:00" in report.why_left
    assert pacing.free_at(sending.outbox, "email") == NOW + timedelta(minutes=30)
    again = Channel()
    assert sending.send("email", again, LETTERS).n_left == 5
    assert again.asked == []
    assert sending.send("sms", again, LETTERS).is_good


def test_tests_keep_the_channels_rate(sending: SeedSending) -> None:
    """The places that they take are not the workers' any more."""
    waits: list[float] = []
    channel = Channel(rate=2, max_batch=100)
    assert replace(sending, sleep=waits.append).send("email", channel, LETTERS).is_good
    assert [len(one) for one in channel.asked] == [2, 2, 1]
    assert waits == [0, 1, 2]
    assert pacing.free_at(sending.outbox, "email") == NOW + timedelta(seconds=2.5)


def test_whatever_is_not_accepted_is_told_and_nothing_is_tried_again(sending: SeedSending) -> None:
    """A second attempt of a message in doubt is a second message, for colleagues, too."""
    states = [State.ACCEPTED, State.REJECTED, State.DEFERRED, State.UNKNOWN, State.ACCEPTED]

    def mixed(letters: Sequence[Letter]) -> Answer:
        errors = [None, "SMTP 550", "SMTP 450", None, None]
        return Answer(
            tuple(
                Result(one.message_id, state, None, error)
                for one, state, error in zip(letters, states, errors, strict=True)
            )
        )

    channel = Channel(mixed, max_batch=100)
    report = sending.send("email", channel, LETTERS)
    assert len(channel.asked) == 1
    assert report.states == {State.ACCEPTED: 2, State.REJECTED: 1, State.DEFERRED: 1, State.UNKNOWN: 1}
    assert report.errors[State.REJECTED, "SMTP 550"] == 1
    assert not report.is_good


def test_a_channel_that_breaks_leaves_a_doubt_and_quotes_nobody(sending: SeedSending) -> None:
    def broken(letters: Sequence[Letter]) -> Answer:
        raise ValueError(letters[0].address)

    report = sending.send("email", Channel(broken), LETTERS[:1])
    assert report.errors == {(State.UNKNOWN, "ValueError"): 1}


def test_the_ledger_gets_no_message_batch_or_move_of_a_test(sending: SeedSending) -> None:
    """Its figures are customers' messages, and its export goes back to the warehouse."""
    assert sending.send("email", Channel(), LETTERS).is_good
    with sending.outbox.transaction() as tx:
        for table in (ledger.messages, ledger.batches, ledger.transitions):
            assert tx.execute(sa.select(sa.func.count()).select_from(table)).scalar() == 0


@pytest.mark.parametrize("reason", ["hard_bounce", "complaint", "erased"])
def test_an_address_that_nothing_may_be_sent_to_gets_no_test_either(
    home: Settings, outbox: Outbox, reason: str
) -> None:
    """Under whichever key it was noted. Colleagues who want no marketing as customers still get their tests."""
    renewed = replace(home, secret_key=kit.SECRET[::-1], former_secret_keys=(kit.SECRET,))
    seeds = [Seed(n, "email", f"seed{n}@butikk.example") for n in range(3)]
    with outbox.transaction() as tx:
        for seed, why in zip(seeds, (reason, "unsubscribed"), strict=False):
            key = keys.address_key(kit.SECRET.encode(), "email", seed.address)
            row = {"address_key": key, "channel": "email", "reason": why, "at": NOW}
            tx.execute(sa.insert(ledger.suppressions).values(row))
    for setting in (home, renewed):
        assert left_alone(setting, outbox, seeds) == {seeds[0]: reason}


def test_files_lie_where_no_provider_collects_and_only_their_owner_reads_them(home: Settings) -> None:
    """They hold addresses of people; two calls never write over each other."""
    mail = SeedMessage("welcome-hello-email-nb", Seed(1, "email", "kari@butikk.example"), LETTERS[0])
    text = Letter("1" * 32, {"address": "+4740000001", "text": "Hei på deg"}, None, "h", "")
    sms = SeedMessage("welcome-hello-sms-nb", Seed(2, "sms", "+4740000001"), text)
    folders = [write_files(home, [mail, sms], NOW + timedelta(microseconds=n)) for n in range(2)]
    assert folders[0] != folders[1]
    for folder in folders:
        assert folder.parent == home.seed_previews_dir / "2026-11-20"
        found = {path.name: path.read_bytes() for path in folder.iterdir()}
        assert found == {
            "welcome-hello-email-nb.seed1.eml": b"mime",
            "welcome-hello-sms-nb.seed2.txt": "Hei på deg".encode(),
        }
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert not home.outbox_dir.exists()
