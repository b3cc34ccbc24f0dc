"""The secret key is changed: nobody who asked to be left alone is written to because of that."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.messaging import key_change, keys, reports
from assets.messaging.ledger import suppressions, wishes
from assets.messaging.ledger_guard import LedgerRefused, open_ledger
from assets.messaging.ledger_lookups import known_messages
from assets.messaging.outbox import Outbox
from assets.messaging.provider_events import apply_provider_events
from assets.messaging.states import State
from assets.messaging.webhooks import Call, sms
from assets.privacy.handed_off import stop_for_good
from assets.privacy.person import Forgotten
from orchestration.commands.outbox import outbox as outbox_command
from orchestration.settings import Settings
from tests.faults import kit
from tests.faults.kit import ListContent, hand_off, row

NEW = "another secret key for tests, of 32 or more characters"
LATER = kit.RUN_DATE + timedelta(days=1)
GONE, THERE = row(1), row(2)


def after_change(setting: Settings) -> Settings:
    return replace(setting, secret_key=NEW, former_secret_keys=(kit.SECRET,))


def next_day(setting: Settings, *, channel: str = "email") -> dict[str, State]:
    """What becomes of both people's messages of the next day, under the settings given."""
    again = [row(n + 10, run_date=LATER, address=one["address"]) for n, one in ((1, GONE), (2, THERE))]
    with open_ledger(setting) as outbox:
        hand_off(setting, outbox, ListContent(again), run_date=LATER).run()
        known = known_messages(outbox, [one["message_id"] for one in again])
    return {name: known[one["message_id"]].state for name, one in zip(("gone", "there"), again, strict=True)}


def hard_bounce(setting: Settings, outbox: Outbox) -> None:
    event = {"message_id": GONE["message_id"], "event": "bounced", "bounce_type": "hard", "channel": "email"}
    event |= {"occurred_at": kit.SIX + timedelta(hours=9), "address": None}
    apply_provider_events(outbox, setting.require_secret_key(), [event])


def erasure(setting: Settings, outbox: Outbox) -> None:
    gone = Forgotten(addresses=frozenset({("email", GONE["address"])}))
    stop_for_good(setting, outbox, gone, kit.RUN_DATE, kit.SIX)


def opt_out(setting: Settings, outbox: Outbox) -> None:
    key = keys.address_key(setting.require_secret_key(), "email", GONE["address"])
    stop = {"address_key": key, "channel": "email", "reason": "unsubscribed_for_good", "at": kit.SIX}
    with outbox.transaction() as tx:
        tx.execute(outbox.insert_new(suppressions).values(stop))


def pause(setting: Settings, outbox: Outbox) -> None:
    key = keys.address_key(setting.require_secret_key(), "email", GONE["address"])
    wish = {"address_key": key, "channel": "email", "topics_off": "", "is_delivered": False, "at": kit.SIX}
    with outbox.transaction() as tx:
        tx.execute(sa.insert(wishes).values({**wish, "paused_until": kit.SIX + timedelta(days=30)}))


@pytest.mark.parametrize("ask", [hard_bounce, erasure, opt_out, pause])
def test_what_was_asked_for_under_the_old_key_holds_under_the_new_one(home: Settings, ask: Any) -> None:
    """A bounce, an erasure, an opt-out and a pause: the hash of the address is another one, the person is not."""
    with open_ledger(home) as outbox:
        hand_off(home, outbox, ListContent([GONE, THERE])).run()
        ask(home, outbox)
    assert next_day(after_change(home)) == {"gone": State.SUPPRESSED, "there": State.ACCEPTED}


def test_without_carrying_over_an_erased_person_would_be_written_to(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mistake itself, so that the tests above are known to notice it."""
    with open_ledger(home) as outbox:
        erasure(home, outbox)
    monkeypatch.setattr(key_change, "carry_over", lambda *_: None)
    assert next_day(after_change(home))["gone"] == State.ACCEPTED


def test_a_ledger_whose_old_key_is_not_known_is_refused(home: Settings) -> None:
    """The likely accident: a new key is set, and the old one is not named."""
    with open_ledger(home) as outbox:
        erasure(home, outbox)
    name = keys.key_name(kit.SECRET.encode())
    with pytest.raises(LedgerRefused, match=f"{name}.*FREDNING_FORMER_SECRET_KEYS"):
        open_ledger(replace(home, secret_key=NEW))
    open_ledger(home).close()  # a mistyped key is not noted: the right one still opens
    open_ledger(after_change(home)).close()
    open_ledger(replace(home, secret_key=None)).close()


def test_only_a_person_gives_a_lost_key_up(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a way on, and it says what it costs."""
    open_ledger(home).close()
    monkeypatch.setenv("FREDNING_HOME", str(home.home))
    monkeypatch.setenv("FREDNING_SECRET_KEY", NEW)
    shell = CliRunner()
    refused = shell.invoke(outbox_command, ["status"])
    name = keys.key_name(kit.SECRET.encode())
    assert refused.exit_code == 1
    assert name in refused.output
    assert kit.SECRET not in refused.output
    assert shell.invoke(outbox_command, ["forget-key", "nonsense", "--by", "kari"]).exit_code == 1
    assert shell.invoke(outbox_command, ["forget-key", name, "--by", "kari"]).exit_code == 0
    assert shell.invoke(outbox_command, ["status"]).exit_code == 0


_REASONS = st.sampled_from(["hard_bounce", "complaint", "erased", "unsubscribed"])
_STOPS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), _REASONS, st.integers(0, 50)), max_size=12)


@given(stops=_STOPS)
@settings(max_examples=60, deadline=None)
def test_after_any_history_of_keys_each_address_has_what_it_had_under_all_of_them(
    tmp_path_factory: pytest.TempPathFactory, stops: list[tuple[int, int, str, int]]
) -> None:
    """Against the plain rule: per address and reason, the newest instant under any key."""
    secrets = ("k" * 40, "l" * 40, "m" * 40)
    home = kit.settings(tmp_path_factory.mktemp("home"), secret_key=secrets[0], former_secret_keys=secrets[1:])
    wanted: dict[tuple[str, str], datetime] = {}
    with open_ledger(home) as outbox:
        with outbox.transaction() as tx:
            for key, person, reason, minute in stops:
                at = kit.SIX + timedelta(minutes=minute)
                address = f"{person}@kunde.example"
                known = {"address_key": keys.address_key(secrets[key].encode(), "email", address), "channel": "email"}
                key_change._keep_newest(tx, outbox, suppressions, {**known, "reason": reason, "at": at})
                wanted[address, reason] = max(at, wanted.get((address, reason), at))
        for _ in range(2):  # again changes nothing
            key_change.carry_over(home, outbox, [("email", f"{person}@kunde.example") for person in range(4)])
        with outbox.transaction() as tx:
            rows = {(r.address_key, r.reason): r.at for r in tx.execute(sa.select(suppressions))}
    for person in range(4):
        address = f"{person}@kunde.example"
        key = keys.address_key(secrets[0].encode(), "email", address)
        mine = {reason: at for (one, reason), at in rows.items() if one == key}
        assert mine == {reason: at for (one, reason), at in wanted.items() if one == address}


def test_a_gateways_report_about_a_message_from_before_the_change_is_genuine(home: Settings) -> None:
    """It comes back to the address that the message carried, which the former key made."""
    message_id = GONE["message_id"]
    path = reports.address_maker(home, "kannel")(message_id)
    known = after_change(home).known_secret_keys()
    assert sms.parse_kannel(Call(f"{path}?status=1"), known, kit.SIX)[0]["event"] == "delivered"
