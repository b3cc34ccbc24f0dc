"""Messages that late data would have stopped: SQL against plain Python over random histories, then with mistakes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from tests.dbt.customers.chain import Chain, Input, compile_chain

MODEL = "fct_late_data_regrets"
RUN = date(2026, 3, 10)
AS_OF = datetime(2026, 3, 10, tzinfo=UTC)
# Facts lie a little before, at and after the instants that matter.
HOURS = (-72, -49, -48, -47, -24, -20, -10, -1, 0, 1, 9, 10, 11)
INPUTS = (
    Input(
        "marts.fct_messages",
        """message_id VARCHAR, run_date DATE, customer_id VARCHAR, journey VARCHAR, step VARCHAR, channel VARCHAR,
        class VARCHAR, anchor VARCHAR, sent_at TIMESTAMPTZ, is_external BOOLEAN""",
    ),
    Input("marts.fct_contact_decisions", "message_id VARCHAR, run_date DATE, due_at TIMESTAMPTZ"),
    Input(
        "staging.stg_templates__journey_steps",
        "journey VARCHAR, step VARCHAR, delay_seconds BIGINT, conditions VARCHAR[]",
    ),
    Input("staging.stg_templates__journeys", "journey VARCHAR, goal VARCHAR"),
    Input(
        "marts.fct_orders",
        "order_id VARCHAR, customer_id VARCHAR, ordered_at TIMESTAMPTZ, is_valid BOOLEAN, received_on DATE",
    ),
    Input("marts.fct_carts", "cart_id VARCHAR, bought_order_id VARCHAR, bought_at TIMESTAMPTZ"),
    Input(
        "intermediate.int_purchases__orders",
        "order_id VARCHAR, cancelled_at TIMESTAMPTZ, cancelled_received_on DATE",
    ),
    Input("intermediate.int_customers__contact_points", "customer_id VARCHAR, channel VARCHAR, address VARCHAR"),
    Input(
        "marts.fct_consent_events",
        """event_id VARCHAR, address VARCHAR, channel VARCHAR, purpose VARCHAR, action VARCHAR,
        occurred_at TIMESTAMPTZ, received_on DATE""",
    ),
    Input("intermediate.int_service__open_cases", "customer_id VARCHAR, case_id VARCHAR, opened_at TIMESTAMPTZ"),
    Input("staging.stg_service__cases", "case_id VARCHAR, first_received_on DATE"),
)
STEPS = {
    "asks_for_none": (None, ["no_order_since_anchor"]),
    "ends_with_any": ("order_since_anchor", []),
    "cart_step": (None, ["cart_not_bought"]),
    "cart_goal": ("cart_bought", []),
    "thanks": (None, []),
}
Tables = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return compile_chain(tmp_path_factory.mktemp("late_data"), (MODEL,), INPUTS, {"timezone": "UTC"})


def history(seed: int) -> Tables:
    """Some messages of one day, and facts of which a part came late."""
    random = Random(seed)

    def moment() -> datetime:
        return AS_OF + timedelta(hours=random.choice(HOURS))

    def received() -> date:
        return RUN + timedelta(days=random.choice((-1, 0, 1, 3)))

    tables: Tables = {each.relation: [] for each in INPUTS}
    for journey, (goal, conditions) in STEPS.items():
        step = {"journey": journey, "step": "s", "delay_seconds": 86_400, "conditions": conditions}
        tables["staging.stg_templates__journey_steps"].append(step)
        tables["staging.stg_templates__journeys"].append({"journey": journey, "goal": goal})
    for n in range(8):
        customer, journey = f"c{random.randrange(5)}", random.choice(list(STEPS))
        message: dict[str, Any] = {"message_id": f"m{n}", "run_date": RUN}
        decision = {**message, "due_at": AS_OF + timedelta(hours=random.choice((-24, -12, 0)))}
        tables["marts.fct_contact_decisions"].append(decision)
        message |= {"customer_id": customer, "journey": journey, "step": "s"}
        message |= {"channel": random.choice(("email", "sms")), "class": random.choice(("lifecycle", "service"))}
        message |= {"anchor": f"cart:{n}" if journey.startswith("cart") else f"order:o{random.randrange(6)}"}
        message |= {"sent_at": random.choice((AS_OF + timedelta(hours=10),) * 5 + (None,))}
        tables["marts.fct_messages"].append({**message, "is_external": random.random() < 0.1})
        order = f"o{random.randrange(6)}"
        cart = {"cart_id": str(n), "bought_order_id": random.choice((order, order, None))}
        cart["bought_at"] = random.choice((AS_OF, moment(), moment()))
        tables["marts.fct_carts"].append(cart)
    for n in range(12):
        order = {"order_id": f"o{n}", "customer_id": f"c{random.randrange(2)}", "ordered_at": moment()}
        tables["marts.fct_orders"].append(order | {"is_valid": random.random() < 0.8, "received_on": received()})
        cancelled = {"order_id": f"o{n}", "cancelled_at": moment(), "cancelled_received_on": received()}
        if random.random() < 0.4:
            tables["intermediate.int_purchases__orders"].append(cancelled)
    for n in range(5):
        for channel in ("email", "sms"):
            point = {"customer_id": f"c{n}", "channel": channel, "address": f"a{n}"}
            tables["intermediate.int_customers__contact_points"].append(point)
            at = moment()
            for k in range(random.choice((0, 1, 2, 2))):
                event: dict[str, Any] = {"event_id": f"e{n}{channel}{k}", "address": f"a{n}", "channel": channel}
                event |= {"purpose": random.choice(("marketing", "marketing", "ads")), "received_on": received()}
                # Often at one instant, where a withdrawal wins.
                at = random.choice((at, moment()))
                event |= {"action": random.choice(("granted", "withdrawn")), "occurred_at": at}
                tables["marts.fct_consent_events"].append(event)
    for n in range(2):
        case = {"customer_id": f"c{random.randrange(5)}", "case_id": f"k{n}", "opened_at": moment()}
        tables["intermediate.int_service__open_cases"].append(case)
        tables["staging.stg_service__cases"].append({"case_id": f"k{n}", "first_received_on": received()})
    return tables


def causes_of(message: dict[str, Any], tables: Tables) -> dict[str, list[tuple[datetime, str, date]]]:
    """Cause → facts (happened at, id, received on) that had happened in time and came later."""
    goal, conditions = STEPS[message["journey"]]
    (due_at,) = (d["due_at"] for d in tables["marts.fct_contact_decisions"] if d["message_id"] == message["message_id"])
    anchor_at = due_at - timedelta(days=1)
    kind, _, key = message["anchor"].partition(":")
    found: dict[str, list[tuple[datetime, str, date]]] = {}

    def late(cause: str, at: datetime, fact: str, on: date, until: datetime = AS_OF) -> None:
        if at < until and on > RUN:
            found.setdefault(cause, []).append((at, fact, on))

    valid = [order for order in tables["marts.fct_orders"] if order["is_valid"]]
    if goal == "order_since_anchor" or "no_order_since_anchor" in conditions:
        for order in valid:
            is_own = kind == "order" and order["order_id"] == key
            if order["customer_id"] == message["customer_id"] and order["ordered_at"] > anchor_at and not is_own:
                late("bought", order["ordered_at"], order["order_id"], order["received_on"])
    if goal == "cart_bought" or "cart_not_bought" in conditions:
        for cart in tables["marts.fct_carts"]:
            for order in valid:
                if kind == "cart" and cart["cart_id"] == key and cart["bought_order_id"] == order["order_id"]:
                    late("bought", cart["bought_at"], order["order_id"], order["received_on"])
    for order in tables["intermediate.int_purchases__orders"]:
        if kind == "order" and order["order_id"] == key:
            late("order_cancelled", order["cancelled_at"], key, order["cancelled_received_on"])
    if message["class"] == "service":
        return found
    first_received = {case["case_id"]: case["first_received_on"] for case in tables["staging.stg_service__cases"]}
    for case in tables["intermediate.int_service__open_cases"]:
        if case["customer_id"] == message["customer_id"]:
            late("service_case", case["opened_at"], case["case_id"], first_received[case["case_id"]])
    known = [
        event
        for event in tables["marts.fct_consent_events"]
        if (event["address"], event["channel"]) == ("a" + message["customer_id"][1:], message["channel"])
        and event["purpose"] == "marketing"
        and event["occurred_at"] < message["sent_at"]
    ]
    if known:
        last = max(known, key=lambda event: (event["occurred_at"], event["action"] == "withdrawn", event["event_id"]))
        if last["action"] == "withdrawn":
            late("withdrawn", last["occurred_at"], last["event_id"], last["received_on"], until=message["sent_at"])
    return found


def oracle(tables: Tables) -> set[tuple[Any, ...]]:
    """(message, cause, earliest fact, how many days late) of every message of ours that left."""
    return {
        (message["message_id"], cause, min(facts)[1], (min(facts)[2] - RUN).days)
        for message in tables["marts.fct_messages"]
        if message["sent_at"] and not message["is_external"]
        for cause, facts in causes_of(message, tables).items()
    }


def regretted(chain: Chain, tables: Tables) -> set[tuple[Any, ...]]:
    chain.run(RUN, tables)
    rows = chain.rows(f"select message_id, cause, fact_id, days_late from marts.{MODEL}")
    return {tuple(row.values()) for row in rows}


HISTORIES = [history(seed) for seed in range(100)]


def test_every_history_gives_the_same_regrets(chain: Chain) -> None:
    """Whoever repairs a late source starts from this list."""
    found = [regretted(chain, tables) for tables in HISTORIES]
    assert found == [oracle(tables) for tables in HISTORIES]
    assert {row[1] for rows in found for row in rows} == {"bought", "order_cancelled", "withdrawn", "service_case"}


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("where messages.sent_at is not null and not messages.is_external", "where messages.sent_at is not null"),
        ("where messages.sent_at is not null and", "where"),
        ("decisions.due_at - to_seconds(steps.delay_seconds)", "decisions.due_at"),
        ("'no_order_since_anchor'", "'order_since_anchor'"),
        ("journeys.goal = 'order_since_anchor'", "false"),
        ("'cart_not_bought'", "'is_member'"),
        ("journeys.goal = 'cart_bought'", "false"),
        ("where is_valid and", "where"),
        ("orders.ordered_at > messages.anchor_at", "orders.ordered_at >= messages.anchor_at"),
        ("orders.ordered_at < messages.decided_as_of", "orders.ordered_at <= messages.decided_as_of"),
        ("orders.received_on > messages.run_date", "orders.received_on >= messages.run_date"),
        ("carts.bought_at < messages.decided_as_of", "carts.bought_at <= messages.decided_as_of"),
        ("orders.cancelled_at < messages.decided_as_of", "orders.cancelled_at <= messages.decided_as_of"),
        ("orders.cancelled_received_on > messages.run_date", "orders.cancelled_received_on >= messages.run_date"),
        ("order_id is distinct from", "order_id is not distinct from"),
        ("events.purpose = 'marketing'", "events.purpose <> ''"),
        ("events.occurred_at < messages.sent_at", "events.occurred_at <= messages.sent_at"),
        ("events.occurred_at < messages.sent_at", "events.occurred_at < messages.decided_as_of"),
        ("where newest.action = 'withdrawn' and", "where"),
        ("newest.received_on > run_date", "newest.received_on >= run_date"),
        ("'withdrawn': events.action = 'withdrawn'", "'withdrawn': events.action <> 'withdrawn'"),
        ("and messages.channel = contact_points.channel", ""),
        ("where messages.class <> 'service'", "where true"),
        ("open_cases.opened_at < messages.decided_as_of", "open_cases.opened_at <= messages.decided_as_of"),
        ("cases.first_received_on > messages.run_date", "cases.first_received_on >= messages.run_date"),
        ("order by happened_at", "order by -epoch_ms(happened_at)"),
    ],
)
def test_a_mistake_in_the_list_is_noticed(chain: Chain, right: str, wrong: str) -> None:
    """A comparison that no mistake fails proves nothing."""
    with chain.changed(right, wrong):
        assert any(regretted(chain, tables) != oracle(tables) for tables in HISTORIES)
