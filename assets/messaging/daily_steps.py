"""One day's steps around the ledger, wired from the settings: what the assets and the command line both call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import lru_cache

import duckdb

from assets.messaging.channels.file import FileChannel, own_staging
from assets.messaging.clock import clock_for
from assets.messaging.handoff import HandOff, HandOffReport
from assets.messaging.journeys import load_templates, policy_version
from assets.messaging.outbox import Outbox
from assets.messaging.planning import Planner
from assets.messaging.provider_events import ARRIVED, FAILED, EventReport, apply_provider_events
from assets.messaging.reconcile import Reconciliation, reconcile
from assets.messaging.render import Renderer
from assets.messaging.rendering import RenderedMessages
from assets.messaging.run_content import WarehouseContent
from orchestration.settings import Settings

# Events are applied again and again without effect; this only bounds the work of a day.
EVENT_DAYS = timedelta(days=30)
PAGE = 20_000


def day_of(partition_key: str) -> date:
    return date.fromisoformat(partition_key)


@lru_cache(maxsize=2)
def _renderer(settings: Settings, version: str) -> Renderer:
    """The renderer of one state of the template folder: a run renders twice, and days that follow share it."""
    return Renderer(settings, load_templates(settings.templates_dir, check_texts=False))


def planner(settings: Settings, run_date: date, outbox: Outbox) -> Planner:
    """A planner over the warehouse's decisions and the installation's templates."""
    source = RenderedMessages(_renderer(settings, policy_version(settings.templates_dir)))
    content = WarehouseContent(settings.warehouse_path, run_date)
    return Planner(settings, run_date, outbox, content, source)


def file_channel(settings: Settings) -> FileChannel:
    """The file drop into this installation's outbox; only looks until something is staged."""
    return FileChannel(settings.outbox_dir, settings.home / "staging")


@contextmanager
def _staging_channel(settings: Settings) -> Iterator[FileChannel]:
    channel = FileChannel(settings.outbox_dir, own_staging(settings.home / "staging"))
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
        return reconcile(outbox, channel, now, senders_are_gone=senders_are_gone)


def hand_off(settings: Settings, run_date: date, outbox: Outbox) -> HandOffReport:
    """Hand the day's messages off."""
    with _staging_channel(settings) as channel:
        return HandOff(planner(settings, run_date, outbox), channel, clock_for(settings, run_date)).run()


def take_in_events(settings: Settings, outbox: Outbox, run_date: date) -> EventReport:
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
                "since": run_date - EVENT_DAYS,
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
