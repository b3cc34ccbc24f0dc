"""One household for all tests of whom an erasure reaches."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.dbt import profile_environment
from orchestration.settings import Settings
from tests.unit.privacy import household


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    built = household.build(tmp_path)
    # dbt compiles the rule by which people are named, with the installation's environment: it ends with the test.
    for name, value in profile_environment(built).items():
        monkeypatch.setenv(name, value)
    return built
