"""The two Dagster assets around templates: run as Dagster runs them, on a small warehouse."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import duckdb

from assets.messaging.assets_previews import build_preview_assets
from assets.messaging.assets_templates import build_template_assets
from assets.messaging.journeys import load_templates
from assets.messaging.template_samples import sample_rows
from orchestration.settings import REPOSITORY, Settings
from tests.unit.messaging.content_tables import as_row, write_content
from tests.unit.messaging.template_root import SETTINGS, SHIPPED


def warehouse_with_messages(path: Path) -> None:
    """A warehouse that holds nothing but the run's content, as SQL leaves it."""
    samples = sample_rows(load_templates(SHIPPED, check_texts=False))
    with duckdb.connect(str(path)) as connection:
        assert write_content(connection, (as_row(row, address="canary@x.example") for row in samples))


def test_both_assets_tell_what_they_did_and_name_nobody(tmp_path: Path) -> None:
    """Metadata is read by many, and kept: journeys, counts and one mail, but no address."""
    settings = Settings(home=tmp_path, secret_key=SETTINGS.secret_key)
    warehouse_with_messages(settings.warehouse_path)
    result = dg.materialize(
        [*build_template_assets(), *build_preview_assets()],
        partition_key="2026-11-20",
        resources={"settings": settings},
    )
    assert result.success
    landed = result.asset_materializations_for_node("templates__journeys")[0].metadata
    assert landed["n_journeys"].value == len(list((REPOSITORY / "templates" / "journeys").iterdir()))
    assert "| 10 | welcome | lifecycle | joined |" in str(landed["journeys"].value)
    shown = result.asset_materializations_for_node("messaging__previews")[0].metadata
    assert shown["n_messages_of_this_run"].value > 40
    assert shown["n_samples"].value == 0
    assert "canary" not in str(landed) + str(shown)
    assert (settings.previews_dir / "2026-11-20" / "index.html").is_file()
