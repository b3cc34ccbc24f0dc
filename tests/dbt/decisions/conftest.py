"""One compilation of the decision models for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dbt.decisions.engine import CompiledModel, compile_models


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A throw-away home with a warehouse in which the models were built once."""
    return tmp_path_factory.mktemp("decisions")


@pytest.fixture(scope="session")
def models(home: Path) -> list[CompiledModel]:
    """The decision models as dbt compiles them."""
    return compile_models(home)
