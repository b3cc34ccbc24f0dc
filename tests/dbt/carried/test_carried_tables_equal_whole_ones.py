"""A carried table is the table that a whole build gives, whatever was delivered and however the days were run."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.dbt.carried.disorder import FIRST_DAY
from tests.dbt.carried.mutant import Mutant
from tests.dbt.carried.mutants import MUTANTS
from tests.dbt.carried.two_warehouses import Rows, Shop, as_before, copy_of, differences

# A day is left out, an earlier one is run again as after a mistake, and the days go on from there, into a new month.
ORDER = (0, 1, 3, 2, 4)
CARRIED_STEPS = ((0, 1), (1, 3), (2, 4))


def day(number: int) -> date:
    return FIRST_DAY + timedelta(days=number)


@dataclass(frozen=True)
class Step:
    """What one day's run left: the warehouse, how it came about, its tables, and where they are not the whole ones."""

    warehouse: Path
    since: set[str | None]
    rows: dict[str, Rows]
    wrong: dict[str, tuple[Rows, Rows]]


@dataclass(frozen=True)
class History:
    shop: Shop
    steps: dict[int, Step]


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    shop = Shop(tmp_path_factory.mktemp("shop"), seed=2)
    steps = {}
    for number in range(max(ORDER) + 1):
        shop.deliver(day(number))
    for number in ORDER:
        wrong = shop.run(day(number))
        steps[number] = Step(
            copy_of(shop.carried.path, f"after_{number}"),
            {*shop.carried.carried_since(shop.tables).values()},
            shop.carried.rows(shop.tables),
            wrong,
        )
    return History(shop, steps)


def test_every_table_is_the_same_on_every_day(history: History) -> None:
    """What a customer bought must not hang on whether yesterday's run took place."""
    assert {number: step.wrong for number, step in history.steps.items() if step.wrong} == {}
    before = {number: start for start, number in CARRIED_STEPS}
    for number, step in history.steps.items():
        assert step.since == (since_when(before[number], number) if number in before else {None})


def since_when(start: int, end: int) -> set[str | None]:
    """From where tables are carried: what fades by the month begins anew with it, everything else goes on."""
    return {f"{day(start)}"} | ({None} if day(start).month != day(end).month else set())


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_wrong_rule_of_what_is_affected_is_noticed(history: History, mutant: Mutant) -> None:
    """The drawn shop must be disorderly enough: else equal tables prove nothing."""
    assert any(_differs(history, mutant, start, end) for start, end in CARRIED_STEPS)


def _differs(history: History, mutant: Mutant, start: int, end: int) -> bool:
    """Only the mutant's tables are carried again, from `start` to `end`; all others are those of `end`."""
    carried = history.shop.carried
    shutil.copy(history.steps[end].warehouse, carried.path)
    for table in mutant.tables:
        as_before(carried.path, history.steps[start].warehouse, table)
    with history.shop.with_wrong(mutant.unique_id, mutant.right, mutant.wrong):
        carried.build(day(end), [table.partition(".")[2] for table in mutant.tables])
    assert {*carried.carried_since(mutant.tables).values()} <= since_when(start, end)
    right = {table: history.steps[end].rows[table] for table in mutant.tables}
    return bool(differences(carried.rows(mutant.tables), right))


def test_a_delivery_of_an_earlier_day_makes_a_whole_build(history: History) -> None:
    """Replaced, late, or rewritten to forget somebody: what was computed from the old rows must not stay."""
    shop, today = history.shop, day(max(ORDER))
    shutil.copy(history.steps[3].warehouse, shop.carried.path)
    orders = shop.carried.settings.raw_dir / "webshop" / "orders" / f"{day(1)}.parquet"
    kept = orders.rename(orders.with_suffix(".kept"))
    assert shop.run(today) == {}
    assert {*shop.carried.carried_since(shop.tables).values()} == {None}
    kept.rename(orders)
