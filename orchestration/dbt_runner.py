"""dbt inside Dagster, kept warm.

`DbtCliResource` starts a new dbt for every call (several seconds each, and a changed `--vars` voids its parse cache).
`DbtRunner` calls dbt in this process with the manifest kept, and emits the same materialisations and checks. The stock
resource stays the fallback: `DbtCliResource(project_dir=…, profiles_dir=…).cli(build_arguments(…), context=context)`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DbtProject

from orchestration.dbt import (
    DbtFailure,
    asked_vars,
    build_arguments,
    forget_compiled,
    manifest_of,
    prepare,
    profile_environment,
    project_of,
    selecting,
)
from orchestration.dbt_results import NodeResult, node_result
from orchestration.dbt_translator import FredningTranslator
from orchestration.settings import Settings
from orchestration.tested import remember_tested


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

        What found too little memory beside its neighbours is built once more with all of it, one statement and one
        thread at a time: a large night takes longer then, but has an end. Raises `DbtFailure` when dbt itself could
        not run, and whatever interrupted it.
        """
        results = self._invoke_until_it_fits(arguments)
        remember_tested(self.settings, self.parsed.nodes, results, asked_vars(arguments))
        return results

    def _invoke_until_it_fits(self, arguments: list[str]) -> list[NodeResult]:
        results = self._invoke(arguments, profile_environment(self.settings))
        if not any(result.is_out_of_memory for result in results) or any(map(_is_final, results)):
            return results
        unfinished = [self.parsed.nodes.get(r.unique_id) for r in results if r.is_out_of_memory or r.is_skipped]
        names = [f"fqn:{'.'.join(node.fqn)}" for node in unfinished if node]
        again = self._invoke(selecting(arguments, names), profile_environment(self.settings, one_at_a_time=True))
        return list({result.unique_id: result for result in (*results, *again)}.values())

    def _invoke(self, arguments: list[str], environment: Mapping[str, str]) -> list[NodeResult]:
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        (self.settings.home / "tmp").mkdir(parents=True, exist_ok=True)
        os.environ.update(environment)
        forget_compiled(self.parsed)
        try:
            result = dbtRunner(manifest=self.parsed).invoke(arguments)
        finally:
            # dbt-duckdb keeps its connection for the life of the process, which would lock the file for everyone else.
            DuckDBConnectionManager.close_all_connections()
        if result.exception is not None:
            if not isinstance(result.exception, Exception):
                raise result.exception
            raise DbtFailure(f"dbt stopped: {result.exception}") from result.exception
        return [node_result(node) for node in getattr(result.result, "results", [])]

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
        broken = [r for r in results if r.is_error or index.is_unseen_failure(r)]
        skipped = [r for r in results if r.is_skipped]
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
                    metadata=result.metadata(),
                )
        for result in tests:
            key = self._check_of[result.unique_id]
            if key not in context.selected_asset_check_keys or result.is_skipped:
                continue
            yield dg.AssetCheckResult(
                passed=result.status == "pass",
                asset_key=key.asset_key,
                check_name=key.name,
                severity=self._severity(result),
                metadata=result.metadata(),
            )

    def is_unseen_failure(self, result: NodeResult) -> bool:
        """A test of severity error that failed and has no check of its own to stop the run."""
        return result.status == "fail" and result.unique_id not in self._check_of

    def _severity(self, result: NodeResult) -> dg.AssetCheckSeverity:
        declared = (self._nodes[result.unique_id]["config"].get("severity") or "error").lower()
        is_warning = declared == "warn" or result.status == "warn"
        return dg.AssetCheckSeverity.WARN if is_warning else dg.AssetCheckSeverity.ERROR


def _is_final(result: NodeResult) -> bool:
    """It went wrong, and would again, whatever the memory."""
    return not (result.is_good or result.is_skipped or result.is_out_of_memory)
