"""The service as most of its tests meet it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import kit
from tests.unit.service.three_messages import WEBHOOK_KEY, a_site
from tests.unit.service.world import Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with a_site(kit.settings(tmp_path, webhook_keys=(WEBHOOK_KEY,))) as running:
        yield running
