"""Persons in SQL against union-find, over random source records that share too much."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dbt.customers.chain import Chain, Input, compile_chain, raw

RUN_DATE = date(2026, 6, 15)
MODELS = (
    "stg_club__members",
    "int_identity__records",
    "int_identity__identifiers",
    "int_identity__known_names",
    "int_identity__misspelled_domains",
    "int_identity__meant_addresses",
    "int_identity__evidence",
    "int_identity__descriptions",
    "int_identity__candidate_links",
    "int_identity__components",
    "int_identity__links",
    "int_identity__persons",
    "int_identity__aliases",
)
_PERSON = "email VARCHAR, phone VARCHAR, member_id VARCHAR, first_received_on DATE, updated_at TIMESTAMPTZ"
DECISIONS = Input("seeds.identity_decisions", "left_record_id VARCHAR, right_record_id VARCHAR, verdict VARCHAR")
INPUTS = (
    raw(
        "club",
        "members",
        "member_id VARCHAR, email VARCHAR, phone VARCHAR, first_name VARCHAR, last_name VARCHAR, street VARCHAR, "
        "postal_code VARCHAR, city VARCHAR, country VARCHAR, language VARCHAR, birth_date DATE, "
        "children_birth_dates DATE[], customer_type VARCHAR, company_name VARCHAR, organisation_number VARCHAR, "
        "joined_at TIMESTAMPTZ, updated_at TIMESTAMPTZ",
    ),
    Input(
        "staging.stg_webshop__accounts",
        f"account_id VARCHAR, {_PERSON}, first_name VARCHAR, last_name VARCHAR, street VARCHAR, postal_code VARCHAR, "
        "city VARCHAR, country VARCHAR, language VARCHAR, birth_date DATE, company_name VARCHAR, "
        "organisation_number VARCHAR",
    ),
    Input("staging.stg_pos__customers", f"pos_customer_id VARCHAR, {_PERSON}, name VARCHAR, postal_code VARCHAR"),
    Input(
        "staging.stg_webshop__orders",
        "webshop_order_id VARCHAR, account_id VARCHAR, email VARCHAR, phone VARCHAR, placed_at TIMESTAMPTZ, "
        "first_received_on DATE",
    ),
    DECISIONS,
)

emails = st.sampled_from((None, "a@x.no", "b@x.no", "c@x.no", "d@x.no"))
phones = st.sampled_from((None, "91000001", "91000002", "91000003"))
names = st.sampled_from((None, "Kari", "kari", "K", "Ola", "Per"))
births = st.sampled_from((None, None, date(1980, 1, 1), date(1999, 9, 9)))
members = st.sampled_from((None, None, "M0", "M1", "M9"))
ages = st.integers(0, 5)
contact = {"email": emails, "phone": phones, "age": ages}
worlds = st.fixed_dictionaries(
    {
        "club": st.lists(st.fixed_dictionaries({**contact, "first_name": names, "birth_date": births}), max_size=5),
        "webshop": st.lists(
            st.fixed_dictionaries({**contact, "first_name": names, "birth_date": births, "member_id": members}),
            max_size=6,
        ),
        "pos": st.lists(st.fixed_dictionaries({**contact, "name": names, "member_id": members}), max_size=5),
        "orders": st.lists(st.fixed_dictionaries(contact), max_size=6),
    }
)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return compile_chain(tmp_path_factory.mktemp("identity"), MODELS, INPUTS)


def received(age: int) -> date:
    return RUN_DATE - timedelta(days=age)


def delivered(world: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """The world as rows of the chain's inputs."""
    at = datetime(2026, 1, 1, tzinfo=UTC)

    def rows(kind: str, key: str, instant: str, day: str) -> list[dict[str, Any]]:
        return [
            {
                **{name: value for name, value in row.items() if name != "age"},
                key: f"M{number}" if kind == "club" else str(number),
                instant: at,
                day: received(row["age"]),
            }
            for number, row in enumerate(world[kind])
        ]

    return {
        "raw.club__members": rows("club", "member_id", "updated_at", "received_on"),
        "staging.stg_webshop__accounts": rows("webshop", "account_id", "updated_at", "first_received_on"),
        "staging.stg_pos__customers": rows("pos", "pos_customer_id", "updated_at", "first_received_on"),
        "staging.stg_webshop__orders": rows("orders", "webshop_order_id", "placed_at", "first_received_on"),
    }


def components(nodes: Iterable[str], edges: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    """Union-find without any cleverness: each node's component as a set."""
    parent = {node: node for node in nodes}

    def root(node: str) -> str:
        while parent[node] != node:
            node = parent[node]
        return node

    for left, right in edges:
        parent[root(left)] = root(right)
    groups: dict[str, set[str]] = {}
    for node in parent:
        groups.setdefault(root(node), set()).add(node)
    return {node: frozenset(groups[root(node)]) for node in parent}


def customer_id(record_id: str) -> str:
    return "c" + hashlib.md5(record_id.encode()).hexdigest()[:15]


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(world=worlds)
def test_persons_are_the_components_of_the_links_that_were_kept(
    chain: Chain, world: dict[str, list[dict[str, Any]]]
) -> None:
    """Every id is recomputable by hand, nobody has two member ids or birth dates, and no id of the past is lost."""
    chain.run(RUN_DATE, delivered(world))
    records = {row["record_id"]: row for row in chain.rows("select * from intermediate.int_identity__records")}
    links = chain.rows("select * from intermediate.int_identity__links where refused_by is null")
    persons = {
        row["record_id"]: row["customer_id"] for row in chain.rows("select * from intermediate.int_identity__persons")
    }
    assert persons.keys() == records.keys()

    expected = components(records, [(link["left_record_id"], link["right_record_id"]) for link in links])
    for record_id, group in expected.items():
        founder = min(group, key=lambda r: (records[r]["first_received_on"], records[r]["trust_rank"], r))
        assert persons[record_id] == customer_id(founder)
        assert len({records[r]["member_id"] for r in group} - {None}) <= 1
        # A member's own records may disagree on the birth date; then the one believed most is the person's.
        loose = {records[r]["birth_date"] for r in group if records[r]["member_id"] is None} - {None}
        assert len(loose) <= 1

    aliases = {
        row["past_customer_id"]: row["customer_id"]
        for row in chain.rows("select * from intermediate.int_identity__aliases")
    }
    assert aliases == {customer_id(record_id): person for record_id, person in persons.items()}


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(world=worlds, day=ages)
def test_every_id_of_an_earlier_day_still_leads_to_a_customer(
    chain: Chain, world: dict[str, list[dict[str, Any]]], day: int
) -> None:
    """What was sent to an id must count against the customer it has become, whatever has been merged since."""
    earlier = {kind: [row for row in rows if row["age"] >= day] for kind, rows in world.items()}
    # Keys are positions: keep them by ordering the earlier rows first.
    ordered = {kind: earlier[kind] + [row for row in world[kind] if row["age"] < day] for kind in world}
    chain.run(RUN_DATE, delivered(earlier))
    then = chain.rows("select record_id, customer_id from intermediate.int_identity__persons")
    chain.run(RUN_DATE, delivered(ordered))
    aliases = {
        row["past_customer_id"]: row["customer_id"]
        for row in chain.rows("select * from intermediate.int_identity__aliases")
    }
    for row in then:
        assert row["customer_id"] in aliases


graphs = st.integers(1, 30).flatmap(
    lambda n: st.tuples(st.just(n), st.lists(st.tuples(st.integers(1, n), st.integers(1, n)), max_size=2 * n))
)


@pytest.fixture(scope="module")
def graph_chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return compile_chain(
        tmp_path_factory.mktemp("graph"),
        ("int_identity__components",),
        (
            Input(
                "intermediate.int_identity__records",
                "record_id VARCHAR, first_received_on DATE, trust_rank INTEGER, member_id VARCHAR, birth_date DATE, "
                "organisation_number VARCHAR, company_key VARCHAR, company_name VARCHAR, first_name_key VARCHAR",
            ),
            Input(
                "intermediate.int_identity__candidate_links",
                "left_record_id VARCHAR, right_record_id VARCHAR, refused_by VARCHAR",
            ),
            DECISIONS,
        ),
    )


def components_in_sql(chain: Chain, n: int, edges: Iterable[tuple[int, int]]) -> dict[str, int]:
    chain.run(
        RUN_DATE,
        {
            "intermediate.int_identity__records": [{"record_id": f"{node:06}"} for node in range(1, n + 1)],
            "intermediate.int_identity__candidate_links": [
                {"left_record_id": f"{left:06}", "right_record_id": f"{right:06}"} for left, right in edges
            ],
        },
    )
    found = chain.rows("select record_id, component_id from intermediate.int_identity__components")
    return {row["record_id"].lstrip("0"): int(row["component_id"]) for row in found}


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(graph=graphs)
def test_components_of_random_graphs_are_those_of_union_find(
    graph_chain: Chain, graph: tuple[int, list[tuple[int, int]]]
) -> None:
    """The recursion stops when no label falls; this shows that it does not stop too early."""
    n, edges = graph
    expected = components(map(str, range(1, n + 1)), [(str(a), str(b)) for a, b in edges])
    found = components_in_sql(graph_chain, n, edges)
    assert found == {node: min(map(int, group)) for node, group in expected.items()}


@pytest.mark.parametrize("order", ["rising", "falling", "mixed"])
def test_a_long_chain_is_one_component(graph_chain: Chain, order: str) -> None:
    """Label propagation with a fixed number of rounds fails exactly here."""
    n = 400
    nodes = list(range(1, n + 1))
    if order == "falling":
        nodes.reverse()
    elif order == "mixed":
        nodes.sort(key=lambda node: hashlib.md5(str(node).encode()).hexdigest())
    found = components_in_sql(graph_chain, n, itertools.pairwise(nodes))
    assert set(found.values()) == {1}
