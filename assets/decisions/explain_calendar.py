"""What lies ahead of a decided day: for the newest day what is likely to come, for a past one what was decided."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from assets.queries import Row, records

if TYPE_CHECKING:
    import duckdb

LOOK_AHEAD_DAYS = 14


def coming(connection: duckdb.DuckDBPyConnection, ids: list[str], run_date: date, zone: ZoneInfo) -> tuple[Row, ...]:
    """Steps of journeys that the person is in, which fall due in the next days, and held ones that may go again."""
    triggers = [
        row[0]
        for row in connection.execute(
            "select table_name from information_schema.tables where table_schema = 'marts' "
            "and table_name like 'fct_trigger_%' order by 1"
        ).fetchall()
    ]
    anchors = " union all ".join(
        f'select customer_id, journey, anchor, anchor_at, goal_reached_at from marts."{name}"' for name in triggers
    )
    tomorrow = datetime(run_date.year, run_date.month, run_date.day, tzinfo=zone) + timedelta(days=1)
    held = records(
        connection,
        """
        select $tomorrow::timestamptz as at, journey, step, channel as channels, 'held today: ' || reason as why,
            expires_at
        from marts.fct_contact_decisions
        where run_date = $run_date and list_contains($ids, customer_id) and decision = 'hold'
            and expires_at > $tomorrow
        """,
        {"tomorrow": tomorrow, "run_date": run_date, "ids": ids},
    )
    due = records(
        connection,
        f"""
        select
            anchors.anchor_at + to_seconds(steps.delay_seconds) as at,
            anchors.journey,
            steps.step,
            case
                when steps.has_fallback then array_to_string(steps.channels, ', else ')
                else array_to_string(steps.channels, ' and ')
            end as channels,
            'falls due after ' || anchors.anchor as why,
            null as expires_at
        from ({anchors}) as anchors
        inner join marts.dim_journey_steps as steps using (journey)
        inner join marts.dim_journeys as journeys using (journey)
        where list_contains($ids, anchors.customer_id)
            and not journeys.is_paused
            and anchors.goal_reached_at is null
            and anchors.anchor_at + to_seconds(steps.delay_seconds) >= $tomorrow
            and anchors.anchor_at + to_seconds(steps.delay_seconds) < $until
        """,
        {"ids": ids, "tomorrow": tomorrow, "until": tomorrow + timedelta(days=LOOK_AHEAD_DAYS)},
    )
    return tuple(sorted([*held, *due], key=lambda row: (row["at"], row["journey"], row["step"], row["channels"])))


def what_came(connection: duckdb.DuckDBPyConnection, ids: list[str], run_date: date) -> tuple[Row, ...]:
    """For a past day: what the ledger decided for the person in the days after it."""
    return tuple(
        records(
            connection,
            """
            select coalesce(send_at, due_at) as at, journey, step, channel as channels,
                decision || coalesce(': ' || reason, '') || ' on ' || run_date as why, expires_at
            from marts.fct_contact_decisions
            where list_contains($ids, customer_id) and run_date > $run_date
                and run_date <= $run_date + $days::integer
            order by run_date, priority, journey, step, channel
            """,
            {"ids": ids, "run_date": run_date, "days": LOOK_AHEAD_DAYS},
        )
    )
