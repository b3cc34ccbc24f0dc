"""Permission in SQL against a slow, obvious state machine, over random histories full of ties and edges."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dbt.customers.chain import Chain, Input, compile_chain, raw

OSLO = ZoneInfo("Europe/Oslo")
START = datetime(2026, 3, 1, 9, tzinfo=UTC)
STEP = timedelta(hours=9)
N_STEPS = 320
EMAILS = ("a@x.no", "b@x.no")
PHONE = "+4790000001"
ADDRESSES = (*EMAILS, PHONE)
CUSTOMERS = ("c1", "c2")

MODELS = (
    "base_consent__events",
    "stg_consent__events",
    "base_provider__events",
    "stg_provider__events",
    "int_consent__provider_withdrawals",
    "fct_consent_events",
    "int_consent__soft_opt_in",
    "int_consent__sales",
    "fct_permissions",
)
INPUTS = (
    raw(
        "consent",
        "events",
        "event_id VARCHAR, occurred_at TIMESTAMPTZ, address VARCHAR, channel VARCHAR, purpose VARCHAR, "
        "action VARCHAR, source VARCHAR, wording_version VARCHAR",
    ),
    raw(
        "provider",
        "events",
        "event_id VARCHAR, occurred_at TIMESTAMPTZ, channel VARCHAR, event VARCHAR, message_id VARCHAR, "
        "address VARCHAR, campaign_id VARCHAR, class VARCHAR, url VARCHAR, user_agent VARCHAR, "
        "ip_network VARCHAR, bounce_type VARCHAR, reason VARCHAR",
    ),
    Input(
        "staging.stg_templates__policy_settings",
        "soft_opt_in_months INTEGER, soft_opt_in_channels VARCHAR[]",
    ),
    Input(
        "marts.fct_orders",
        "order_id VARCHAR, customer_id VARCHAR, is_valid BOOLEAN, ordered_at TIMESTAMPTZ, email VARCHAR, phone VARCHAR",
    ),
)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return compile_chain(tmp_path_factory.mktemp("permissions"), MODELS, INPUTS)


instants = st.integers(0, N_STEPS).map(lambda n: START + n * STEP)
# Few instants, so that events coincide with each other, with sales and with the ends of intervals.
close_instants = st.integers(0, 24).map(lambda n: START + n * STEP)
moments = st.one_of(close_instants, instants)
written = st.sampled_from(("a@x.no", " A@X.no", "b@x.no", "B@x.NO ", PHONE, PHONE, "no address"))
lateness = st.integers(0, 4)

consent_events = st.fixed_dictionaries(
    {
        "occurred_at": moments,
        "address": written,
        "channel": st.sampled_from(("email", "email", "sms")),
        "purpose": st.sampled_from(("marketing", "marketing", "survey")),
        "action": st.sampled_from(("granted", "withdrawn")),
        "days_late": lateness,
    }
)
provider_events = st.fixed_dictionaries(
    {
        "occurred_at": moments,
        "address": written,
        "channel": st.just("email"),
        "event": st.sampled_from(("unsubscribed", "complained", "opened", "bounced")),
        "days_late": lateness,
    }
)
sales = st.fixed_dictionaries(
    {
        "ordered_at": moments,
        "customer_id": st.sampled_from(CUSTOMERS),
        "email": st.sampled_from((*EMAILS, None)),
        "is_valid": st.sampled_from((True, True, False)),
    }
)


def fits_its_channel(event: dict[str, Any]) -> bool:
    """An address of the other channel, or none at all, allows nothing: it is listed as unusable instead."""
    return "@" in event["address"] if event["channel"] == "email" else event["address"] == PHONE


def with_ids(rows: Iterable[dict[str, Any]], prefix: str) -> list[dict[str, Any]]:
    """Rows as delivered: a key, and the day on which they arrived."""
    return [
        {
            **{name: value for name, value in row.items() if name != "days_late"},
            "event_id": f"{prefix}{number:03}",
            "received_on": row["occurred_at"].date() + timedelta(days=row["days_late"]),
            "source_file": "f",
            "source_line": number,
        }
        for number, row in enumerate(rows)
    ]


def months_later(instant: datetime, months: int) -> datetime:
    """The same local time that many calendar months on; the last day of a shorter month."""
    local = instant.astimezone(OSLO)
    month = local.month - 1 + months
    year, month = local.year + month // 12, month % 12 + 1
    for day in range(local.day, 0, -1):
        try:
            on = date(year, month, day)
        except ValueError:
            continue
        return datetime.combine(on, local.time(), OSLO).astimezone(UTC)
    raise AssertionError("no day of the month")


def state_machine(events: list[dict[str, Any]], address: str, channel: str, at: datetime) -> tuple[str | None, bool]:
    """(evidence of the standing grant, whether the address ever objected), by going through the events one by one."""
    standing: str | None = None
    objected = False
    mine = [e for e in events if e["address"] == address and e["channel"] == channel and e["purpose"] == "marketing"]
    for instant in sorted({e["occurred_at"] for e in mine if e["occurred_at"] <= at}):
        now = [e for e in mine if e["occurred_at"] == instant]
        if any(e["action"] == "withdrawn" for e in now):
            standing, objected = None, True
        else:
            standing = min(e["event_id"] for e in now)
    return standing, objected


def known_events(told: list[dict[str, Any]], provider: list[dict[str, Any]], run_date: date) -> list[dict[str, Any]]:
    as_of = datetime.combine(run_date, time(), OSLO)
    translated = [
        {**e, "event_id": f"provider:{e['event_id']}", "purpose": "marketing", "action": "withdrawn"}
        for e in provider
        if e["event"] in ("unsubscribed", "complained")
    ]
    return [
        {**e, "address": e["address"].strip().lower()}
        for e in (*told, *translated)
        if e["received_on"] <= run_date and e["occurred_at"] < as_of and fits_its_channel(e)
    ]


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    told=st.lists(consent_events, max_size=12),
    provider=st.lists(provider_events, max_size=4),
    sold=st.lists(sales, max_size=6),
    months=st.integers(1, 2),
    run_day=st.integers(0, 130),
)
def test_permission_is_what_a_state_machine_says_at_every_instant(
    chain: Chain,
    told: list[dict[str, Any]],
    provider: list[dict[str, Any]],
    sold: list[dict[str, Any]],
    months: int,
    run_day: int,
) -> None:
    """A message without permission is an offence: intervals must agree with replaying the events, edges included."""
    run_date = START.date() + timedelta(days=run_day)
    consents, answers = with_ids(told, "e"), with_ids(provider, "p")
    orders = [{"order_id": f"webshop:{number}", **row} for number, row in enumerate(sold)]
    chain.run(
        run_date,
        {
            "raw.consent__events": consents,
            "raw.provider__events": answers,
            "marts.fct_orders": orders,
            "staging.stg_templates__policy_settings": [
                {"soft_opt_in_months": months, "soft_opt_in_channels": ["email"]}
            ],
        },
    )
    permissions = chain.rows("select * from marts.fct_permissions where purpose = 'marketing'")
    assert len({row["permission_id"] for row in permissions}) == len(permissions)

    events = known_events(consents, answers, run_date)
    ends = [months_later(row["ordered_at"], months) for row in orders]
    edges = {row["occurred_at"] for row in events} | {row["ordered_at"] for row in orders} | set(ends)
    tick = timedelta(microseconds=1)
    for at in sorted(each + shift for each in edges for shift in (-tick, timedelta(0), tick)):
        for address in ADDRESSES:
            for channel in ("email", "sms"):
                standing, objected = state_machine(events, address, channel, at)
                for customer in CUSTOMERS:
                    by_sale = (
                        not objected
                        and channel == "email"
                        and any(
                            row["is_valid"]
                            and row["customer_id"] == customer
                            and row["email"] == address
                            and row["ordered_at"] <= at <= end
                            for row, end in zip(orders, ends, strict=True)
                        )
                    )
                    expected = ([("consent", standing)] if standing else []) + (
                        [("existing_customer", None)] if by_sale else []
                    )
                    found = sorted(
                        (row["basis"], row["evidence_id"] if row["basis"] == "consent" else None)
                        for row in permissions
                        if row["address"] == address
                        and row["channel"] == channel
                        and row["customer_id"] in (None, customer)
                        and row["valid_from"] <= at
                        and (row["valid_to"] is None or at < row["valid_to"])
                    )
                    assert found == expected, (at, address, channel, customer)
