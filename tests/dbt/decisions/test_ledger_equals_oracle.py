"""The ledger against a program that shares nothing with it, on random retailers over several runs."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dbt.decisions.engine import CompiledModel
from tests.dbt.decisions.oracle_rules import REASONS
from tests.dbt.decisions.relations import Row
from tests.dbt.decisions.scenario import Scenario
from tests.dbt.decisions.worlds import World


def play(scenario: Scenario) -> list[Row]:
    """Two days with everything that may happen in between, and one with edited journeys; all rows on the way."""
    world = scenario.world
    day = world.run_date
    try:
        earlier = scenario.run(day - timedelta(days=world.random.choice((1, 1, 2, 3))))
        world.hand_off(earlier, 0.8)
        decided = scenario.run(day)
        world.hand_off(decided, 0.5)
        again = scenario.run(day)
        assert sorted(map(str, decided)) == sorted(map(str, again)), "a re-run without news changed the ledger"
        world.advance()
        with_news = scenario.run(day)
        scenario.rebuild()
        rebuilt = scenario.run(day)
        world.edit_journeys()
        return [*earlier, *decided, *with_news, *rebuilt, *scenario.run(day + timedelta(days=1))]
    finally:
        scenario.close()


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1), n_customers=st.integers(1, 40))
def test_ledger_and_oracle_agree_on_every_row(
    models: list[CompiledModel], home: Path, seed: int, n_customers: int
) -> None:
    """Whoever is wrongly mailed, or wrongly left in peace, is so because a rule was read wrongly in one place."""
    play(Scenario(models, home, World(seed, n_customers)))


def test_every_reason_occurs_in_the_comparison(models: list[CompiledModel], home: Path) -> None:
    """Agreement says nothing about a gate that never failed."""
    seen: Counter[str] = Counter()
    for seed in range(1, 40):
        rows = play(Scenario(models, home, World(seed, 70)))
        seen.update(row["reason"] or "send" for row in rows)
        if {*REASONS, "send"} <= set(seen) and seen["RESERVED"] + seen["DUPLICATE_ADDRESS"] > 10:
            break
    assert {*REASONS, "send"} <= set(seen), f"never a reason: {sorted(set(REASONS) - set(seen))}"
