"""What dbt is told of the project and the deliveries, so that it knows which tables it may carry forward."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from orchestration.carried import DAYS_BACK, carried_var, received
from orchestration.settings import Settings

TODAY = date(2026, 3, 29)
YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    for name in ("webshop/orders/2026-01-02", "webshop/orders/2026-03-28", "webshop/orders/2026-03-29",
                 "pos/receipts/2026-03-28", "outbox/contact_log/current", "templates/journeys/2026-03-28"):  # fmt: skip
        write(tmp_path / f"{name}.parquet")
    return tmp_path


def write(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("rows")


def written_again(raw: Path, name: str) -> None:
    """The same size, a moment later: as when rows of an erased person were blanked."""
    stat = (raw / name).stat()
    os.utime(raw / name, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: written_again(raw, "webshop/orders/2026-01-02.parquet"),
        lambda raw: (raw / "webshop/orders/2026-01-02.parquet").unlink(),
        lambda raw: write(raw / "webshop/orders/2026-02-11.parquet"),
        lambda raw: write(raw / "webshop/orders/all.parquet"),
        lambda raw: write(raw / "tracker/events/2026-03-27.parquet"),
    ],
    ids=["written again", "taken away", "late", "without a day", "of a new source"],
)
def test_earlier_deliveries_that_change_are_told(raw: Path, change: Callable[[Path], object]) -> None:
    """Rows that were computed from them must not stay."""
    before = received(raw, TODAY)
    change(raw)
    after = received(raw, TODAY)
    assert before[f"{YESTERDAY}"] != after[f"{YESTERDAY}"]
    assert before[f"{TODAY}"] != after[f"{TODAY}"]


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: written_again(raw, "webshop/orders/2026-03-29.parquet"),
        lambda raw: write(raw / "webshop/orders/2026-03-30.parquet"),
        lambda raw: written_again(raw, "outbox/contact_log/current.parquet"),
        lambda raw: written_again(raw, "templates/journeys/2026-03-28.parquet"),
    ],
    ids=["of today", "of tomorrow", "the outbox", "journeys"],
)
def test_a_day_more_and_what_a_run_writes_itself_change_nothing_of_yesterday(
    raw: Path, change: Callable[[Path], object]
) -> None:
    """Otherwise no table would ever be carried forward."""
    before = received(raw, TODAY)
    change(raw)
    assert received(raw, TODAY)[f"{YESTERDAY}"] == before[f"{YESTERDAY}"]


def test_a_day_has_the_same_digest_in_the_run_of_every_later_day(raw: Path) -> None:
    """It is compared with the one that a table was built from."""
    assert received(raw, YESTERDAY)[f"{YESTERDAY}"] == received(raw, TODAY)[f"{YESTERDAY}"]


def test_later_days_than_the_run_are_not_told(raw: Path) -> None:
    """A table that stands at a later day cannot be carried back: a replay is built whole."""
    days = received(raw, YESTERDAY)
    assert max(days) == f"{YESTERDAY}"
    assert len(days) == DAYS_BACK + 1


def test_another_project_or_another_variable_is_told(tmp_path: Path) -> None:
    """Rows that another rule made must not stay; only the day itself makes no difference."""
    (tmp_path / "dbt" / "models").mkdir(parents=True)
    (tmp_path / "dbt" / "dbt_project.yml").write_text("name: x")
    (tmp_path / "dbt" / "models" / "a.sql").write_text("select 1")
    settings = Settings(home=tmp_path / "home", dbt_dir=tmp_path / "dbt")
    told = [
        carried_var(settings, TODAY, {"run_date": "2026-03-29", "tenant": "a"})["project"],
        carried_var(settings, TODAY, {"run_date": "2026-03-30", "tenant": "a"})["project"],
        carried_var(settings, TODAY, {"run_date": "2026-03-29", "tenant": "b"})["project"],
    ]
    (tmp_path / "other" / "models").mkdir(parents=True)
    (tmp_path / "other" / "dbt_project.yml").write_text("name: x")
    (tmp_path / "other" / "models" / "a.sql").write_text("select 2")
    other = replace(settings, dbt_dir=tmp_path / "other")
    told.append(carried_var(other, TODAY, {"run_date": "2026-03-29", "tenant": "a"})["project"])
    assert told[0] == told[1]
    assert len({*told}) == 3
