"""The folders of one installation, made before anything runs in them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from orchestration.settings import Settings


def prepare_home(settings: Settings) -> None:
    """Make the folders of an installation and its Dagster instance configuration."""
    for folder in (settings.home, settings.landing_dir, settings.dagster_home, settings.outbox_dir):
        folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(Path(__file__).parent / "instance" / "dagster.yaml", settings.dagster_home / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)


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
