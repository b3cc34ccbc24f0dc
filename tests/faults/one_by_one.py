"""A hand-off whose messages leave one by one, for tests: release and work in one process that can be killed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from assets.messaging.channels.messages import MessageChannel
from assets.messaging.clock import FixedClock
from assets.messaging.journeys import load_templates
from assets.messaging.ledger_guard import open_ledger
from assets.messaging.outbox import Outbox
from assets.messaging.rendering import MessageSource
from assets.messaging.sending_windows import SendingHours
from assets.messaging.spool import Spool
from assets.messaging.worker import Worker, WorkReport
from orchestration.settings import REPOSITORY, Settings
from tests.faults import kit
from tests.faults.kit import ListContent, PlainSource

# Every message of the kit is due by then, and the sending hours are not over.
NOON = datetime(2026, 11, 20, 11, tzinfo=UTC)
# In the order in which a chunk passes them; the first four belong to the release.
RELEASE_POINTS = ("planned", "rechecked", "approved", "released")
WORK_POINTS = ("claimed", "intended", "sent", "answered", "recorded", "closed")

MakeChannels = Callable[[], Mapping[str, MessageChannel]]
HOURS = SendingHours(
    load_templates(REPOSITORY / "templates", check_texts=False).policy.sending_windows, ZoneInfo("Europe/Oslo")
)


def release(
    setting: Settings,
    outbox: Outbox,
    content: ListContent,
    *,
    source: MessageSource | None = None,
    failpoint: Callable[[str], None] | None = None,
    max_batch: int = 100,
) -> None:
    """Plan, approve and spool the content's messages."""
    work = kit.hand_off(setting, outbox, content, source=source, failpoint=failpoint, max_batch=max_batch)
    work.planner.one_by_one = frozenset({"email", "sms"})
    work.spool = Spool(setting.spool_dir)
    work.run()


def worker_of(
    setting: Settings,
    outbox: Outbox,
    channels: Mapping[str, MessageChannel],
    *,
    now: datetime = NOON,
    failpoint: Callable[[str], None] | None = None,
    threads: int = 4,
    chunk: int = 16,
) -> Worker:
    spool = Spool(setting.spool_dir)
    clock = FixedClock(now)
    return Worker(
        setting, outbox, spool, channels, clock, HOURS, threads, chunk, failpoint=failpoint or (lambda _point: None)
    )


def process(
    setting: Settings,
    content: ListContent,
    make_channels: MakeChannels,
    *,
    source: MessageSource | None = None,
    failpoint: Callable[[str], None] | None = None,
    threads: int = 4,
    chunk: int = 16,
    hours_later: float = 0,
    max_batch: int = 100,
) -> Callable[[], None]:
    """One whole process: release, then one pass of a worker."""

    def work() -> None:
        with open_ledger(setting) as outbox:
            if hours_later:
                outbox._now = lambda: datetime.now(UTC) + timedelta(hours=hours_later)
            release(setting, outbox, content, source=source or PlainSource(), failpoint=failpoint, max_batch=max_batch)
            worker_of(setting, outbox, make_channels(), failpoint=failpoint, threads=threads, chunk=chunk).run_once()

    return work


def work_until_settled(setting: Settings, make_channels: MakeChannels, seconds: float = 60) -> WorkReport:
    """Work in this process until no message is open or in doubt any more; fails after the time given."""
    end = time.monotonic() + seconds
    with open_ledger(setting) as outbox:
        # Waiting out a deferral would take half a minute a round; here it is over at once.
        while True:
            with outbox.transaction() as tx:
                tx.exec_driver_sql("delete from deferrals")
            report = worker_of(setting, outbox, make_channels()).run_once()
            with outbox.transaction() as tx:
                final = "('ACCEPTED', 'REJECTED', 'EXPIRED', 'SUPPRESSED', 'QUARANTINED')"
                left = tx.exec_driver_sql(f"select count(*) from messages where state not in {final}").scalar()
            if not left:
                return report
            assert time.monotonic() < end, f"{left} messages are still open or in doubt"
            time.sleep(0.2)


def spooled(setting: Settings) -> list[Path]:
    return sorted(setting.spool_dir.rglob("*.zip"))
