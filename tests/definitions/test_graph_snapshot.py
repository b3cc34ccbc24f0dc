"""The asset graph as a committed text: whoever changes it changes a file that somebody reviews.

After a change on purpose: `FREDNING_UPDATE_GRAPH=1 .venv/bin/pytest tests/definitions/test_graph_snapshot.py`
(with a prepared manifest: `make setup`), and commit `graph.txt`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import dagster as dg
import pytest

from orchestration.definitions import build_defs
from orchestration.settings import REPOSITORY, Settings
from orchestration.tags import GROUPS

SNAPSHOT = Path(__file__).with_name("graph.txt")
UPDATE = "FREDNING_UPDATE_GRAPH"
HAND_OFF = dg.AssetKey(["messaging", "hand_off"])


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> dg.RepositoryDefinition:
    return build_defs(Settings(home=tmp_path_factory.mktemp("home"))).get_repository_def()


def described(repository: dg.RepositoryDefinition) -> str:
    """The graph, line by line, in an order that depends on nothing but names."""
    graph = repository.asset_graph
    checks = Counter(key.asset_key for key in graph.asset_check_keys)
    lines = ["# Written by tests/definitions/test_graph_snapshot.py; its first lines say how.", "", "## Assets"]
    for key in sorted(graph.get_all_asset_keys(), key=lambda key: key.path):
        node = graph.get(key)
        parts = [key.to_user_string(), node.group_name, " ".join(sorted(node.kinds)), f"owners {len(node.owners)}"]
        parts.append(f"checks {checks[key]}")
        parts += ["not executable"] if not node.is_executable else []
        lines.append(" | ".join(parts))
    lines += ["", "## Jobs"]
    # How many assets they hold is left out: two people who each add one would meet in that line for nothing.
    lines += sorted(job.name for job in repository.get_all_jobs() if not job.name.startswith("__"))
    lines += ["", "## Schedules and sensors"]
    for schedule in sorted(repository.schedule_defs, key=lambda schedule: schedule.name):
        status = schedule.default_status.name
        parts = (schedule.name, schedule.job_name, schedule.cron_schedule, schedule.execution_timezone, status)
        lines.append(" | ".join(str(part) for part in parts))
    lines += [f"{sensor.name} | {sensor.default_status.name}" for sensor in repository.sensor_defs]
    return "\n".join(lines) + "\n"


def test_the_graph_is_the_reviewed_one(repository: dg.RepositoryDefinition) -> None:
    """An asset, check or schedule that comes, goes or moves is seen in review, also when SQL alone was changed."""
    now = described(repository)
    if os.environ.get(UPDATE):
        SNAPSHOT.write_text(now, encoding="utf-8")
    assert now.splitlines() == SNAPSHOT.read_text(encoding="utf-8").splitlines(), (
        f"the graph is not that of {SNAPSHOT.name}; if it should be, run this test with {UPDATE}=1 and commit the file"
    )


def test_every_asset_says_what_it_is_and_who_answers_for_it(repository: dg.RepositoryDefinition) -> None:
    """People who meet a failed asset at six in the morning need its words, its place and a name."""
    graph = repository.asset_graph
    nodes = [graph.get(key) for key in graph.get_all_asset_keys()]
    assert [n.key.to_user_string() for n in nodes if len((n.description or "").strip()) < 10] == []
    assert [n.key.to_user_string() for n in nodes if n.group_name not in GROUPS] == []
    assert [n.key.to_user_string() for n in nodes if not n.owners] == []


def test_the_groups_follow_each_other_from_landing_to_published(repository: dg.RepositoryDefinition) -> None:
    """With a circle between them, the overview in the UI is a knot that nobody can follow."""
    graph, place = repository.asset_graph, {group: n for n, group in enumerate(GROUPS)}
    backwards = [
        f"{parent.to_user_string()} ({graph.get(parent).group_name}) -> {key.to_user_string()} ({group})"
        for key in graph.get_all_asset_keys()
        for parent in graph.get(key).parent_keys
        if place[graph.get(parent).group_name] > place[group := graph.get(key).group_name]
    ]
    assert backwards == []


def test_nothing_starts_a_hand_off_by_itself(repository: dg.RepositoryDefinition) -> None:
    """Messages leave in a run that somebody started or scheduled, never because an upstream asset changed."""
    graph = repository.asset_graph
    leading_there = {HAND_OFF, *(key for key in graph.get_all_asset_keys() if key.path[0] in ("messaging", "outbox"))}
    assert [key for key in leading_there if graph.get(key).automation_condition is not None] == []
    assert all(sensor.default_status is dg.DefaultSensorStatus.STOPPED for sensor in repository.sensor_defs)


def test_the_schedule_is_off_until_somebody_switches_it_on(repository: dg.RepositoryDefinition) -> None:
    """A fresh installation must not send."""
    assert [s.name for s in repository.schedule_defs if s.default_status is not dg.DefaultScheduleStatus.STOPPED] == []


def test_the_job_for_looking_hands_nothing_off(repository: dg.RepositoryDefinition) -> None:
    """`decide_only` is what people start to see what would happen."""
    selected = repository.get_job("decide_only").asset_layer.executable_asset_keys
    assert dg.AssetKey(["marts", "fct_contact_decisions"]) in selected
    assert {key.to_user_string() for key in selected if key.path[0] == "messaging"} == set()


def test_definitions_load_without_a_warning(tmp_path: Path) -> None:
    """A warning that is always there hides the one that matters; and deprecations of an exact pin are ours to mend."""
    loaded = subprocess.run(
        [sys.executable, "-W", "always", "-c", "import orchestration.definitions"],
        cwd=REPOSITORY,
        env={**os.environ, "FREDNING_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    ours = [line for line in loaded.stderr.splitlines() if "Warning" in line and "site-packages" not in line]
    assert ours == []
