"""Random histories of addresses: consents, reports, sales, blocks, requests to be forgotten; and rare ones."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.dbt.customers.test_permissions import OSLO, PHONE, START

PURPOSES = ("marketing", "survey", "ads")


OWNED = (("a@x.no", "email"), ("b@x.no", "email"), (PHONE, "sms"))


CUSTOMERS = ("c1", "c2")


Row = dict[str, Any]


# Few instants, so that events meet each other; as_of of a run may be one of them.
moments = st.one_of(
    st.integers(0, 6).map(lambda n: START + n * timedelta(hours=9)),
    st.integers(0, 4).map(lambda n: datetime.combine(START.date() + timedelta(days=n), time(), OSLO)),
)


written = st.sampled_from(("a@x.no", "a@x.no", " A@X.no", "b@x.no", PHONE, "0047 90 00 00 01", "no address"))


late = st.integers(0, 2)


consents = st.fixed_dictionaries(
    {
        "occurred_at": moments,
        "address": written,
        "channel": st.sampled_from(("email", "email", "sms")),
        "purpose": st.sampled_from(PURPOSES),
        "action": st.sampled_from(("granted", "withdrawn")),
        "days_late": late,
    }
)


reports = st.fixed_dictionaries(
    {
        "occurred_at": moments,
        "address": written,
        "channel": st.sampled_from(("email", "sms")),
        "event": st.sampled_from(("unsubscribed", "complained", "opened", "bounced", "bounced")),
        "bounce_type": st.sampled_from(("hard", "soft")),
        "days_late": late,
    }
)


sales = st.fixed_dictionaries(
    {
        "ordered_at": moments,
        "customer_id": st.sampled_from(CUSTOMERS),
        "email": st.sampled_from(("a@x.no", "a@x.no", "b@x.no", None)),
        "phone": st.sampled_from((PHONE, None)),
        "is_valid": st.sampled_from((True, True, False)),
    }
)


blocked = st.fixed_dictionaries(
    {
        "address": written,
        "channel": st.sampled_from(("email", "sms")),
        "since_on": st.one_of(st.none(), st.integers(0, 9).map(lambda n: START.date() + timedelta(days=n))),
    }
)


requests = st.fixed_dictionaries(
    {
        "requested_at": moments,
        "email": st.sampled_from((None, " B@x.no", "nobody@x.no")),
        "phone": st.sampled_from((None, "+47 900 00 001", "90000002")),
        "member_id": st.sampled_from((None, "m1", " M2 ")),
        "days_late": late,
    }
)


owners = st.lists(
    st.tuples(st.sampled_from(CUSTOMERS), st.sampled_from(OWNED), st.one_of(st.none(), moments)),
    max_size=6,
    unique_by=lambda each: each[:2],
)


worlds = st.fixed_dictionaries(
    {
        "consents": st.lists(consents, max_size=10),
        "reports": st.lists(reports, max_size=5),
        "sales": st.lists(sales, max_size=4),
        "blocked": st.lists(blocked, max_size=2),
        "requests": st.lists(requests, max_size=2),
        "owners": owners,
        "told_again": st.booleans(),
        "soft": st.sampled_from((["email"], ["email", "sms"], ["email", "sms"], [])),
        # Also a month later, when the right that comes from a sale ends.
        "run_day": st.one_of(st.integers(0, 6), st.integers(30, 34)),
    }
)


def world_of(**what: Any) -> Row:
    """Two people who share an address, three days on, and `what` happened."""
    nothing: Row = {name: [] for name in ("consents", "reports", "sales", "blocked", "requests")}
    owned = [("c1", OWNED[0], None), ("c2", OWNED[0], None), ("c2", OWNED[1], START), ("c1", OWNED[2], START)]
    return nothing | {"owners": owned, "told_again": False, "soft": ["email"], "run_day": 3} | what


def consent(action: str, purpose: str = "marketing", hours: int = 0) -> Row:
    at = START + timedelta(hours=hours)
    told = {"occurred_at": at, "address": "a@x.no", "channel": "email", "days_late": 0}
    return told | {"purpose": purpose, "action": action}


def report(event: str, bounce_type: str = "soft") -> Row:
    at = START + timedelta(hours=9)
    told = {"occurred_at": at, "address": "a@x.no", "channel": "email", "days_late": 0}
    return told | {"event": event, "bounce_type": bounce_type}


SALE = {"ordered_at": START, "customer_id": "c1", "email": "a@x.no", "phone": None, "is_valid": True}


# What random histories meet too rarely.
RARE = (
    world_of(consents=[consent("granted"), consent("withdrawn")]),
    world_of(consents=[consent("granted"), consent("withdrawn", "survey", 1)]),
    world_of(sales=[SALE], consents=[consent("withdrawn", "survey", 1)]),
    world_of(sales=[SALE], consents=[consent("withdrawn", "marketing", 1)]),
    world_of(sales=[SALE], run_day=33),
    world_of(consents=[consent("granted")], reports=[report("unsubscribed")]),
    world_of(reports=[report("complained")], consents=[consent("granted", hours=10)]),
    world_of(reports=[report("bounced", "hard")]),
    world_of(reports=[report("bounced")]),
    world_of(consents=[consent("granted", "survey")]),
    # Withdrawals at as_of itself: too late for the decision, in time for the sending.
    world_of(consents=[consent("withdrawn", "marketing", 14), consent("withdrawn", "survey", 20)], run_day=1),
    world_of(consents=[consent("granted"), consent("withdrawn", "survey", 20)], run_day=1),
)
