"""One household for all tests of whom an erasure reaches."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.settings import Settings
from tests.unit.privacy import household


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return household.build(tmp_path)
