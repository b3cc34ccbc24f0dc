"""dbt inside Dagster: the prepared manifest, dbt nodes named as assets, and a runner that keeps dbt warm.

`DbtCliResource` starts a new dbt for every call (several seconds each, and a changed `--vars` voids its parse cache).
`DbtRunner` calls dbt in this process with the manifest kept, and emits the same materialisations and checks. The stock
resource stays the fallback: `DbtCliResource(project_dir=…, profiles_dir=…).cli(build_arguments(…), context=context)`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject

from orchestration.settings import Settings
from orchestration.tags import DATA_TEAM, GROUPS, ON_DEMAND_TAGS

# Models that read what was handed off are built after the hand-off, everything else before it.
MEASURE_SELECTION = "tag:measure"

# Reviews and evaluations that nothing reads every day: built by a job or command of their own, not by a day's run.
ON_DEMAND_SELECTION = "tag:on_demand"
# What the first step of a day, up to the ledger, leaves out.
LATER_SELECTION = f"{MEASURE_SELECTION} {ON_DEMAND_SELECTION}"

# Every landing asset adds to these files, so they are no single asset's output.
REJECTS = dg.AssetKey(["landing", "rejects"])

# dbt_project.yml says which tests a morning's run does not pay for, and why.
ONLY_IN_CI = "config.meta.only_in_ci:true"

_SUCCESSFUL = {"success", "pass", "warn"}


class DbtFailure(RuntimeError):
    """dbt did not finish well; the message lists every node that failed, with dbt's own words."""


class FredningTranslator(DagsterDbtTranslator):
    """Names dbt nodes as assets: `[schema, model]`; sources are the Python assets that land them."""

    def __init__(self) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return source_key(dbt_resource_props["source_name"], dbt_resource_props["name"])
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        return group_of(dbt_resource_props["fqn"])

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str]:
        return [DATA_TEAM]

    def get_tags(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, str]:
        layer = dbt_resource_props["fqn"][1] if len(dbt_resource_props["fqn"]) > 2 else "seeds"
        return {"layer": layer} | (ON_DEMAND_TAGS if "on_demand" in dbt_resource_props["tags"] else {})

    def get_asset_check_spec(
        self,
        asset_spec: dg.AssetSpec,
        manifest: Mapping[str, Any],
        unique_id: str,
        project: DbtProject | None,
    ) -> dg.AssetCheckSpec | None:
        """Named rules and the tests of marts are checks in the UI.

        Key tests of staging and intermediate models run as well, and fail the step when they fail, but as a
        hundred more green dots they would hide the rules that people look for, and cost seconds in every run.
        """
        test = manifest["nodes"][unique_id]
        is_generic = test.get("test_metadata") is not None
        if is_generic and asset_spec.key.path[0] in {"staging", "intermediate", "seeds"}:
            return None
        return super().get_asset_check_spec(asset_spec, manifest, unique_id, project)

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        # The default repeats the whole SQL under the description; dbt docs show it better.
        return str(dbt_resource_props.get("description") or "").strip()


def source_key(source: str, table: str) -> dg.AssetKey:
    """The asset that writes the files of a dbt source."""
    if source == "templates":
        return dg.AssetKey(["templates", "journeys"])
    if source == "outbox":
        return dg.AssetKey(["messaging", "hand_off"] if table == "messages" else ["outbox", "contact_log"])
    if source == "identity":
        return dg.AssetKey(["identity", table])
    if (source, table) == ("landing", "rejects"):
        return REJECTS
    if source == "value":
        return dg.AssetKey(["value", table])
    return dg.AssetKey(["landing", source, table])


def group_of(fqn: Sequence[str]) -> str:
    """Asset group of a dbt node: staging and seeds as a whole, otherwise the folder below the layer."""
    parts = list(fqn[1:-1])
    if not parts:
        return "templates"  # seeds: the retailer's own lists
    folder = "staging" if parts[0] == "staging" else parts[1] if len(parts) > 1 else parts[0]
    folder = {"messages": "messaging", "service": "customers"}.get(folder, folder)
    return folder if folder in GROUPS else "decisions"


def project_of(settings: Settings) -> DbtProject:
    return DbtProject(project_dir=settings.dbt_dir, profiles_dir=settings.dbt_dir)


@lru_cache(maxsize=4)
def _manifest_json(path: Path, _changed_at: int) -> Mapping[str, Any]:
    manifest: Mapping[str, Any] = json.loads(path.read_text())
    return manifest


def manifest_of(settings: Settings) -> Mapping[str, Any]:
    """The prepared manifest. Raises `FileNotFoundError` that says how to prepare it."""
    path = settings.dbt_dir / "target" / "manifest.json"
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
    arguments += ["--vars", json.dumps({**run_vars(settings, run_date), **(extra_vars or {})}, sort_keys=True)]
    arguments += ["--select", *select]
    arguments += ["--exclude", *exclude, ONLY_IN_CI]
    if full_refresh:
        arguments.append("--full-refresh")
    return arguments


def run_vars(settings: Settings, run_date: date) -> dict[str, str]:
    return {
        "run_date": run_date.isoformat(),
        "tenant": settings.tenant,
        "timezone": settings.timezone,
        "country": settings.country,
        "currency": settings.currency,
    }


def profile_environment(settings: Settings) -> dict[str, str]:
    """What profiles.yml reads."""
    return {
        "FREDNING_HOME": str(settings.home),
        "FREDNING_WAREHOUSE": str(settings.warehouse_path),
        "FREDNING_THREADS": str(settings.threads),
        "FREDNING_MEMORY_LIMIT": settings.memory_limit,
        "DO_NOT_TRACK": "1",
    }


@dataclass(frozen=True)
class NodeResult:
    """How one dbt node ended. `seconds` is its execution time, `failures` the failing rows of a test.

    `statement` is the SQL that was compiled for it; None for what has none (a seed).
    """

    unique_id: str
    status: str
    seconds: float
    message: str
    failures: int | None
    rows: int | None
    statement: str | None = None

    @property
    def is_good(self) -> bool:
        return self.status in _SUCCESSFUL


class DbtRunner:
    """dbt in this process, with the parsed project kept between calls."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def parsed(self) -> Any:
        return prepare(self.settings)

    def elsewhere(self, home: Path) -> DbtRunner:
        """The same project on the warehouse of another home. Parsed here: the parse depends on the home's path."""
        runner = DbtRunner(replace(self.settings, home=home))
        runner.__dict__["parsed"] = self.parsed
        return runner

    def invoke(self, arguments: list[str]) -> list[NodeResult]:
        """Run dbt. Returns how every node ended, failed ones included.

        Raises `DbtFailure` when dbt itself could not run, and whatever interrupted it.
        """
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        (self.settings.home / "tmp").mkdir(parents=True, exist_ok=True)
        os.environ.update(profile_environment(self.settings))
        _forget_compiled(self.parsed)
        try:
            result = dbtRunner(manifest=self.parsed).invoke(arguments)
        finally:
            # dbt-duckdb keeps its connection for the life of the process, which would lock the file for everyone else.
            DuckDBConnectionManager.close_all_connections()
        if result.exception is not None:
            if not isinstance(result.exception, Exception):
                raise result.exception
            raise DbtFailure(f"dbt stopped: {result.exception}") from result.exception
        return [_node_result(node) for node in getattr(result.result, "results", [])]

    def build(
        self, context: dg.AssetExecutionContext, *, select: str, exclude: str = ""
    ) -> Iterator[dg.Output[None] | dg.AssetCheckResult]:
        """Build what the step selected and yield Dagster's events; raises `dg.Failure` when a model failed."""
        index = NodeIndex(manifest_of(self.settings), FredningTranslator(), project_of(self.settings))
        chosen, excluded = index.selection(context, select, exclude)
        arguments = build_arguments(
            command="build",
            select=chosen,
            exclude=excluded,
            run_date=date.fromisoformat(context.partition_key),
            settings=self.settings,
        )
        results = self.invoke(arguments)
        yield from index.events(results, context)
        broken = [r for r in results if r.status in {"error", "runtime error"} or index.is_unseen_failure(r)]
        skipped = [r for r in results if r.status == "skipped"]
        if broken:
            raise dg.Failure(
                description=f"{len(broken)} dbt nodes failed, {len(skipped)} were skipped because of them:\n"
                + "\n".join(f"- {r.unique_id}: {r.message}" for r in broken)
            )


class NodeIndex:
    """Which dbt node is which asset or check."""

    def __init__(self, manifest: Mapping[str, Any], translator: FredningTranslator, project: DbtProject) -> None:
        self._nodes = manifest["nodes"]
        self._asset_of: dict[str, dg.AssetKey] = {}
        self._check_of: dict[str, dg.AssetCheckKey] = {}
        children = manifest["child_map"]
        for unique_id, node in self._nodes.items():
            if node["resource_type"] not in {"model", "seed", "snapshot"}:
                continue
            spec = translator.get_asset_spec(manifest, unique_id, project)
            self._asset_of[unique_id] = spec.key
            for child in children.get(unique_id, []):
                if child.startswith("test."):
                    check = translator.get_asset_check_spec(spec, manifest, child, project)
                    if check is not None:
                        self._check_of[child] = check.key

    def selection(self, context: dg.AssetExecutionContext, select: str, exclude: str) -> tuple[list[str], list[str]]:
        """dbt's --select and --exclude for what Dagster chose (all of the step, or a subset of its assets)."""
        if not context.is_subset:
            return [select], [exclude] if exclude else []
        chosen = [
            ".".join(self._nodes[unique_id]["fqn"])
            for unique_id, key in self._asset_of.items()
            if key in context.selected_asset_keys
        ]
        if not chosen:  # only checks were chosen
            chosen = [
                self._nodes[unique_id]["name"]
                for unique_id, key in self._check_of.items()
                if key in context.selected_asset_check_keys
            ]
        return chosen, []

    def events(
        self, results: Sequence[NodeResult], context: dg.AssetExecutionContext
    ) -> Iterator[dg.Output[None] | dg.AssetCheckResult]:
        models = [r for r in results if r.unique_id in self._asset_of]
        tests = [r for r in results if r.unique_id in self._check_of]
        for result in models:
            if result.is_good:
                yield dg.Output(
                    value=None,
                    output_name=self._asset_of[result.unique_id].to_python_identifier(),
                    metadata=_metadata(result),
                )
        for result in tests:
            key = self._check_of[result.unique_id]
            if key not in context.selected_asset_check_keys or result.status == "skipped":
                continue
            yield dg.AssetCheckResult(
                passed=result.status == "pass",
                asset_key=key.asset_key,
                check_name=key.name,
                severity=self._severity(result),
                metadata=_metadata(result),
            )

    def is_unseen_failure(self, result: NodeResult) -> bool:
        """A test of severity error that failed and has no check of its own to stop the run."""
        return result.status == "fail" and result.unique_id not in self._check_of

    def _severity(self, result: NodeResult) -> dg.AssetCheckSeverity:
        declared = (self._nodes[result.unique_id]["config"].get("severity") or "error").lower()
        is_warning = declared == "warn" or result.status == "warn"
        return dg.AssetCheckSeverity.WARN if is_warning else dg.AssetCheckSeverity.ERROR


def prepare(settings: Settings) -> Any:
    """Parse the dbt project, write its manifest (needed before definitions are imported) and return it."""
    from dbt.cli.main import dbtRunner

    os.environ.update(profile_environment(settings))
    result = dbtRunner().invoke(_parse_arguments(settings))
    if not result.success:
        raise DbtFailure(f"dbt could not parse the project: {result.exception}")
    return result.result


def _forget_compiled(manifest: Any) -> None:
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
    ]


def _node_result(result: Any) -> NodeResult:
    rows = (result.adapter_response or {}).get("rows_affected")
    return NodeResult(
        unique_id=result.node.unique_id,
        status=str(result.status.value if hasattr(result.status, "value") else result.status),
        seconds=round(float(result.execution_time), 3),
        message=str(result.message or ""),
        failures=result.failures,
        rows=rows if isinstance(rows, int) and rows >= 0 else None,
        statement=getattr(result.node, "compiled_code", None),
    )


def _metadata(result: NodeResult) -> dict[str, Any]:
    metadata: dict[str, Any] = {"seconds": result.seconds, "status": result.status}
    if result.failures is not None:
        metadata["failing_rows"] = result.failures
    if result.rows is not None:
        metadata["dagster/row_count"] = result.rows
    if not result.is_good and result.message:
        metadata["message"] = result.message
    return metadata
