"""Folders of journeys that a test may break."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.messaging.template_root import copy_of_templates


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copy_of_templates(tmp_path)


@pytest.fixture
def root_with_experiment(tmp_path: Path) -> Path:
    return copy_of_templates(tmp_path, "post_purchase_coffee", "post_purchase_dog")
