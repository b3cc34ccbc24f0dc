"""Audience membership in SQL against plain loops, over random worlds and at every edge in time."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.dbt.customers.audience_oracle import oracle
from tests.dbt.customers.audience_worlds import EDGES, INPUTS, RUN_DATE, tables, worlds
from tests.dbt.customers.chain import Chain, compile_chain

MODEL = "fct_audience_members"
MODELS = ("int_purchases__by_customer", MODEL)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return compile_chain(tmp_path_factory.mktemp("audiences"), MODELS, INPUTS, {"timezone": "UTC"})


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


# Wrong by one instant: what random worlds meet too rarely to rely on.
EDGE_MUTANTS = [
    ("where ordered_at >=", "where ordered_at >"),
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
    *before, (relation, sql) = chain._compiled
    place = r"\s*".join(re.escape(token) for token in re.findall(r"\w+|[^\w\s]", right))
    changed, n_places = re.subn(place + r"(?!=)", f" {wrong} ", sql)
    assert n_places == 1, "the place of the mutation is gone, or no longer one: adapt the mutant"
    mutant = Chain([*before, (relation, changed)], INPUTS)
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
    ("arg_max(order_id,", "arg_min(order_id,"),
    ("where is_inactive_with_intent", "where not is_inactive_with_intent"),
    ("class <> 'service' and", ""),
]


@pytest.mark.slow
@pytest.mark.parametrize(("right", "wrong"), MUTANTS, ids=[right for right, _ in MUTANTS])
def test_the_oracle_notices_a_wrong_rule(chain: Chain, right: str, wrong: str) -> None:
    """A property that no mistake fails proves nothing."""

    @settings(max_examples=800, deadline=None, database=None, derandomize=True, phases=[Phase.generate])
    @given(worlds)
    def agrees(world: dict[str, Any]) -> None:
        assert set(decided(chain, world)) == oracle(world)

    with chain.changed(right, wrong), pytest.raises(AssertionError):
        agrees()
