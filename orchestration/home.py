"""The folders of one installation, made before anything runs in them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from string import Template

from orchestration.settings import Settings


def prepare_home(settings: Settings) -> None:
    """Make the folders of an installation and its Dagster instance configuration."""
    for folder in (settings.home, settings.landing_dir, settings.dagster_home, settings.outbox_dir):
        folder.mkdir(parents=True, exist_ok=True)
    instance = Template((Path(__file__).parent / "instance" / "dagster.yaml").read_text())
    history = json.dumps(str(settings.dagster_home / "history" / "runs"))
    (settings.dagster_home / "dagster.yaml").write_text(instance.substitute(run_history=history))
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)


def ensure_sources(settings: Settings) -> None:
    """Give every dbt source at least one file: DuckDB refuses a glob that matches nothing."""
    from assets.identity.sources import SCHEMAS as IDENTITY
    from assets.landing.land import ensure_raw
    from assets.messaging.ledger_export import SCHEMAS as OUTBOX
    from assets.messaging.template_schemas import SCHEMAS as TEMPLATES
    from assets.value.parameters import SCHEMA as PARAMETERS

    ensure_raw(
        settings,
        {f"templates/{table}": schema for table, schema in TEMPLATES.items()}
        | {f"outbox/{table}": schema for table, schema in OUTBOX.items()}
        | {"value/parameters": PARAMETERS}
        | {f"identity/{table}": schema for table, schema in IDENTITY.items()},
    )
