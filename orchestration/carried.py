"""What a build rests on, told to dbt so that tables can be carried forward (dbt_project/macros/carried.sql).

Belongs here: what the project is, and which deliveries there are. Not here: what a model does with it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from orchestration.settings import Settings

# A table that stands at an earlier day than that is built whole: after a month's pause nearly everything is affected.
DAYS_BACK = 31

# Raw folders that a run writes itself. They hold no deliveries: models that read them find out what changed in them.
OWN_SOURCES = frozenset({"identity", "outbox", "templates", "value"})

# Results may change with the engine, and with the numbering plans that it asks through a function.
_LIBRARIES = ("duckdb", "dbt-duckdb", "phonenumbers")


def carried_var(settings: Settings, run_date: date, run_vars: Mapping[str, str]) -> dict[str, Any]:
    """`project`: a digest of the project and its variables. `received`: for each of the last days (YYYY-MM-DD), one of
    everything delivered up to it."""
    asked = json.dumps({**run_vars, "run_date": ""}, sort_keys=True)
    return {
        "project": _digest(_project(settings.dbt_dir) + asked),
        "received": received(settings.raw_dir, run_date),
    }


def received(raw: Path, run_date: date) -> dict[str, str]:
    """By files, not by their content: a raw file that is written again is a delivery that was replaced."""
    by_day: dict[str, list[str]] = defaultdict(list)
    for source, path, stat in _files(raw):
        day = path.removesuffix(".parquet").rpartition("/")[2]
        if source not in OWN_SOURCES:
            # A file that says no day of its own may hold rows of any.
            by_day[day if _is_day(day) else ""].append(f"{path} {stat.st_size} {stat.st_mtime_ns}")
    so_far = hashlib.md5(usedforsecurity=False)
    digests: dict[str, str] = {}
    wanted = [(run_date - timedelta(days=n)).isoformat() for n in reversed(range(DAYS_BACK + 1))]
    for day in sorted({*by_day, *wanted}):
        so_far.update("\n".join(sorted(by_day[day])).encode())
        digests[day] = so_far.hexdigest()[:16]
    return {day: digests[day] for day in wanted}


def read_project(dbt_dir: Path) -> None:
    """To be called whenever the project is parsed: from then on, its files are what that parse saw."""
    _project.cache_clear()
    _project(dbt_dir)


def _files(raw: Path) -> Iterator[tuple[str, str, os.stat_result]]:
    """Every raw file: its source, its path below the raw folder, and its state."""
    for path in raw.glob("*/*/*.parquet"):
        inside = path.relative_to(raw)
        yield inside.parts[0], inside.as_posix(), path.stat()


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


@lru_cache(maxsize=4)
def _project(dbt_dir: Path) -> str:
    """What the project is made of, and what it runs on."""
    parts = [f"{name} {version(name)}" for name in _LIBRARIES]
    for folder in ("models", "macros", "seeds"):
        for path in sorted((dbt_dir / folder).rglob("*")):
            if path.suffix in {".sql", ".csv", ".yml"}:
                parts.append(f"{path.relative_to(dbt_dir)} {_digest(path.read_text(encoding='utf-8'))}")
    parts.append(_digest((dbt_dir / "dbt_project.yml").read_text(encoding="utf-8")))
    return "\n".join(parts)


def _digest(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:16]
