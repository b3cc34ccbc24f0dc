"""One day's steps around the ledger, wired from the settings: what the assets and the command line both call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

import duckdb

from assets.messaging.channels import configured
from assets.messaging.channels.file import FileChannel, own_staging
from assets.messaging.clock import Clock, FixedClock, WallClock, clock_for
from assets.messaging.doubts import settle_doubts
from assets.messaging.handoff import HandOff, HandOffReport
from assets.messaging.journeys import load_templates, policy_version
from assets.messaging.merge_pages import MergePages
from assets.messaging.outbox import Outbox
from assets.messaging.planning import Planner
from assets.messaging.policy_schema import Policy
from assets.messaging.provider_events import ARRIVED, FAILED, EventReport, apply_provider_events
from assets.messaging.reconcile import Reconciliation, reconcile
from assets.messaging.render import Renderer
from assets.messaging.rendering import RenderedMessages
from assets.messaging.run_content import WarehouseContent
from assets.messaging.sending_windows import SendingHours
from assets.messaging.spool import Spool
from assets.messaging.worker import Worker
from orchestration.settings import Settings

# Events are applied again and again without effect; this only bounds the work of a day.
EVENT_DAYS = timedelta(days=30)
PAGE = 20_000
# Where a worker on a replayed day stands: all its messages are due, and the sending hours are not over.
LAST_MINUTE = time(19, 59)


def day_of(partition_key: str) -> date:
    return date.fromisoformat(partition_key)


@lru_cache(maxsize=2)
def _renderer(settings: Settings, version: str) -> Renderer:
    """The renderer of one state of the template folder: a run renders twice, and days that follow share it."""
    return Renderer(settings, load_templates(settings.templates_dir, check_texts=False))


def planner(settings: Settings, run_date: date, outbox: Outbox) -> Planner:
    """A planner over the warehouse's decisions and the installation's templates."""
    source = RenderedMessages(_renderer(settings, policy_version(settings.templates_dir)))
    content = WarehouseContent(settings.warehouse_path, run_date, settings.share)
    one_by_one = configured.one_by_one(settings)
    return Planner(settings, run_date, outbox, content, source, one_by_one=one_by_one, many_at_once=MergePages(source))


def file_channel(settings: Settings) -> FileChannel:
    """The file drop of this installation; only looks until something is staged."""
    return configured.file_channel(settings, settings.home / "staging")


def _policy(settings: Settings) -> Policy:
    return _renderer(settings, policy_version(settings.templates_dir)).templates.policy


@contextmanager
def _staging_channel(settings: Settings) -> Iterator[FileChannel]:
    channel = configured.file_channel(settings, own_staging(settings.home / "staging"))
    try:
        yield channel
    finally:
        channel.clear_staging()


def look_around(
    settings: Settings, outbox: Outbox, run_date: date, *, senders_are_gone: bool = False
) -> Reconciliation:
    """Find out what became of messages whose sender died."""
    with _staging_channel(settings) as channel:
        now = clock_for(settings, run_date).now()
        found = reconcile(outbox, channel, now, senders_are_gone=senders_are_gone)
    settle_doubts(outbox, configured.message_channels(settings), found, senders_are_gone=senders_are_gone)
    return found


def hand_off(settings: Settings, run_date: date, outbox: Outbox) -> HandOffReport:
    """Hand the day's messages off; those that leave one by one are released to the workers."""
    clock, spool = clock_for(settings, run_date), Spool(settings.spool_dir)
    with _staging_channel(settings) as channel:
        return HandOff(planner(settings, run_date, outbox), channel, clock, spool=spool).run()


def worker(settings: Settings, outbox: Outbox, run_date: date | None = None) -> Worker:
    """A worker over the channels that send one by one.

    Where a run stands still on its day (`clock` is `run_date`), the worker stands at the end of its sending hours.
    """
    clock: Clock = WallClock()
    if settings.clock == "run_date":
        if run_date is None:
            raise ValueError("with FREDNING_CLOCK=run_date a worker needs the day to stand on")
        clock = FixedClock(datetime.combine(run_date, LAST_MINUTE, tzinfo=settings.zone).astimezone(UTC))
    hours = SendingHours(_policy(settings).sending_windows, settings.zone)
    channels, threads = configured.message_channels(settings), configured.threads(settings)
    return Worker(settings, outbox, Spool(settings.spool_dir), channels, clock, hours, threads)


def take_in_events(settings: Settings, outbox: Outbox, run_date: date, *, since: date | None = None) -> EventReport:
    """Apply what the provider reported until this day: states of messages, and addresses to leave alone."""
    total = EventReport()
    files = sorted((settings.raw_dir / "provider" / "events").glob("*.parquet"))
    if not files:
        return total
    secret = settings.require_secret_key()
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        reader = connection.execute(
            """
            select distinct message_id, event, channel, address, bounce_type, occurred_at
            from read_parquet($files, union_by_name = true)
            where received_on between $since and $until and list_contains($kinds, event)
            order by all
            """,
            {
                "files": [str(path) for path in files],
                "since": since or run_date - EVENT_DAYS,
                "until": run_date,
                "kinds": sorted(ARRIVED | FAILED | {"complained"}),
            },
        ).to_arrow_reader(PAGE)
        for page in reader:
            done = apply_provider_events(outbox, secret, page.to_pylist())
            total.n_moved += done.n_moved
            total.n_suppressed += done.n_suppressed
            total.n_foreign += done.n_foreign
    return total
