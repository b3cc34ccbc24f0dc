"""The folders of one installation, made before anything runs in them."""

from __future__ import annotations

import os
import shutil
import sqlite3
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from orchestration.settings import Settings


def prepare_home(settings: Settings) -> None:
    """Make the folders of an installation and its Dagster instance configuration."""
    for folder in (settings.home, settings.landing_dir, settings.dagster_home, settings.outbox_dir):
        folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(Path(__file__).parent / "instance" / "dagster.yaml", settings.dagster_home / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)


@lru_cache(maxsize=1)
def relax_run_history(dagster_home: Path) -> None:
    """Let Dagster's own SQLite files (run history, nothing else) wait for the disk less often.

    Dagster opens a connection for each of a run's thousand events, and every commit waits for the disk: a third of a
    day's wall time. The files are in WAL mode, where NORMAL cannot damage them; a power cut may lose the last events
    of a run. The outbox ledger, which must lose nothing, lies elsewhere and keeps FULL.
    """

    @event.listens_for(Engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        if isinstance(connection, sqlite3.Connection):
            file = connection.execute("pragma database_list").fetchone()[2]
            if file and Path(file).is_relative_to(dagster_home):
                connection.execute("pragma synchronous = normal")


def ensure_sources(settings: Settings) -> None:
    """Give every dbt source at least one file: DuckDB refuses a glob that matches nothing."""
    from assets.landing.land import ensure_raw
    from assets.messaging.ledger_export import SCHEMAS as OUTBOX
    from assets.messaging.template_tables import SCHEMAS as TEMPLATES

    ensure_raw(
        settings,
        {f"templates/{table}": schema for table, schema in TEMPLATES.items()}
        | {f"outbox/{table}": schema for table, schema in OUTBOX.items()},
    )
