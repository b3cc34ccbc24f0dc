"""Why somebody was contacted on a day, or left in peace: everything the ledger knows, as plain data.

Reads marts only, read-only, so that it can run on the analysts' copy while a run is going on. A person is named by
customer id (`explain_person` finds it). How it is printed belongs to `explain_text`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from assets.decisions.explain_calendar import coming, what_came
from assets.decisions.explain_gates import Considered, considered
from assets.decisions.explain_person import past_ids
from assets.queries import Row, records

if TYPE_CHECKING:
    import duckdb

HISTORY_DAYS = 30


@dataclass(frozen=True)
class Explanation:
    """All that is known about one person and one day. Instants carry a zone; nothing here is an address or a name."""

    customer_id: str
    past_customer_ids: tuple[str, ...]
    run_date: date
    considered: tuple[Considered, ...]
    without_candidate: tuple[str, ...]
    received: tuple[Row, ...]
    quarantine: Row | None
    calendar: tuple[Row, ...]
    calendar_is_forecast: bool

    def as_json(self) -> str:
        """The same as one JSON document, for programs."""
        document = {
            "customer_id": self.customer_id,
            "past_customer_ids": list(self.past_customer_ids),
            "run_date": self.run_date,
            "considered": [{**c.row, "gates": [{**g.__dict__} for g in c.gates]} for c in self.considered],
            "journeys_without_candidate": list(self.without_candidate),
            "received": list(self.received),
            "quarantine": self.quarantine,
            "next_days": list(self.calendar),
            "next_days_are_forecast": self.calendar_is_forecast,
        }
        return json.dumps(document, default=str, indent=2, ensure_ascii=False)


def explain(
    connection: duckdb.DuckDBPyConnection, customer_id: str, run_date: date, newest: date, zone: ZoneInfo
) -> Explanation:
    """Everything about one person and one decided day. `newest` is the newest decided day in the file."""
    ids = past_ids(connection, customer_id)
    everybody = [customer_id, *ids]
    rows = records(
        connection,
        """
        select decisions.*, journeys.name as journey_name
        from marts.fct_contact_decisions as decisions
        left join marts.dim_journeys as journeys using (journey)
        where run_date = ? and list_contains(?, customer_id)
        order by decisions.priority, due_at, journey, anchor, step, channel
        """,
        [run_date, everybody],
    )
    reasons = records(connection, "select * from seeds.decision_reasons where position <= 19 order by position", [])
    seen = {row["journey"] for row in rows}
    journeys = [row["journey"] for row in records(connection, "select journey from marts.dim_journeys order by 1", [])]
    day_starts = datetime(run_date.year, run_date.month, run_date.day, tzinfo=zone)
    is_newest = run_date == newest
    return Explanation(
        customer_id=customer_id,
        past_customer_ids=tuple(ids),
        run_date=run_date,
        considered=tuple(considered(row, reasons) for row in rows),
        without_candidate=tuple(journey for journey in journeys if journey not in seen),
        received=_received(connection, everybody, day_starts),
        quarantine=_quarantine(connection, everybody, run_date),
        calendar=coming(connection, everybody, run_date, zone)
        if is_newest
        else what_came(connection, everybody, run_date),
        calendar_is_forecast=is_newest,
    )


def _received(connection: duckdb.DuckDBPyConnection, ids: list[str], day_starts: datetime) -> tuple[Row, ...]:
    """What reached the person in the days before and on the day, newest first."""
    return tuple(
        records(
            connection,
            """
            select sent_at, class, channel, journey, step, state, is_external, message_id
            from marts.fct_messages
            where list_contains($ids, customer_id) and sent_at is not null
                and sent_at >= $since and sent_at < $until
            order by sent_at desc, message_id
            """,
            {
                "ids": ids,
                "since": day_starts - timedelta(days=HISTORY_DAYS),
                "until": day_starts + timedelta(days=1),
            },
        )
    )


def _quarantine(connection: duckdb.DuckDBPyConnection, ids: list[str], run_date: date) -> Row | None:
    """The rule that keeps newsletters from elsewhere away for longest, with its end."""
    found = records(
        connection,
        "select rule, until_at from marts.fct_newsletter_exclusions where run_date = ? and list_contains(?, "
        "customer_id) order by until_at desc limit 1",
        [run_date, ids],
    )
    return found[0] if found else None
