"""A small retailer's home and its ledger, for every test that sends or takes in. What needs others says so itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assets.messaging.ledger_guard import open_ledger
from assets.messaging.outbox import Outbox
from orchestration.settings import Settings
from tests.faults import kit


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    return kit.settings(tmp_path)


@pytest.fixture
def outbox(home: Settings) -> Iterator[Outbox]:
    with open_ledger(home) as opened:
        yield opened
