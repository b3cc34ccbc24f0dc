"""Why somebody was contacted on a day, or left in peace: everything the ledger knows, as plain data.

Reads marts only, read-only, so that it can run on the analysts' copy while a run is going on. It never reads out an
address: an address is only looked for, and a person is named by customer id. How it is printed belongs to
`explain_text`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    import duckdb

LOOK_AHEAD_DAYS = 14
HISTORY_DAYS = 30

# Gates that a service message does not have to pass; the ledger's rows cannot tell "passed" from "not asked".
NOT_ASKED_OF_SERVICE = frozenset(
    {
        "OPEN_SERVICE_CASE",
        "NOTHING_TO_SAY",
        "HOLDOUT",
        "QUARANTINED",
        "RESERVED",
        "OUTRANKED",
        "DUPLICATE_ADDRESS",
    }
)

# Where the evidence of a gate stands in the ledger's JSON.
EVIDENCE_OF = {
    "ADDRESS_SUPPRESSED": ("suppression",),
    "ALREADY_SENT": ("earlier_message",),
    "GOAL_REACHED": ("trigger",),
    "CONDITION_FAILED": ("conditions", "order"),
    "OPEN_SERVICE_CASE": ("service_case",),
    "OFFER_GUARD": ("order",),
    "QUARANTINED": ("rules", "counted_messages", "quarantined_until"),
    "RESERVED": ("reserved_for",),
    "DUPLICATE_ADDRESS": ("kept_by_message",),
}


class UnknownPerson(LookupError):
    """Nobody is known by what was asked for; the message repeats no address."""


@dataclass(frozen=True)
class Gate:
    """One gate of one message: `outcome` is passed, failed, or not_asked (service messages)."""

    position: int
    reason: str
    outcome: str
    sentence: str
    evidence: dict[str, Any]


@dataclass(frozen=True)
class Considered:
    """One row of the ledger with its gates; `row` holds the ledger's own columns."""

    row: dict[str, Any]
    gates: tuple[Gate, ...]


@dataclass(frozen=True)
class Explanation:
    """All that is known about one person and one day. Instants carry a zone; nothing here is an address or a name."""

    customer_id: str
    past_customer_ids: tuple[str, ...]
    run_date: date
    considered: tuple[Considered, ...]
    without_candidate: tuple[str, ...]
    received: tuple[dict[str, Any], ...]
    quarantine: dict[str, Any] | None
    calendar: tuple[dict[str, Any], ...]
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


def find_customer(
    connection: duckdb.DuckDBPyConnection,
    *,
    customer: str | None = None,
    address: str | None = None,
    order: str | None = None,
) -> str:
    """Today's customer id for an id (also an old one), an e-mail address or phone number, or an order.

    Raises `UnknownPerson` when there is none, or when an address belongs to several people (their ids are listed).
    """
    if order is not None:
        found = connection.execute(
            "select distinct customer_id from marts.fct_orders where customer_id is not null "
            "and (order_id = $order or order_id in ('webshop:' || $order, 'pos:' || $order))",
            {"order": order},
        ).fetchall()
        what = f"order {order}"
    elif address is not None:
        wanted = "".join(address.split()).lower()
        found = connection.execute(
            "select distinct customer_id from marts.dim_customer_identifiers "
            "where identifier_kind in ('email', 'phone') and identifier_value in ($wanted, '+47' || $wanted)",
            {"wanted": wanted},
        ).fetchall()
        what = "this address"
    else:
        found = connection.execute(
            "select customer_id from marts.dim_customer_aliases where past_customer_id = $customer "
            "union select customer_id from marts.dim_customers where customer_id = $customer "
            "union select customer_id from marts.fct_contact_decisions where customer_id = $customer "
            "and customer_id not in (select past_customer_id from marts.dim_customer_aliases)",
            {"customer": customer},
        ).fetchall()
        what = f"customer {customer}"
    if not found:
        raise UnknownPerson(f"Nobody is known by {what}.")
    if len(found) > 1:
        ids = ", ".join(sorted(row[0] for row in found))
        raise UnknownPerson(f"Several people are known by {what}: name one with --customer. They are {ids}.")
    return str(found[0][0])


def explain(
    connection: duckdb.DuckDBPyConnection, customer_id: str, run_date: date, newest: date, zone: ZoneInfo
) -> Explanation:
    """Everything about one person and one decided day. `newest` is the newest decided day in the file."""
    ids = past_ids(connection, customer_id)
    everybody = [customer_id, *ids]
    rows = _records(
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
    reasons = _records(connection, "select * from seeds.decision_reasons where position <= 19 order by position", [])
    considered = tuple(_considered(row, reasons) for row in rows)
    seen = {row["journey"] for row in rows}
    journeys = [row["journey"] for row in _records(connection, "select journey from marts.dim_journeys order by 1", [])]
    day_starts = datetime(run_date.year, run_date.month, run_date.day, tzinfo=zone)
    is_newest = run_date == newest
    return Explanation(
        customer_id=customer_id,
        past_customer_ids=tuple(ids),
        run_date=run_date,
        considered=considered,
        without_candidate=tuple(journey for journey in journeys if journey not in seen),
        received=_received(connection, everybody, day_starts),
        quarantine=_first(
            connection,
            "select rule, until_at from marts.fct_newsletter_exclusions where run_date = ? and list_contains(?, "
            "customer_id) order by until_at desc limit 1",
            [run_date, everybody],
        ),
        calendar=_coming(connection, everybody, run_date, zone)
        if is_newest
        else _what_came(connection, everybody, run_date),
        calendar_is_forecast=is_newest,
    )


def past_ids(connection: duckdb.DuckDBPyConnection, customer_id: str) -> list[str]:
    """Ids the customer had before; older rows of the ledger stand under them."""
    rows = connection.execute(
        "select past_customer_id from marts.dim_customer_aliases where customer_id = ? order by 1", [customer_id]
    ).fetchall()
    return [row[0] for row in rows]


def _considered(row: dict[str, Any], reasons: list[dict[str, Any]]) -> Considered:
    evidence: dict[str, Any] = json.loads(row.pop("evidence"))
    row["evidence"] = evidence
    gates = []
    for reason in reasons:
        name = reason["reason"]
        if name in row["failed_gates"]:
            outcome = "failed"
        elif row["class"] == "service" and name in NOT_ASKED_OF_SERVICE:
            outcome = "not_asked"
        else:
            outcome = "passed"
        found = {key: evidence[key] for key in EVIDENCE_OF.get(name, ()) if key in evidence and outcome == "failed"}
        if name == "NO_PERMISSION" and outcome == "passed":
            found = {row["permission_basis"]: row["permission_id"]}
        if name == "OUTRANKED" and row["winner_message_id"]:
            found = {"winner_message": row["winner_message_id"]}
        gates.append(Gate(reason["position"], name, outcome, reason["sentence"], found))
    return Considered(row, tuple(gates))


def _received(
    connection: duckdb.DuckDBPyConnection, ids: list[str], day_starts: datetime
) -> tuple[dict[str, Any], ...]:
    """What reached the person in the days before and on the day, newest first."""
    return tuple(
        _records(
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


def _coming(
    connection: duckdb.DuckDBPyConnection, ids: list[str], run_date: date, zone: ZoneInfo
) -> tuple[dict[str, Any], ...]:
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
    held = _records(
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
    due = _records(
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


def _what_came(connection: duckdb.DuckDBPyConnection, ids: list[str], run_date: date) -> tuple[dict[str, Any], ...]:
    """For a past day: what the ledger decided for the person in the days after it."""
    return tuple(
        _records(
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


def _records(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Any) -> list[dict[str, Any]]:
    cursor = connection.execute(sql, parameters)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]


def _first(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Any) -> dict[str, Any] | None:
    rows = _records(connection, sql, parameters)
    return rows[0] if rows else None
