"""One day's lists from the warehouse: reads what SQL decided, hashes, and hands over to `lists`."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb

from assets.audiences.formats import PLATFORMS
from assets.audiences.lists import NEWSLETTER, List, Written, write_lists
from assets.messaging.journeys import policy_version
from orchestration.settings import Settings

AUDIENCES = ("customers", "recent_buyers", "lookalike_seed", "win_back")


def deliver_audiences(settings: Settings, run_date: date) -> list[Written]:
    """Write the lists of the run's day."""
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        members = connection.execute(
            "select audience, email, phone from marts.fct_audience_members where run_date = $day", {"day": run_date}
        ).fetchall()
        excluded = connection.execute(
            """
            select address, rule, strftime(until_at, '%Y-%m-%dT%H:%M:%SZ')
            from marts.fct_newsletter_exclusions
            where run_date = $day and address is not null
            order by all
            """,
            {"day": run_date},
        ).fetchall()
    facts: dict[str, Any] = {"tenant": settings.tenant, "policy_version": policy_version(settings.templates_dir)}
    found = [*hashed_lists(members), List(NEWSLETTER, ("email", "rule", "until"), excluded, 1)]
    return write_lists(settings.audiences_dir, run_date, found, {**facts, "purpose": "ads", "hash": "sha256"})


def hashed_lists(members: list[tuple[str, str | None, str | None]]) -> list[List]:
    """Every audience for every platform, an empty one as well: it says that everybody has left."""
    lists = []
    for audience in AUDIENCES:
        people = [(email, phone) for name, email, phone in members if name == audience]
        for platform in PLATFORMS:
            # Sorted by hash: neither the order of the warehouse nor who is a customer for how long shows.
            rows = sorted({platform.row(email, phone) for email, phone in people})
            lists.append(List(f"{audience}.{platform.name}", platform.header, rows, 2))
    return lists
