"""Whoever opts out at T gets nothing whose sending starts after T: real requests while a hand-off is under way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assets.messaging.channels.messages import Answer, Letter, Promise, all_alike
from assets.messaging.clock import FixedClock
from assets.messaging.ledger_lookups import known_messages
from assets.messaging.outbox import Outbox
from assets.messaging.states import State
from tests.faults import kit
from tests.faults.kit import ListContent, hand_off, row
from tests.faults.one_by_one import NOON, release, worker_of
from tests.unit.service import world
from tests.unit.service.world import FORM, Site, link

ROWS = [row(number) for number in range(40)]
# After midnight of the day that is decided, so that no decision of that day can know of what is asked.
DURING_THE_DAY = datetime(2026, 11, 20, 8, tzinfo=UTC)


@dataclass
class Listening:
    """A provider that notes what it gets, and lets the test act between two requests."""

    between: Any = None
    got: list[str] = field(default_factory=list)
    promise = Promise(
        name="listening", proves_absence=False, max_batch=1, idempotency_ttl=None, can_lookup=False, rate=None
    )

    def send(self, letters: Sequence[Letter]) -> Answer:
        self.got += [one.message_id for one in letters]
        if self.between:
            self.between(len(self.got))
        return all_alike(letters, State.ACCEPTED, None)


def site_of(outbox: Outbox, tmp_path: Path) -> Any:
    settings = kit.settings(tmp_path)
    world.publish(settings, ROWS)
    return world.running(settings, outbox, now=lambda: DURING_THE_DAY)


def topics(site: Site, message: dict[str, Any]) -> int:
    return site.ask("POST", link(message) + "/wishes", b"topic=newsletter", FORM).status


def pause(site: Site, message: dict[str, Any]) -> int:
    body = f"topic=post_purchase&paused_until={DURING_THE_DAY.date() + timedelta(days=9)}"
    return site.ask("POST", link(message) + "/wishes", body.encode(), FORM).status


def unsubscribe(site: Site, message: dict[str, Any]) -> int:
    return site.one_click(link(message)).status


@pytest.mark.parametrize("ask", [unsubscribe, topics, pause], ids=["opt-out", "topic", "pause"])
def test_a_worker_starts_nothing_after_what_was_asked_for(tmp_path: Path, outbox: Outbox, ask: Any) -> None:
    """The request is answered in the middle of a pass; the next chunk must know."""
    setting = kit.settings(tmp_path)
    channel = Listening()
    release(setting, outbox, ListContent(ROWS))
    late: list[dict[str, Any]] = []

    with site_of(outbox, tmp_path) as site:

        def act(n: int) -> None:
            if n == 3:
                late.extend([one for one in ROWS if one["message_id"] not in channel.got][-5:])
                assert [ask(site, one) for one in late] == [200] * 5

        channel.between = act
        worker_of(setting, outbox, {"email": channel}, threads=1, chunk=4).run_once()
    started = {one["message_id"] for one in late} & set(channel.got)
    # Those of the chunk under way had their intent on disk before the request came.
    already = set(channel.got[:4])
    assert started <= already
    assert len(channel.got) == len(ROWS) - len({one["message_id"] for one in late} - already)
    states = known_messages(outbox, [one["message_id"] for one in late])
    assert {known.state for known in states.values()} <= {State.SUPPRESSED, State.ACCEPTED}


@pytest.mark.parametrize("ask", [unsubscribe, topics, pause], ids=["opt-out", "topic", "pause"])
@pytest.mark.parametrize("point", ["planned", "rechecked", "approved", "claimed", "staged"])
def test_a_file_is_made_anew_without_whoever_asked(tmp_path: Path, outbox: Outbox, point: str, ask: Any) -> None:
    """Whatever the hand-off has done already: until the intent is on disk, the request counts."""
    setting = kit.settings(tmp_path)
    gone = ROWS[7]
    asked: list[int] = []
    with site_of(outbox, tmp_path) as site:

        def act(at: str) -> None:
            if at == point and not asked:
                asked.append(ask(site, gone))

        report = hand_off(setting, outbox, ListContent(ROWS), failpoint=act, clock=FixedClock(NOON)).run()
    assert asked == [200]
    assert report.n_accepted == len(ROWS) - 1
    assert gone["message_id"] not in {one["message_id"] for one in kit.handed_off(setting)}


def test_after_the_intent_it_is_too_late_for_this_message_and_not_for_the_next(tmp_path: Path, outbox: Outbox) -> None:
    """What is being sent is not taken back; the day's next batch leaves without."""
    setting = kit.settings(tmp_path)
    asked: list[int] = []
    with site_of(outbox, tmp_path) as site:

        def act(at: str) -> None:
            if at == "intended" and not asked:
                asked.append(unsubscribe(site, ROWS[7]))

        assert hand_off(setting, outbox, ListContent(ROWS), failpoint=act).run().n_accepted == len(ROWS)
    again = row(99, address=ROWS[7]["address"])
    assert hand_off(setting, outbox, ListContent([again])).run().n_accepted == 0


def test_the_frequency_asked_for_counts_what_was_sent(tmp_path: Path, outbox: Outbox) -> None:
    """Once a week means that today's first message was this week's."""
    setting = kit.settings(tmp_path)
    assert hand_off(setting, outbox, ListContent(ROWS)).run().n_accepted == len(ROWS)
    with site_of(outbox, tmp_path) as site:
        body = b"topic=post_purchase&frequency=1/7"
        assert site.ask("POST", link(ROWS[7]) + "/wishes", body, FORM).status == 200
        body = b"topic=post_purchase&frequency=2/7"
        assert site.ask("POST", link(ROWS[8]) + "/wishes", body, FORM).status == 200
    seconds = [row(100 + n, address=ROWS[n]["address"]) for n in (7, 8)]
    hand_off(setting, outbox, ListContent(seconds), clock=FixedClock(NOON)).run()
    states = known_messages(outbox, [one["message_id"] for one in seconds])
    assert [states[one["message_id"]].state for one in seconds] == [State.SUPPRESSED, State.ACCEPTED]


def test_service_messages_go_on(tmp_path: Path, outbox: Outbox) -> None:
    """Whoever wants no marketing still hears that the order is on its way."""
    setting = kit.settings(tmp_path)
    hand_off(setting, outbox, ListContent(ROWS)).run()
    with site_of(outbox, tmp_path) as site:
        assert unsubscribe(site, ROWS[7]) == pause(site, ROWS[7]) == 200
    owed = row(98, address=ROWS[7]["address"], permission_basis="service", **{"class": "service"})
    assert hand_off(setting, outbox, ListContent([owed])).run().n_accepted == 1
