"""The SQL of single models as dbt compiles it, for tools that run it without dbt. Running dbt itself is in `dbt`."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from orchestration.dbt import DbtFailure, prepare, profile_environment, run_vars
from orchestration.settings import Settings


def compile_sql(settings: Settings, home: Path, names: Sequence[str], run_date: date) -> Mapping[str, Any]:
    """Compiled nodes by unique id, against the warehouse file in `home` (incremental relations must exist in it).

    Raises `DbtFailure` when a model does not compile.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    parsed = prepare(settings)
    arguments = ["compile", "--project-dir", str(settings.dbt_dir), "--profiles-dir", str(settings.dbt_dir)]
    arguments += ["--target-path", str(home / "dbt"), "--log-path", str(home / "dbt" / "logs")]
    arguments += ["--log-level", "none", "--log-level-file", "none", "--no-write-json", "--quiet"]
    arguments += ["--vars", json.dumps(run_vars(settings, run_date), sort_keys=True), "--select", *names]
    with _environment(profile_environment(replace(settings, home=home))):
        try:
            # dbt prints the SQL of what it compiles.
            with contextlib.redirect_stdout(io.StringIO()):
                result = dbtRunner(manifest=parsed).invoke(arguments)
        finally:
            DuckDBConnectionManager.close_all_connections()
    if not result.success:
        said = [str(r.message) for r in getattr(result.result, "results", []) if r.message]
        raise DbtFailure(f"Models do not compile: {result.exception or '; '.join(said)}")
    return {r.node.unique_id: r.node for r in result.result.results}


@contextlib.contextmanager
def _environment(values: Mapping[str, str]) -> Any:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value
