"""The folders of one installation, made before anything runs in them."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections import OrderedDict
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from orchestration.settings import Settings

# Files of run history held open at a time: index, runs, schedules, this run, and some to spare.
KEPT_HISTORIES = 8


def prepare_home(settings: Settings) -> None:
    """Make the folders of an installation and its Dagster instance configuration."""
    for folder in (settings.home, settings.landing_dir, settings.dagster_home, settings.outbox_dir):
        folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(Path(__file__).parent / "instance" / "dagster.yaml", settings.dagster_home / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)


@lru_cache(maxsize=1)
def relax_run_history(dagster_home: Path) -> None:
    """Let Dagster's own SQLite files (run history, nothing else) wait for the disk less often.

    Dagster opens and closes a connection for each of a run's thousand events, which was a quarter of a day's time:
    every commit waits for the disk, and closing a file's last connection writes its whole journal back. So commits do
    not wait (in WAL mode NORMAL cannot damage the files; a power cut may lose the last events of a run), and one idle
    connection per file is kept open. The outbox ledger, which must lose nothing, lies elsewhere and keeps FULL.
    """
    kept: OrderedDict[str, sqlite3.Connection] = OrderedDict()

    @event.listens_for(Engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        if not isinstance(connection, sqlite3.Connection):
            return
        file = connection.execute("pragma database_list").fetchone()[2]
        if not file or not Path(file).is_relative_to(dagster_home):
            return
        connection.execute("pragma synchronous = normal")
        if file not in kept:
            kept[file] = sqlite3.connect(file, check_same_thread=False)
        kept.move_to_end(file)
        # Only a connection that has read since the file went over to a journal holds that journal.
        kept[file].execute("pragma schema_version").fetchone()
        if len(kept) > KEPT_HISTORIES:  # every run has a file of its own
            kept.popitem(last=False)[1].close()


def ensure_sources(settings: Settings) -> None:
    """Give every dbt source at least one file: DuckDB refuses a glob that matches nothing."""
    from assets.identity.sources import SCHEMAS as IDENTITY
    from assets.landing.land import ensure_raw
    from assets.messaging.ledger_export import SCHEMAS as OUTBOX
    from assets.messaging.template_tables import SCHEMAS as TEMPLATES
    from assets.value.parameters import SCHEMA as PARAMETERS

    ensure_raw(
        settings,
        {f"templates/{table}": schema for table, schema in TEMPLATES.items()}
        | {f"outbox/{table}": schema for table, schema in OUTBOX.items()}
        | {"value/parameters": PARAMETERS}
        | {f"identity/{table}": schema for table, schema in IDENTITY.items()},
    )
