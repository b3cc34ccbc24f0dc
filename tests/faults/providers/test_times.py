"""When messages may leave: not before their instant, not at night, not too late, and at a rate that is kept."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from assets.messaging.outbox import Outbox
from orchestration.settings import Settings
from tests.faults.by_provider import MAILS, accepting, at_once, by_http, later
from tests.faults.kit import ListContent, row, states
from tests.faults.one_by_one import HOURS, NOON, release, spooled
from tests.servers.scripted import http_server


def test_a_provider_that_is_down_for_a_day_gets_no_late_blast(home: Settings, outbox: Outbox) -> None:
    """What could not leave on its day is held for a later run to decide anew; what expired is gone."""
    soon = {"expires_at": NOON + timedelta(hours=2)}
    release(home, outbox, ListContent([*MAILS.rows[:3], *(row(n, **soon) for n in range(3, 6))]))
    with http_server(accepting) as provider:
        port = provider.port
    for hour in range(8):
        later(outbox, hours=hour)
        at_once(home, outbox, by_http(port), now=NOON + timedelta(hours=hour)).run_once()
    with http_server(accepting) as provider:
        later(outbox, hours=24)
        at_once(home, outbox, by_http(provider.port), now=NOON + timedelta(hours=24)).run_once()
        assert not provider.requests
    assert states(outbox) == {"EXPIRED": 3, "HELD": 3}
    assert not spooled(home)


def test_a_worker_that_is_late_does_not_write_at_night(home: Settings, outbox: Outbox) -> None:
    """Due at noon, but the worker came at half past nine in the evening: the customer's sending hours are over."""
    release(home, outbox, MAILS)
    with http_server(accepting) as provider:
        at_once(home, outbox, by_http(provider.port), now=datetime(2026, 11, 20, 20, 30, tzinfo=UTC)).run_once()
        assert not provider.requests
    assert states(outbox) == {"HELD": 6}


@pytest.mark.parametrize(
    ("day", "timezone", "last_instant"),
    [
        (date(2026, 10, 25), "Europe/Oslo", datetime(2026, 10, 25, 18, 59, 59, tzinfo=UTC)),
        (date(2026, 10, 24), "Europe/Oslo", datetime(2026, 10, 24, 17, 59, 59, tzinfo=UTC)),
        (date(2027, 3, 28), "Europe/Helsinki", datetime(2027, 3, 28, 16, 59, 59, tzinfo=UTC)),
        (date(2026, 10, 25), "Mars/Olympus", datetime(2026, 10, 25, 18, 59, 59, tzinfo=UTC)),
    ],
)
def test_sending_hours_end_by_the_customers_clock_on_the_day_it_changes(
    day: date, timezone: str, last_instant: datetime
) -> None:
    """Eight in the evening is another instant the day after the clocks went back; a bad zone is the retailer's."""
    assert not HOURS.are_over("email", day, timezone, last_instant)
    assert HOURS.are_over("email", day, timezone, last_instant + timedelta(seconds=1))


def test_nothing_leaves_before_its_instant(home: Settings, outbox: Outbox) -> None:
    """Each message has its own; the batch is only how they were approved."""
    release(home, outbox, MAILS)
    with http_server(accepting) as provider:
        first_three = MAILS.rows[2]["send_at"]
        at_once(home, outbox, by_http(provider.port), now=first_three).run_once()
    assert states(outbox) == {"ACCEPTED": 3, "APPROVED": 3}


def test_the_rate_of_a_channel_is_kept_by_all_workers_together(home: Settings, outbox: Outbox) -> None:
    """Two messages a second, six messages, two workers: two seconds of waiting between them."""
    release(home, outbox, MAILS)
    slept: list[float] = []
    started = datetime.now(UTC)
    outbox._now = lambda: started + timedelta(seconds=sum(slept))
    with http_server(accepting) as provider:
        for _ in range(2):
            work = at_once(home, outbox, by_http(provider.port, max_batch=1, rate=2))
            work.sleep = slept.append
            work.run_once()
        assert len(provider.requests) == 6
    assert sum(slept) == pytest.approx(2, abs=0.1)
