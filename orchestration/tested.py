"""Which tables have passed their tests, and in which state: what the next day's key tests need not look at again.

A test that fails, or that did not run after its table was built (a run that was killed, a build without tests), takes
the table out: its next test looks at every row (dbt_project/macros/tested.sql). Belongs here: keeping that. Not here:
what rows a test looks at.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from orchestration.dbt_results import NodeResult
from orchestration.files import write_atomically
from orchestration.settings import Settings


def states_that_passed(settings: Settings) -> dict[str, str]:
    """By table (`schema.name`), what it was built from when all its tests had passed; none is known in a new home."""
    try:
        states: dict[str, str] = json.loads(_file(settings).read_text())
    except FileNotFoundError:
        return {}
    return states


def remember_tested(
    settings: Settings, nodes: Mapping[str, Any], results: Iterable[NodeResult], dbt_vars: Mapping[str, Any]
) -> None:
    """Take down how the tables of one dbt call came out.

    `nodes` is the manifest's, `dbt_vars` what dbt was asked with.
    """
    ended = {result.unique_id: result.status for result in results}
    states = states_that_passed(settings)
    for table, reading, own in _kept_tables(nodes):
        if table not in ended and ended.keys().isdisjoint(reading):
            continue
        has_passed = all(ended[test] == "pass" for test in reading & ended.keys())
        if table in ended or not has_passed:
            states.pop(_name(nodes[table]), None)
        if ended.get(table) == "success" and has_passed and own <= ended.keys():
            states[_name(nodes[table])] = _built_from(dbt_vars)
    text = json.dumps(states, indent=0, sort_keys=True)
    write_atomically(_file(settings), lambda file: file.write_text(text))


def _kept_tables(nodes: Mapping[str, Any]) -> Iterator[tuple[str, set[str], set[str]]]:
    """Every model whose rows stay from day to day: the tests that read it, and those of its own that a day must run."""
    reading, own = defaultdict(set), defaultdict(set)
    for unique_id, node in nodes.items():
        if node.resource_type == "test":
            for read in node.depends_on.nodes:
                reading[read].add(unique_id)
            if not node.config.meta.get("only_in_ci"):
                own[getattr(node, "attached_node", None)].add(unique_id)
    for unique_id, node in nodes.items():
        if node.resource_type == "model" and (node.config.unique_key or node.config.meta.get("grows_by")):
            yield unique_id, reading[unique_id], own[unique_id]


def _name(node: Any) -> str:
    return f"{node.schema}.{node.name}"


def _built_from(dbt_vars: Mapping[str, Any]) -> str:
    """As the macro of that name says it."""
    day, carried = dbt_vars["run_date"], dbt_vars["carried"]
    return f"{day} {carried['project']} {carried['received'][day]}"


def _file(settings: Settings) -> Path:
    return settings.home / "dbt" / "tested.json"
