"""A command line for every test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.orchestration.command_line import Shell


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shell:
    return Shell(monkeypatch, tmp_path / "var")
