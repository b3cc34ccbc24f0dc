"""The ledger against a program that shares nothing with it, on random retailers over several runs."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.dbt.decisions.engine import CompiledModel
from tests.dbt.decisions.oracle_rules import REASONS
from tests.dbt.decisions.relations import Row
from tests.dbt.decisions.retailers import RARE_DAYS, RUN_DATES, Retailer
from tests.dbt.decisions.scenario import Scenario
from tests.dbt.decisions.situations import SITUATIONS
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


def seeds_of_every_day() -> list[int]:
    """For each day in the worlds' calendar the first seed that draws it."""
    first: dict[date, int] = {}
    seed = 0
    while len(first) < len(set(RUN_DATES)):
        first.setdefault(Retailer(seed).run_date, seed)
        seed += 1
    return list(first.values())


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32 - 1), n_customers=st.integers(1, 40), rare_day=st.sampled_from((None, None, *RARE_DAYS))
)
def test_ledger_and_oracle_agree_on_every_row(
    models: list[CompiledModel], home: Path, seed: int, n_customers: int, rare_day: date | None
) -> None:
    """Whoever is wrongly mailed, or wrongly left in peace, is so because a rule was read wrongly in one place."""
    scenario = Scenario(models, home, World(seed, n_customers, rare_day))
    play(scenario)
    for situation in sorted(scenario.met):
        event(situation)


def test_every_reason_and_every_nasty_situation_occurs_in_the_comparison(
    models: list[CompiledModel], home: Path
) -> None:
    """Agreement says nothing about a gate that never failed, nor about a history that never came up."""
    seen: Counter[str] = Counter()
    met: Counter[str] = Counter()
    ordinary = [World(seed, 70) for seed in seeds_of_every_day()]
    rare = [World(seed, 70, day) for seed, day in enumerate(RARE_DAYS)]
    for world in [*ordinary, *rare]:
        scenario = Scenario(models, home, world)
        seen.update(row["reason"] or "send" for row in play(scenario))
        met.update(scenario.met)
    assert {*REASONS, "send"} <= set(seen), f"never a reason: {sorted(set(REASONS) - set(seen))}"
    assert set(met) == SITUATIONS, f"never met, or without a name: {sorted(SITUATIONS ^ set(met))}"
