"""dbt's own unit tests, on an empty warehouse of typed sources: the rules, stated beside the models, held in CI."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.dbt import profile_environment
from orchestration.home import ensure_sources
from orchestration.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def empty_warehouse(tmp_path_factory) -> Settings:
    settings = Settings(home=tmp_path_factory.mktemp("empty"))
    (settings.home / "tmp").mkdir()
    ensure_sources(settings)
    return settings


def dbt(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    target = settings.home / "target"
    return subprocess.run(
        [
            str(Path(sys.executable).with_name("dbt")),
            *arguments,
            *("--project-dir", str(ROOT / "dbt_project"), "--profiles-dir", str(ROOT / "dbt_project")),
            *("--target-path", str(target), "--log-path", str(settings.home / "logs")),
        ],
        env={"PATH": "/usr/bin:/bin", "HOME": str(settings.home), **profile_environment(settings)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_everything_builds_on_no_data_and_every_test_of_the_models_passes(empty_warehouse: Settings) -> None:
    """The first morning of an installation has no deliveries; and a rule that only holds on the demo is no rule."""
    built = dbt(empty_warehouse, "build", "--exclude-resource-type", "unit_test")
    assert built.returncode == 0, built.stdout[-5000:]
    assert re.search(r"WARN=0 ERROR=0 SKIP=0", built.stdout), built.stdout[-3000:]
    tested = dbt(empty_warehouse, "test", "--select", "test_type:unit")
    assert tested.returncode == 0, tested.stdout[-8000:]
    passed = re.search(r"PASS=(\d+) WARN=0 ERROR=0", tested.stdout)
    assert passed is not None
    assert int(passed.group(1)) > 70, "unit tests of models must not vanish"
