"""May this customer be written to now, and by what right? SQL against a state machine that hears events one by one.

Covers what permissions alone do not: suppression by the provider and the block list, every purpose, repeated
deliveries, erasure, which of the addresses is written to, and what is asked once more at the moment of sending.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.dbt.customers import test_permissions as permissions
from tests.dbt.customers.chain import Chain, Input, compile_chain, raw
from tests.dbt.customers.test_permissions import OSLO, PHONE, START, months_later

PURPOSES = ("marketing", "survey", "ads")
OWNED = (("a@x.no", "email"), ("b@x.no", "email"), (PHONE, "sms"))
CUSTOMERS = ("c1", "c2")
MONTHS = 1

MODELS = (
    *permissions.MODELS,
    "fct_suppressions",
    "int_consent__withdrawn_since_as_of",
    "int_customers__contact_points",
    "stg_privacy__erasures",
    "int_customers__erased",
)
INPUTS = (
    *permissions.INPUTS,
    raw(
        "privacy",
        "erasures",
        "request_id VARCHAR, requested_at TIMESTAMPTZ, email VARCHAR, phone VARCHAR, member_id VARCHAR",
    ),
    Input("seeds.consent_block_list", "block_list_id VARCHAR, address VARCHAR, channel VARCHAR, since_on DATE"),
    Input(
        "marts.dim_customer_identifiers",
        "customer_id VARCHAR, identifier_kind VARCHAR, identifier_value VARCHAR, last_seen_at TIMESTAMPTZ",
    ),
    Input(
        "intermediate.int_identity__identifiers",
        "record_id VARCHAR, identifier_kind VARCHAR, identifier_value VARCHAR",
    ),
    Input("intermediate.int_identity__persons", "record_id VARCHAR, customer_id VARCHAR"),
)

Row = dict[str, Any]


@dataclass
class Address:
    """What is remembered of one address on one channel."""

    granted_by: dict[str, str] = field(default_factory=dict)
    has_objected: bool = False
    stopped_by: str | None = None


@dataclass
class Memory:
    """The state machine: it is told what happened in the order in which it happened, and asked at the end."""

    addresses: dict[tuple[str, str], Address] = field(default_factory=dict)
    newest_sale: dict[tuple[str, str, str], tuple[datetime, str]] = field(default_factory=dict)

    def of(self, address: str, channel: str) -> Address:
        return self.addresses.setdefault((address, channel), Address())

    def consent(self, event: Row) -> None:
        known = self.of(event["address"], event["channel"])
        if event["action"] == "granted":
            known.granted_by[event["purpose"]] = event["event_id"]
        else:
            known.granted_by.pop(event["purpose"], None)
            known.has_objected |= event["purpose"] == "marketing"

    def stop(self, address: str, channel: str, suppression_id: str) -> None:
        known = self.of(address, channel)
        known.stopped_by = known.stopped_by or suppression_id

    def sale(self, order: Row) -> None:
        for address, channel in ((order["email"], "email"), (order["phone"], "sms")):
            if address and order["is_valid"]:
                key = (order["customer_id"], address, channel)
                at, number = self.newest_sale.get(key, (None, ""))
                if at != order["ordered_at"] or order["order_id"] < number:
                    self.newest_sale[key] = (order["ordered_at"], order["order_id"])

    def right(self, customer: str, address: str, channel: str, at: datetime, soft: list[str]) -> tuple[str, str] | None:
        """(basis, permission_id) for marketing to this customer."""
        known = self.of(address, channel)
        if "marketing" in known.granted_by:
            return "consent", f"consent:{known.granted_by['marketing']}"
        sold = self.newest_sale.get((customer, address, channel))
        if sold and channel in soft and not known.has_objected and at <= months_later(sold[0], MONTHS):
            return "existing_customer", f"sale:{sold[1]}" + (":sms" if channel == "sms" else "")
        return None


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


@pytest.mark.parametrize("number", range(len(RARE)))
def test_rare_histories_agree_too(chain: Chain, number: int) -> None:
    """Equal instants, ends of rights, and one right beside another."""
    agrees(chain, RARE[number])


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return compile_chain(tmp_path_factory.mktemp("reachability"), MODELS, INPUTS)


def delivered(rows: list[Row], key: str, instant: str, prefix: str, told_again: bool) -> list[Row]:
    """As landed. Told again: a later delivery repeats each key with another instant, which must change nothing."""
    landed = []
    for number, row in enumerate(rows):
        columns = {name: value for name, value in row.items() if name != "days_late"}
        received = row[instant].astimezone(OSLO).date() + timedelta(days=row["days_late"])
        landed.append(
            {**columns, key: f"{prefix}{number:02}", "received_on": received, "source_file": "f", "source_line": number}
        )
        if told_again:
            other = row[instant] - timedelta(days=1)
            landed.append({**landed[-1], instant: other, "received_on": received + timedelta(days=1)})
    return landed


def normal(text: str, channel: str) -> str | None:
    """The address in normal form, where it is one of its channel."""
    plain = text.strip().lower().replace(" ", "").replace("0047", "+47")
    return plain if ("@" in plain) == (channel == "email") and plain != "noaddress" else None


def heard(rows: list[Row], instant: str, run_date: date, as_of: datetime) -> list[Row]:
    """What a run may know: each key as it was told first."""
    known: dict[str, Row] = {}
    for row in sorted(rows, key=lambda each: each["received_on"]):
        key = row.get("event_id") or row["request_id"]
        if row["received_on"] <= run_date and row[instant] < as_of:
            known.setdefault(key, row)
    return list(known.values())


def remember(world: Row, landed: Row, run_date: date, as_of: datetime) -> Memory:
    """Tell the state machine everything, in order; at one instant grants first, so that withdrawal wins."""
    happened: list[tuple[datetime, int, str, Any]] = []
    for event in heard(landed["consents"], "occurred_at", run_date, as_of):
        if address := normal(event["address"], event["channel"]):
            rank = 0 if event["action"] == "granted" else 1
            # Of grants at one instant the smallest id is the evidence, so it is told last.
            order = "".join(chr(255 - ord(c)) for c in event["event_id"])
            happened.append((event["occurred_at"], rank, order, {**event, "address": address}))
    for event in heard(landed["reports"], "occurred_at", run_date, as_of):
        address = normal(event["address"], event["channel"])
        if address and (event["event"] != "bounced" or event["bounce_type"] == "hard") and event["event"] != "opened":
            happened.append((event["occurred_at"], 2, event["event_id"], {**event, "address": address}))
    for number, row in enumerate(world["blocked"]):
        since = datetime.combine(row["since_on"] or date(1970, 1, 1), time(), OSLO)
        address = normal(row["address"], row["channel"])
        if address and since <= as_of:
            happened.append((since, 1, f"block_list:{number}", {**row, "address": address}))
    for number, row in enumerate(world["sales"]):
        if row["ordered_at"] < as_of:
            happened.append((row["ordered_at"], 3, str(number), {**row, "order_id": f"webshop:{number}"}))
    memory = Memory()
    for _, _, name, what in sorted(happened, key=lambda each: each[:3]):
        if "ordered_at" in what:
            memory.sale(what)
        elif "since_on" in what:
            memory.stop(what["address"], what["channel"], name)
        elif "action" in what:
            memory.consent(what)
        else:
            if what["event"] != "bounced":
                memory.consent({**what, "purpose": "marketing", "action": "withdrawn"})
            if what["event"] != "unsubscribed":
                memory.stop(what["address"], what["channel"], f"provider:{what['event_id']}")
    return memory


def run(chain: Chain, world: Row, landed: Row, run_date: date) -> None:
    kinds = {"email": "email", "sms": "phone"}
    owned = [
        {"customer_id": who, "identifier_kind": kinds[channel], "identifier_value": address, "last_seen_at": seen}
        for who, (address, channel), seen in world["owners"]
    ]
    members = [{"record_id": f"club:{n}", "identifier_kind": "member_id", "identifier_value": f"M{n}"} for n in (1, 2)]
    of_records = [
        {
            "record_id": f"club:{row['customer_id'][1]}",
            "identifier_kind": row["identifier_kind"],
            "identifier_value": row["identifier_value"],
        }
        for row in owned
    ]
    chain.run(
        run_date,
        {
            "raw.consent__events": landed["consents"],
            "raw.provider__events": landed["reports"],
            "raw.privacy__erasures": landed["requests"],
            "marts.fct_orders": [{**row, "order_id": f"webshop:{n}"} for n, row in enumerate(world["sales"])],
            "staging.stg_templates__policy_settings": [
                {"soft_opt_in_months": MONTHS, "soft_opt_in_channels": world["soft"]}
            ],
            "seeds.consent_block_list": [{**row, "block_list_id": str(n)} for n, row in enumerate(world["blocked"])],
            "marts.dim_customer_identifiers": owned,
            "intermediate.int_identity__identifiers": [*members, *of_records],
            "intermediate.int_identity__persons": [{"record_id": f"club:{n}", "customer_id": f"c{n}"} for n in (1, 2)],
        },
    )


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
@given(world=worlds)
def test_who_may_be_written_to_is_what_a_state_machine_remembers(chain: Chain, world: Row) -> None:
    """One message to somebody who has objected, complained or asked to be forgotten is one too many."""
    agrees(chain, world)


def agrees(chain: Chain, world: Row) -> None:
    run_date = START.date() + timedelta(days=world["run_day"])
    as_of = datetime.combine(run_date, time(), OSLO)
    again = world["told_again"]
    landed = {
        "consents": delivered(world["consents"], "event_id", "occurred_at", "e", again),
        "reports": delivered(world["reports"], "event_id", "occurred_at", "p", again),
        "requests": delivered(world["requests"], "request_id", "requested_at", "r", again),
    }
    # Orders are inputs as a run knows them.
    world = {**world, "sales": [row for row in world["sales"] if row["ordered_at"] < as_of]}
    run(chain, world, landed, run_date)
    memory = remember(world, landed, run_date, as_of)

    stopped = chain.rows("select address, channel from marts.fct_suppressions")
    assert {(row["address"], row["channel"]) for row in stopped} == {
        key for key, known in memory.addresses.items() if known.stopped_by
    }
    valid = chain.rows(
        f"select address, channel, purpose, evidence_id from marts.fct_permissions where basis = 'consent' "
        f"and valid_from <= timestamptz '{as_of}' and coalesce(valid_to > timestamptz '{as_of}', true)"
    )
    assert {tuple(row.values()) for row in valid} == {
        (*key, purpose, evidence)
        for key, known in memory.addresses.items()
        for purpose, evidence in known.granted_by.items()
    }
    assert points(chain) == expected_points(memory, world, as_of)
    assert erased(chain) == expected_erased(world, heard(landed["requests"], "requested_at", run_date, as_of))
    found = chain.rows("select * from intermediate.int_consent__withdrawn_since_as_of")
    assert {(row["address"], row["channel"]): row["occurred_at"] for row in found} == late_withdrawals(
        landed, run_date, as_of
    )


def points(chain: Chain) -> dict[tuple[str, str], tuple[Any, ...]]:
    rows = chain.rows("select * from intermediate.int_customers__contact_points")
    return {
        (row["customer_id"], row["channel"]): (
            row["address"],
            row["permission_basis"],
            row["permission_id"],
            row["suppression_id"],
        )
        for row in rows
    }


def expected_points(memory: Memory, world: Row, as_of: datetime) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Of a customer's addresses the one with a right, then the one nobody stopped, then the newest, then by value."""
    best: dict[tuple[str, str], tuple[Any, ...]] = {}
    for who, (address, channel), seen in world["owners"]:
        right = memory.right(who, address, channel, as_of, world["soft"])
        stop = memory.of(address, channel).stopped_by
        age = (as_of - seen).total_seconds() if seen else float("inf")
        candidate = (right is None, stop is not None, age, address, *(right or (None, None)), stop)
        if (who, channel) not in best or candidate[:4] < best[(who, channel)][:4]:
            best[(who, channel)] = candidate
    return {key: (chosen[3], *chosen[4:]) for key, chosen in best.items()}


def erased(chain: Chain) -> dict[str, datetime]:
    rows = chain.rows("select customer_id, erased_at from intermediate.int_customers__erased")
    return {row["customer_id"]: row["erased_at"] for row in rows}


def expected_erased(world: Row, asked: list[Row]) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for customer in CUSTOMERS:
        mine = {address for who, (address, _), _ in world["owners"] if who == customer} | {f"M{customer[1]}"}
        for request in asked:
            phone = (request["phone"] or "").replace(" ", "")
            named = {
                (request["email"] or "").strip().lower(),
                phone if phone.startswith("+") else f"+47{phone}",
                (request["member_id"] or "").strip().upper(),
            }
            if named & mine:
                found[customer] = min(request["requested_at"], found.get(customer, request["requested_at"]))
    return found


def late_withdrawals(landed: Row, run_date: date, as_of: datetime) -> dict[tuple[str, str], datetime]:
    """Objections that happened too late for the decision and arrived in time for the sending."""
    found: dict[tuple[str, str], datetime] = {}
    for event in (*landed["consents"], *landed["reports"]):
        objects = event.get("event") in ("unsubscribed", "complained") or (
            event.get("action") == "withdrawn" and event["purpose"] == "marketing"
        )
        address = normal(event["address"], event["channel"])
        if objects and address and event["received_on"] <= run_date and event["occurred_at"] >= as_of:
            key = (address, event["channel"])
            found[key] = min(event["occurred_at"], found.get(key, event["occurred_at"]))
    return found
