"""A ledger of each kind, for every test of what providers do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.settings import Settings
from tests.faults import kit
from tests.servers.postgres import new_database, running_postgres


@pytest.fixture(scope="package")
def postgres() -> Iterator[str]:
    with running_postgres() as folder:
        yield folder


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Every test of this folder on both databases."""
    if request.param == "sqlite":
        return kit.settings(tmp_path)
    return kit.settings(tmp_path, ledger_url=new_database(request.getfixturevalue("postgres")))
