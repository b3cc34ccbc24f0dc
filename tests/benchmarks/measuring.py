"""How the benchmarks of a day's decisions measure: CPU seconds of one thread, the fewest of some rounds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import yaml

from tests.dbt.decisions.engine import COMPILED_DATE, PROJECT

DAY = COMPILED_DATE.isoformat()
ROUNDS = 3
_STATEMENTS = Path(__file__).with_name("decisions_sql")


@dataclass(frozen=True)
class Cost:
    """CPU seconds of the same work by hand, by dbt, and by dbt on (nearly) empty data: its fixed part."""

    by_hand: float
    by_dbt: float
    dbt_fixed: float

    @property
    def through_dbt(self) -> float:
        return self.by_dbt - self.dbt_fixed

    def __str__(self) -> str:
        return (
            f"by dbt ({self.by_dbt:.2f}, less {self.dbt_fixed:.2f} on empty data): "
            f"ratio {self.through_dbt / self.by_hand:.2f}"
        )


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU seconds of the process while it did the work."""
    started = time.process_time()
    work()
    return time.process_time() - started


def one_thread(home: Path) -> duckdb.DuckDBPyConnection:
    """The warehouse as in a run, but on one thread: its CPU seconds depend least on what else the machine does."""
    config = {"memory_limit": "2GB", "checkpoint_threshold": "1GB", "temp_directory": str(home / "tmp")}
    connection = duckdb.connect(str(home / "warehouse.duckdb"), config=config)
    connection.execute("set TimeZone = 'UTC'; set preserve_insertion_order = false; set threads = 1")
    return connection


def execute(connection: duckdb.DuckDBPyConnection, name: str, **values: object) -> None:
    """Run the statements of one of the files, with the day and these values in their places."""
    as_of = f"timezone('Europe/Oslo', timestamp '{DAY} 00:00:00')"
    connection.execute((_STATEMENTS / f"{name}.sql").read_text().format(day=DAY, as_of=as_of, **values))


def profile_of_one_thread(home: Path) -> Path:
    """A folder with the project's profile, but DuckDB on one thread, as everything else here is measured."""
    profile = yaml.safe_load((PROJECT / "profiles.yml").read_text())
    profile["fredning"]["outputs"]["warehouse"]["settings"]["threads"] = 1
    (home / "profiles.yml").write_text(yaml.safe_dump(profile))
    return home
