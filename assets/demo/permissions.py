"""Consent histories of every address that a system knows, and the few requests to be erased.

Synthetic. Consent belongs to an address and a channel: granted when the record was made (or never),
withdrawn later by some, granted again by few; SMS separately and less often. Some withdraw in the
small hours of a run day, some records say granted and withdrawn in the same instant.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from assets.demo.assign import register
from assets.demo.dice import Dice
from assets.demo.records import Records
from assets.demo.source import Calendar, midnight

# How often a new contact of a system says yes, per channel.
GRANTED = {
    ("club", "email"): 0.8, ("club", "sms"): 0.45, ("webshop", "email"): 0.55,
    ("webshop", "sms"): 0.2, ("pos", "email"): 0.1, ("pos", "sms"): 0.05,
    ("checkout", "email"): 0.25, ("checkout", "sms"): 0.05,
}  # fmt: skip
# Of those, how many also let themselves be named (as a hash) to ad platforms.
ADS_SHARE = 0.4
WITHDRAWN_SHARE = 0.11
AGAIN_SHARE = 0.15
ERASURES = 7


def make_consents(con: duckdb.DuckDBPyConnection, dice: Dice, records: Records, calendar: Calendar) -> None:
    """Create `consent.events`."""
    end = midnight(calendar.today + timedelta(days=1))
    rows: list[dict[str, Any]] = []

    def event(address: str, channel: str, action: str, at: datetime, source: str, purpose: str = "marketing") -> None:
        rows.append(
            {
                "event_id": f"E{len(rows) + 1:07d}", "occurred_at": at, "address": address,
                "channel": channel, "purpose": purpose, "action": action, "source": source,
                "wording_version": "2024-2" if at < midnight(calendar.today) - timedelta(days=200)
                else "2026-1",
            }
        )  # fmt: skip

    for address, channel, source, person_id, since in records.contacts:
        key = (address, channel, source, person_id)
        if since >= end or not dice.chance(GRANTED[source, channel], "granted", *key):
            continue
        event(address, channel, "granted", since, f"{source}_sign_up")
        if dice.chance(0.004, "same instant", *key):
            event(address, channel, "withdrawn", since, f"{source}_sign_up")
            continue
        if not dice.chance(WITHDRAWN_SHARE, "withdrawn", *key):
            continue
        earliest = max(since, midnight(calendar.today - timedelta(days=400)))
        if dice.chance(0.25, "withdrawn lately", *key):
            earliest = max(since, midnight(calendar.first_run_date))
        gone = dice.moment(earliest, end, "withdrawn at", *key)
        if dice.chance(0.3, "by night", *key):
            # People who cannot sleep tidy their inbox: known only after the night's run was planned.
            gone = max(since, midnight(gone.date()) + timedelta(hours=3, seconds=len(rows) % 3600))
        event(address, channel, "withdrawn", gone, "preference_page")
        if dice.chance(AGAIN_SHARE, "again", *key):
            again = gone + timedelta(hours=dice.between(1, 3000, "again after", *key))
            if again < end:
                event(address, channel, "granted", again, "preference_page")
    for address, channel, source, person_id, since in records.contacts:
        key = (address, channel, source, person_id)
        if since < end and dice.chance(GRANTED[source, channel] * ADS_SHARE, "ads", *key):
            event(address, channel, "granted", since, f"{source}_sign_up", "ads")
            if dice.chance(WITHDRAWN_SHARE, "ads withdrawn", *key):
                gone = dice.moment(max(since, midnight(calendar.first_run_date)), end, "ads withdrawn at", *key)
                event(address, channel, "withdrawn", gone, "preference_page", "ads")
    con.execute("create schema consent")
    text, instant = pa.string(), pa.timestamp("s", tz="UTC")
    register(con, "consents", rows, pa.schema(
        {"event_id": text, "occurred_at": instant, "address": text, "channel": text, "purpose": text,
         "action": text, "source": text, "wording_version": text}
    ))  # fmt: skip
    con.execute(
        """
        create table consent.events as
        select *, if(extract(hour from occurred_at at time zone 'Europe/Oslo') < 5,
            greatest(local_day(occurred_at), received('2000-01-01'::timestamptz, '')),
            received(occurred_at, event_id)) as received_on
        from consents
        """
    )


def make_erasures(con: duckdb.DuckDBPyConnection, dice: Dice, records: Records, calendar: Calendar) -> None:
    """Create `privacy.erasures`: some before the run days, some within; a few by e-mail alone."""
    members = [row for row in records.members if row["email"] and row["joined_at"] == row["updated_at"]]
    rows = []
    for i in range(min(ERASURES, len(members))):
        row = dice.pick(members, "erased", i)
        # On few days: a day with a request ends by rewriting every file that knew the person.
        day = calendar.today - timedelta(days=dice.pick((4, 24), "erased on", i))
        rows.append(
            {
                "request_id": f"X{i + 1:04d}",
                "requested_at": midnight(day) + timedelta(hours=9 + i),
                "email": row["email"],
                "phone": row["phone"] if i % 3 == 0 else None,
                "member_id": row["member_id"] if i % 2 == 0 else None,
            }
        )
    con.execute("create schema privacy")
    text = pa.string()
    register(con, "erasure_requests", rows, pa.schema(
        {"request_id": text, "requested_at": pa.timestamp("s", tz="UTC"), "email": text, "phone": text,
         "member_id": text}
    ))  # fmt: skip
    con.execute(
        "create table privacy.erasures as"
        " select *, received(requested_at, request_id) as received_on from erasure_requests"
    )
