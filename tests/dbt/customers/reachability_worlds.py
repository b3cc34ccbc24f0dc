"""Random histories of addresses: consents, reports, accounts, sales, blocks, wishes to be forgotten; and rare ones."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.dbt.customers.test_permissions import OSLO, PHONE, START

PURPOSES = ("marketing", "survey", "ads")


OWNED = (("a@x.no", "email"), ("b@x.no", "email"), (PHONE, "sms"))


CUSTOMERS = ("c1", "c2")
# The first one's and the second one's; guests are the second one.
ACCOUNTS = ("a1", "a2")


Row = dict[str, Any]


# Few instants, so that events meet each other; as_of of a run may be one of them.
moments = st.one_of(
    st.integers(0, 6).map(lambda n: START + n * timedelta(hours=9)),
    st.integers(0, 4).map(lambda n: datetime.combine(START.date() + timedelta(days=n), time(), OSLO)),
)


written = st.sampled_from(("a@x.no", "a@x.no", " A@X.no", "b@x.no", PHONE, "0047 90 00 00 01", "no address"))


# Also told the day before: of the future for the run that hears of it.
late = st.integers(-1, 2)


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


# What an account says of itself, again and again: other addresses, the same in another spelling, none.
versions = st.fixed_dictionaries(
    {
        "account_id": st.sampled_from(ACCOUNTS),
        "updated_at": moments,
        "email": st.sampled_from(("a@x.no", " A@X.no", "b@x.no", "b@x.no", None, "no address")),
        "phone": st.sampled_from((PHONE, "90 00 00 01", None)),
        "country": st.sampled_from(("NO", None, "SE")),
        "days_late": late,
    }
)


# Mostly without an address of its own; a guest has no account.
sales = st.fixed_dictionaries(
    {
        "account_id": st.sampled_from((*ACCOUNTS, *ACCOUNTS, None)),
        "placed_at": moments,
        "email": st.sampled_from((None, None, "a@x.no", "b@x.no", "no address")),
        "phone": st.sampled_from((PHONE, None, None)),
        "total_amount": st.sampled_from((10, 10, 0)),
        "cancelled_at": st.sampled_from((None, None, START + timedelta(hours=30))),
        "days_late": late,
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


opened = st.sampled_from((START - timedelta(days=40), START - timedelta(days=40), START + timedelta(hours=9)))


owners = st.lists(
    st.tuples(st.sampled_from(CUSTOMERS), st.sampled_from(OWNED), st.one_of(st.none(), moments)),
    max_size=6,
    unique_by=lambda each: each[:2],
)


def histories(fewest: int) -> st.SearchStrategy[Row]:
    """Of each kind at least so many things happen."""

    def some(kind: st.SearchStrategy[Row], most: int) -> st.SearchStrategy[list[Row]]:
        return st.lists(kind, min_size=min(fewest, most), max_size=most)

    return st.fixed_dictionaries(
        {
            "consents": some(consents, 10),
            "reports": st.lists(reports, max_size=5),
            "versions": some(versions, 8),
            "opened": st.fixed_dictionaries(dict.fromkeys(ACCOUNTS, opened)),
            "sales": some(sales, 5),
            "blocked": st.lists(blocked, max_size=2),
            "requests": st.lists(requests, max_size=2),
            "owners": owners,
            "told_again": st.booleans(),
            "soft": st.sampled_from((["email"], ["email", "sms"], ["email", "sms"], [])),
            # Also a month later, when the right that comes from a sale ends.
            "run_day": st.one_of(st.integers(0, 6), st.integers(30, 34)),
        }
    )


worlds = st.one_of(histories(fewest=0), histories(fewest=4))


def world_of(**what: Any) -> Row:
    """Two people who share an address, three days on, and `what` happened."""
    nothing: Row = {name: [] for name in ("consents", "reports", "versions", "sales", "blocked", "requests")}
    nothing["opened"] = dict.fromkeys(ACCOUNTS, START)
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


SALE = {
    "account_id": "a1", "placed_at": START, "email": "a@x.no", "phone": None, "total_amount": 10, "cancelled_at": None,
    "days_late": 0,
}  # fmt: skip
BARE_SALE = SALE | {"email": None, "placed_at": START + timedelta(hours=9)}


def version(email: str | None, hours: int = 0) -> Row:
    at = START + timedelta(hours=hours)
    told = {"account_id": "a1", "updated_at": at, "phone": None, "country": "NO", "days_late": 0}
    return told | {"email": email}


ABROAD = version(None) | {"phone": "90 00 00 01", "country": "SE"}
AT_HOME = {"updated_at": START + timedelta(hours=9), "country": "NO"}


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
    # The second one allowed an address that bounces now, and has another one.
    world_of(consents=[consent("granted")], reports=[report("bounced", "hard")]),
    # Withdrawals at as_of itself: too late for the decision, in time for the sending.
    world_of(consents=[consent("withdrawn", "marketing", 14), consent("withdrawn", "survey", 20)], run_day=1),
    world_of(consents=[consent("granted"), consent("withdrawn", "survey", 20)], run_day=1),
    # The account is given another address after the sale, at its instant, and before; it is told of after the sale; and
    # is opened after it.
    world_of(versions=[version("b@x.no"), version("a@x.no", 10)], sales=[BARE_SALE]),
    world_of(versions=[version("b@x.no"), version("a@x.no", 9)], sales=[BARE_SALE]),
    world_of(versions=[version("b@x.no"), version("a@x.no", 8)], sales=[BARE_SALE]),
    world_of(versions=[version("a@x.no", 20)], sales=[BARE_SALE]),
    world_of(versions=[version("a@x.no", 20)], sales=[BARE_SALE | {"placed_at": START - timedelta(hours=1)}]),
    world_of(versions=[version("b@x.no"), version("a@x.no")], sales=[BARE_SALE]),
    # A number without calling code is read as the account's were then; a sale that was cancelled was none.
    world_of(versions=[ABROAD, ABROAD | AT_HOME], sales=[BARE_SALE | {"placed_at": START}], soft=["sms"]),
    world_of(sales=[SALE | {"cancelled_at": START + timedelta(hours=9)}]),
    world_of(versions=[version(None), version(None, 10) | {"phone": PHONE}], sales=[BARE_SALE], soft=["sms"]),
    world_of(requests=[{"requested_at": START, "email": None, "phone": "90000001", "member_id": None, "days_late": 0}]),
)
