"""Audience membership in SQL against plain loops, over random customers, consents, orders and messages."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.dbt.customers.chain import Chain, Input, compile_chain

RUN_DATE = date(2026, 3, 20)
AS_OF = datetime(2026, 3, 20, tzinfo=UTC)
MODEL = "fct_audience_members"
CUSTOMERS = ("c1", "c2", "c3")
ADDRESSES = (("email", "a@x.no"), ("email", "b@x.no"), ("phone", "+4790000001"))
RECENT, WAIT = timedelta(days=30), timedelta(days=2)

INPUTS = (
    Input("marts.dim_customers", "customer_id VARCHAR, customer_type VARCHAR, persona VARCHAR, is_erased BOOLEAN"),
    Input(
        "marts.dim_customer_identifiers",
        "customer_id VARCHAR, identifier_kind VARCHAR, identifier_value VARCHAR, is_primary BOOLEAN",
    ),
    Input(
        "marts.fct_permissions",
        "permission_id VARCHAR, address VARCHAR, channel VARCHAR, purpose VARCHAR, basis VARCHAR, "
        "valid_from TIMESTAMPTZ, valid_to TIMESTAMPTZ",
    ),
    Input("marts.fct_orders", "order_id VARCHAR, customer_id VARCHAR, ordered_at TIMESTAMPTZ, is_valid BOOLEAN"),
    Input(
        "intermediate.int_decisions__contact_log",
        "customer_id VARCHAR, message_id VARCHAR, class VARCHAR, sent_at TIMESTAMPTZ",
    ),
    Input(
        "marts.fct_customer_scores",
        "customer_id VARCHAR, is_ambassador BOOLEAN, is_inactive_with_intent BOOLEAN, last_visit_at TIMESTAMPTZ",
    ),
)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return compile_chain(tmp_path_factory.mktemp("audiences"), (MODEL,), INPUTS, {"timezone": "UTC"})


# Few instants around every edge, so that they coincide.
moments = st.sampled_from(
    [
        AS_OF - edge + off
        for edge in (timedelta(0), WAIT, RECENT)
        for off in (timedelta(hours=-1), timedelta(0), timedelta(hours=1))
    ]
)
anybody = st.sampled_from(CUSTOMERS)


def listed(size: int, **columns: Any) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(st.fixed_dictionaries(columns), max_size=size)


def per_customer(**columns: Any) -> st.SearchStrategy[list[dict[str, Any]]]:
    rows = [st.fixed_dictionaries({"customer_id": st.just(customer), **columns}) for customer in CUSTOMERS]
    return st.tuples(*rows).map(list)


worlds = st.fixed_dictionaries(
    {
        "dim_customers": per_customer(
            customer_type=st.sampled_from(("b2c", "b2c", "b2b")),
            persona=st.sampled_from(("Champions", "Inactive", None)),
            is_erased=st.sampled_from((False, False, None, True)),
        ),
        "identifiers": st.lists(
            st.tuples(anybody, st.sampled_from(ADDRESSES), st.booleans()), max_size=7, unique_by=lambda each: each[:2]
        ),
        "permissions": listed(
            5,
            address=st.sampled_from(ADDRESSES),
            purpose=st.sampled_from(("ads", "ads", "marketing")),
            basis=st.sampled_from(("consent", "consent", "existing_customer")),
            valid_from=moments,
            valid_to=st.one_of(st.none(), moments),
        ),
        "orders": listed(4, customer_id=anybody, ordered_at=moments, is_valid=st.sampled_from((True, True, False))),
        "messages": listed(
            4, customer_id=anybody, sent_at=moments, **{"class": st.sampled_from(("lifecycle", "service"))}
        ),
        "scores": per_customer(
            is_ambassador=st.booleans(),
            is_inactive_with_intent=st.booleans(),
            last_visit_at=st.one_of(st.none(), moments),
        ),
    }
)


def tables(world: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return {
        "marts.dim_customers": world["dim_customers"],
        "marts.dim_customer_identifiers": [
            {"customer_id": customer, "identifier_kind": kind, "identifier_value": value, "is_primary": primary}
            for customer, (kind, value), primary in world["identifiers"]
        ],
        "marts.fct_permissions": [
            {**row, "permission_id": f"p{n}", "address": row["address"][1],
             "channel": "email" if row["address"][0] == "email" else "sms"}
            for n, row in enumerate(world["permissions"])
        ],
        "marts.fct_orders": [{**row, "order_id": f"o{n}"} for n, row in enumerate(world["orders"])],
        "intermediate.int_decisions__contact_log": [
            {**row, "message_id": f"m{n}"} for n, row in enumerate(world["messages"])
        ],
        "marts.fct_customer_scores": world["scores"],
    }  # fmt: skip


def oracle(world: dict[str, Any]) -> set[tuple[Any, ...]]:
    """(audience, customer, reason, email, phone), one customer and one rule after the other."""
    found = set()
    for customer in world["dim_customers"]:
        me = customer["customer_id"]
        if customer["customer_type"] != "b2c" or customer["is_erased"]:
            continue
        named: dict[str, str | None] = {}
        for kind in ("email", "phone"):
            usable = []
            for owner, address, is_primary in world["identifiers"]:
                if owner != me or address[0] != kind:
                    continue
                for p in world["permissions"]:
                    holds = p["valid_from"] <= AS_OF and (p["valid_to"] is None or p["valid_to"] > AS_OF)
                    if p["address"] == address and p["purpose"] == "ads" and p["basis"] == "consent" and holds:
                        usable.append((not is_primary, address[1]))
            named[kind] = min(usable)[1] if usable else None
        if not any(named.values()):
            continue
        who = (named["email"], named["phone"])
        orders = [
            (o["ordered_at"], f"o{n}")
            for n, o in enumerate(world["orders"])
            if o["customer_id"] == me and o["is_valid"] and o["ordered_at"] < AS_OF
        ]
        score = next(each for each in world["scores"] if each["customer_id"] == me)
        messages = [
            (m["sent_at"], f"m{n}")
            for n, m in enumerate(world["messages"])
            if m["customer_id"] == me and m["class"] != "service"
        ]
        if orders:
            found.add(("customers", me, f"order:{max(orders)[1]}", *who))
            if max(orders)[0] >= AS_OF - RECENT:
                found.add(("recent_buyers", me, f"order:{max(orders)[1]}", *who))
        if score["is_ambassador"]:
            found.add(("lookalike_seed", me, "ambassador", *who))
        elif customer["persona"] == "Champions":
            found.add(("lookalike_seed", me, "persona:Champions", *who))
        if score["is_inactive_with_intent"] and messages:
            sent_at, message = max(messages)
            came_back = (score["last_visit_at"] and score["last_visit_at"] > sent_at) or any(
                o > sent_at for o, _ in orders
            )
            if sent_at < AS_OF - WAIT and not came_back:
                found.add(("win_back", me, f"message:{message}", *who))
    return found


def decided(chain: Chain, world: dict[str, Any]) -> list[tuple[Any, ...]]:
    chain.run(RUN_DATE, tables(world))
    rows = chain.rows(f"select audience, customer_id, reason, email, phone, run_date from marts.{MODEL}")
    assert all(row["run_date"] == RUN_DATE for row in rows)
    return [tuple(row.values())[:5] for row in rows]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(worlds)
def test_members_are_those_of_plain_loops(chain: Chain, world: dict[str, Any]) -> None:
    """The lists leave the house, so each member must be one by a rule that somebody can follow with a finger."""
    rows = decided(chain, world)
    assert set(rows) == oracle(world)
    assert len(rows) == len(set(rows))


def edge(
    ordered_at: datetime | None = None, sent_at: datetime | None = None, visited_at: datetime | None = None
) -> Any:
    """A world with one reachable customer who ordered, was written to and came by at exactly these instants."""
    me, email = CUSTOMERS[0], ADDRESSES[0]
    consent = {"address": email, "purpose": "ads", "basis": "consent", "valid_from": AS_OF - 4 * RECENT}
    return {
        "dim_customers": [{"customer_id": me, "customer_type": "b2c", "persona": "Inactive", "is_erased": False}],
        "identifiers": [(me, email, True)],
        "permissions": [{**consent, "valid_to": None}],
        "orders": [{"customer_id": me, "ordered_at": ordered_at, "is_valid": True}] if ordered_at else [],
        "messages": [{"customer_id": me, "sent_at": sent_at, "class": "lifecycle"}] if sent_at else [],
        "scores": [
            {"customer_id": me, "is_ambassador": False, "is_inactive_with_intent": True, "last_visit_at": visited_at}
        ],
    }


SECOND = timedelta(seconds=1)
SENT = AS_OF - WAIT - SECOND
EDGES = [
    *(edge(ordered_at=AS_OF - RECENT + off) for off in (-SECOND, timedelta(0), SECOND)),
    *(edge(ordered_at=AS_OF + off) for off in (-SECOND, timedelta(0))),
    *(edge(sent_at=AS_OF - WAIT + off) for off in (-SECOND, timedelta(0), SECOND)),
    *(edge(sent_at=SENT, visited_at=SENT + off) for off in (-SECOND, timedelta(0), SECOND)),
    *(edge(sent_at=SENT, ordered_at=SENT + off) for off in (-SECOND, timedelta(0), SECOND)),
]
# Wrong by one instant: what random worlds meet too rarely to rely on.
EDGE_MUTANTS = [
    ("where ordered_at >=", "where ordered_at >"),
    ("is_valid and ordered_at <", "is_valid and ordered_at <="),
    ("and written_to.sent_at <", "and written_to.sent_at <="),
    ("scores.last_visit_at <= written_to.sent_at", "scores.last_visit_at < written_to.sent_at"),
    ("bought.ordered_at <= written_to.sent_at", "bought.ordered_at < written_to.sent_at"),
]


@pytest.mark.parametrize("number", range(len(EDGES)))
def test_members_at_the_edges_in_time(chain: Chain, number: int) -> None:
    """Thirty days are thirty days: the buyer of exactly then is spared, a visit at that instant is no answer."""
    assert set(decided(chain, EDGES[number])) == oracle(EDGES[number])


@pytest.mark.parametrize(("right", "wrong"), EDGE_MUTANTS, ids=[right for right, _ in EDGE_MUTANTS])
def test_the_edges_notice_a_comparison_that_is_wrong_by_one_instant(chain: Chain, right: str, wrong: str) -> None:
    """Each comparison with an instant must be held by an edge that stands exactly on it."""
    ((relation, sql),) = chain._compiled
    place = r"\s*".join(re.escape(token) for token in re.findall(r"\w+|[^\w\s]", right))
    changed, n_places = re.subn(place + r"(?!=)", f" {wrong} ", sql)
    assert n_places == 1, "the place of the mutation is gone, or no longer one: adapt the mutant"
    mutant = Chain([(relation, changed)], INPUTS)
    assert any(set(decided(mutant, world)) != oracle(world) for world in EDGES)


# Edges in time have mutants of their own, above.
MUTANTS = [
    ("permissions.purpose = 'ads'", "true"),
    ("and permissions.basis = 'consent'", ""),
    ("permissions.valid_from <=", "permissions.valid_from <"),
    ("permissions.valid_to >", "permissions.valid_to >="),
    ("customer_type = 'b2c'", "true"),
    ("and not coalesce(is_erased, false)", ""),
    ("is_valid and", ""),
    ("where class <> 'service'", ""),
]


@pytest.mark.slow
@pytest.mark.parametrize(("right", "wrong"), MUTANTS, ids=[right for right, _ in MUTANTS])
def test_the_oracle_notices_a_wrong_rule(chain: Chain, right: str, wrong: str) -> None:
    """A property that no mistake fails proves nothing."""
    ((relation, sql),) = chain._compiled
    assert right in sql
    mutant = Chain([(relation, sql.replace(right, wrong))], INPUTS)

    @settings(max_examples=800, deadline=None, database=None, derandomize=True, phases=[Phase.generate])
    @given(worlds)
    def agrees(world: dict[str, Any]) -> None:
        assert set(decided(mutant, world)) == oracle(world)

    with pytest.raises(AssertionError):
        agrees()
