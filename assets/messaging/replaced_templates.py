"""Template tables that a later landing of the same day replaced: the day was decided under them before.

What has been handed off keeps the decision and the policy version under which it was made. So an audit of such a day
has to run it once per version, in order; nothing else reads these files.
"""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from orchestration.settings import Settings

FOLDER = "templates_replaced"
_STAMPED = "policy_settings"


def landed_table(tables: Path, name: str, run_date: date) -> Path:
    """The file of one template table of a day."""
    return tables / name / f"{run_date.isoformat()}.parquet"


def set_replaced_aside(settings: Settings, run_date: date, version: str) -> None:
    """Keep a copy of the day's tables if they are of another version than the one that is landed now."""
    landed = settings.raw_dir / "templates"
    if landed_version(landed, run_date) in (None, version):
        return
    kept = settings.raw_dir / FOLDER / run_date.isoformat()
    half_done = kept / "being_written"
    shutil.rmtree(half_done, ignore_errors=True)
    for table in landed.glob(f"*/{run_date.isoformat()}.parquet"):
        target = landed_table(half_done, table.parent.name, run_date)
        target.parent.mkdir(parents=True)
        shutil.copyfile(table, target)
    half_done.rename(kept / f"{len(versions_before(settings.raw_dir, run_date)) + 1:02d}")


def versions_before(raw_dir: Path, run_date: date) -> list[Path]:
    """Folders of the day's replaced tables, the earliest first; each is laid out like `raw/templates`."""
    return sorted((raw_dir / FOLDER / run_date.isoformat()).glob("[0-9][0-9]"))


def landed_version(tables: Path, run_date: date) -> str | None:
    """The policy version of a day's tables; None where nothing was landed for the day."""
    settings_file = landed_table(tables, _STAMPED, run_date)
    if not settings_file.exists():
        return None
    column = pq.read_table(settings_file, columns=["policy_version"]).column(0)
    return str(column[0].as_py())
