"""The dbt project as the house calls it: prepared manifest, selections of a day's steps, arguments and environment."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from dagster_dbt import DbtProject

from orchestration.carried import carried_var, read_project
from orchestration.files import write_atomically
from orchestration.settings import Settings
from orchestration.tested import states_that_passed

# Models that read what was handed off are built after the hand-off, and so are reports: no message waits for them.
MEASURE_SELECTION = "tag:measure"

# Reviews and evaluations that nothing reads every day: built by a job or command of their own, not by a day's run.
ON_DEMAND_SELECTION = "tag:on_demand"
# What the first step of a day, up to the ledger, leaves out.
LATER_SELECTION = f"{MEASURE_SELECTION} {ON_DEMAND_SELECTION}"

# dbt_project.yml says which tests a morning's run does not pay for, and why.
ONLY_IN_CI = "config.meta.only_in_ci:true"


class DbtFailure(RuntimeError):
    """dbt did not finish well; the message lists every node that failed, with dbt's own words."""


def project_of(settings: Settings) -> DbtProject:
    return DbtProject(project_dir=settings.dbt_dir, profiles_dir=settings.dbt_dir)


def manifest_path(settings: Settings) -> Path:
    """Where the prepared manifest lies."""
    return settings.dbt_dir / "target" / "manifest.json"


@lru_cache(maxsize=4)
def _manifest_json(path: Path, _changed_at: int) -> Mapping[str, Any]:
    manifest: Mapping[str, Any] = json.loads(path.read_text())
    return manifest


def manifest_of(settings: Settings) -> Mapping[str, Any]:
    """The prepared manifest. Raises `FileNotFoundError` that says how to prepare it."""
    path = manifest_path(settings)
    if not path.exists():
        raise FileNotFoundError(
            f"{path.relative_to(settings.dbt_dir.parent)} is missing: run `make setup` "
            "(or `fredning prepare`) once after a checkout and after every change of dbt models."
        )
    return _manifest_json(path, path.stat().st_mtime_ns)


def build_arguments(
    *,
    command: str,
    select: Sequence[str],
    exclude: Sequence[str],
    run_date: date,
    settings: Settings,
    full_refresh: bool = False,
    extra_vars: Mapping[str, str] | None = None,
) -> list[str]:
    """The dbt call of one run, as a list of arguments.

    `buildable` runs a test as soon as everything it reads is there, so a test that compares the ledger with
    what was handed off waits for the second step. Unit tests belong to CI, not to a night's run.
    """
    arguments = [
        command,
        "--project-dir",
        str(settings.dbt_dir),
        "--profiles-dir",
        str(settings.dbt_dir),
    ]
    arguments += [
        "--target-path",
        str(settings.home / "dbt"),
        "--log-path",
        str(settings.home / "dbt" / "logs"),
    ]
    arguments += ["--log-level-file", "none", "--log-level", "error", "--no-write-json"]
    arguments += ["--indirect-selection", "buildable", "--exclude-resource-type", "unit_test"]
    asked = {**run_vars(settings, run_date), **(extra_vars or {})}
    carried = {**carried_var(settings, run_date, asked), "tested": states_that_passed(settings)}
    arguments += ["--vars", json.dumps({**asked, "carried": carried}, sort_keys=True)]
    arguments += ["--select", *select]
    arguments += ["--exclude", *exclude, ONLY_IN_CI]
    if full_refresh:
        arguments.append("--full-refresh")
    return arguments


def selecting(arguments: Sequence[str], select: Sequence[str]) -> list[str]:
    """The same call for these nodes alone."""
    start, end = arguments.index("--select") + 1, arguments.index("--exclude")
    return [*arguments[:start], *select, *arguments[end:]]


def asked_vars(arguments: Sequence[str]) -> dict[str, Any]:
    """The variables of a call of `build_arguments`."""
    found: dict[str, Any] = json.loads(arguments[arguments.index("--vars") + 1])
    return found


def run_vars(settings: Settings, run_date: date) -> dict[str, str]:
    return {
        "run_date": run_date.isoformat(),
        "tenant": settings.tenant,
        "timezone": settings.timezone,
        "country": settings.country,
        "currency": settings.currency,
    }


def profile_environment(settings: Settings, one_at_a_time: bool = False) -> dict[str, str]:
    """What profiles.yml reads. `one_at_a_time` leaves all memory to one statement on one core, which needs least."""
    return {
        "FREDNING_HOME": str(settings.home),
        "FREDNING_WAREHOUSE": str(settings.warehouse_path),
        "FREDNING_THREADS": str(1 if one_at_a_time else settings.threads),
        "FREDNING_ENGINE_THREADS": str(1 if one_at_a_time else os.cpu_count() or 1),
        "FREDNING_MEMORY_LIMIT": settings.memory_limit,
        "DO_NOT_TRACK": "1",
    }


def prepare(settings: Settings) -> Any:
    """Parse the dbt project, write its manifest (needed before definitions are imported) and return it."""
    from dbt.cli.main import dbtRunner

    os.environ.update(profile_environment(settings))
    # Before the parse: a file that changes in between makes the next process build whole, never carry what it must not.
    read_project(settings.dbt_dir)
    result = dbtRunner().invoke(_parse_arguments(settings))
    if not result.success:
        raise DbtFailure(f"dbt could not parse the project: {result.exception}")
    # Not by dbt, which writes into the file that another process may be reading.
    write_atomically(manifest_path(settings), lambda file: result.result.write(str(file)))
    return result.result


def forget_compiled(manifest: Any) -> None:
    """Undo what compiling leaves in a kept manifest.

    dbt compiles every model anew, but believes an ephemeral one that says it is compiled: the next day would read it
    with yesterday's date, or not find it at all.
    """
    for node in manifest.nodes.values():
        if getattr(node, "compiled", False):
            node.compiled = False
            node.compiled_code = None
            node._pre_injected_sql = None
            node.extra_ctes = []
            node.extra_ctes_injected = False


def _parse_arguments(settings: Settings) -> list[str]:
    directory = str(settings.dbt_dir)
    return [
        "parse",
        "--project-dir",
        directory,
        "--profiles-dir",
        directory,
        "--log-level",
        "warn",
        "--log-level-file",
        "none",
        "--no-write-json",
    ]
