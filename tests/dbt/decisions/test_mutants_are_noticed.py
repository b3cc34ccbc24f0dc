"""A test that cannot fail proves nothing: wrong versions of the SQL must disagree with the oracle."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.dbt.decisions.engine import CompiledModel
from tests.dbt.decisions.mutants import MUTANTS, Mutant
from tests.dbt.decisions.oracle import COMPARED, Outcome
from tests.dbt.decisions.scenario import EXCLUSION, PIN, Scenario, differences
from tests.dbt.decisions.worlds import World

SEEDS = (*range(16), 17, 29, 43)
N_CUSTOMERS = 150
LEDGER = "select * from marts.fct_contact_decisions where run_date = '{day}'"
EXCLUSIONS = "select * from marts.fct_newsletter_exclusions where run_date = '{day}'"
PINS = "select * from intermediate.int_experiments__buckets where pinned_on = '{day}'"


@dataclass(frozen=True)
class Decided:
    """A day that was just run, and what the oracle wrote for it; the warehouse stands as after that run."""

    scenario: Scenario
    run_date: date
    outcome: Outcome

    def notices(self, wrong: CompiledModel) -> bool:
        """Whether the oracle disagrees with the day run once more with one model changed."""
        queries = [query.format(day=self.run_date.isoformat()) for query in (LEDGER, EXCLUSIONS, PINS)]
        rows, exclusions, pins = self.scenario.warehouse.run_differently(self.run_date, wrong, queries)
        mine = [pin for pin in self.scenario.pins if pin["pinned_on"] == self.run_date]
        return bool(
            differences(rows, self.outcome.rows, COMPARED, ["message_id"])
            or differences(exclusions, self.outcome.exclusions, EXCLUSION, ["customer_id"])
            or differences(pins, mine, PIN, ["salt", "customer_id"])
        )


def days(models: list[CompiledModel], home: Path, seed: int, n_runs: int) -> Decided:
    """A retailer after one, two or three runs; the third is of the same day as the second, with news."""
    world = World(seed, N_CUSTOMERS)
    scenario = Scenario(models, home, world)
    for number in range(n_runs):
        run_date = world.run_date - timedelta(days=2 if number == 0 and n_runs > 1 else 0)
        rows = scenario.run(run_date)
        if number < n_runs - 1:
            world.hand_off(rows, 0.6)
        if number == 1 and n_runs == 3:
            world.advance()
    return Decided(scenario, run_date, scenario.last_outcome)


@pytest.fixture(scope="module")
def decided(models: list[CompiledModel], home: Path) -> Iterator[list[Decided]]:
    """The same retailers for all mutants; the ledger agrees with the oracle in each, or this fails."""
    prepared = [days(models, home, seed, n_runs=1 + seed % 3) for seed in SEEDS]
    yield prepared
    for day in prepared:
        day.scenario.close()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant_is_noticed(mutant: Mutant, models: list[CompiledModel], decided: list[Decided]) -> None:
    """One wrong comparison in the SQL must not survive the comparison with the oracle."""
    (original,) = [model for model in models if model.name == mutant.model]
    # Token by token, so that a formatter's white space moves no mutation.
    place = r"\s*".join(re.escape(token) for token in re.findall(r"\w+|[^\w\s]", mutant.right))
    changed, n_places = re.subn(place, lambda _: f" {mutant.wrong} ", original.sql)
    assert n_places, "the place of the mutation is gone: adapt the mutant"
    wrong = replace(original, sql=changed)
    assert any(day.notices(wrong) for day in decided)
