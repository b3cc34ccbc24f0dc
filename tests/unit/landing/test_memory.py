"""Deliveries that do not fit into memory: they spill to disk, on the first day of a machine too."""

from __future__ import annotations

from dataclasses import replace

from assets.landing.workbench import Workbench
from tests.unit.landing.conftest import Shop


def test_what_does_not_fit_into_memory_spills_on_a_machine_that_never_spilled(shop: Shop) -> None:
    """The folder for it is not there yet, nor the one above it."""
    settings = replace(shop.settings, memory_limit="60MB", threads=1)
    assert not (settings.home / "tmp").exists()
    with Workbench(settings) as bench:
        bench.connection.execute(
            "create temp table wide as select range, repeat(md5(range::varchar), 8) as text from range(500000)"
        )
        assert bench.connection.sql("select count(*) from (from wide order by text)").fetchone() == (500_000,)
        assert any((settings.home / "tmp" / "landing").iterdir()), "it was to be more than fits into memory"
