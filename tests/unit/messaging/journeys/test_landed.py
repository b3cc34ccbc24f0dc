"""Journeys as the warehouse reads them: their version, and tables that say what the files say."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from assets.messaging.journeys import land_templates, load_templates, policy_version
from assets.messaging.template_schemas import SCHEMAS
from orchestration.settings import Settings
from tests.unit.messaging.template_root import change


def test_the_version_changes_with_any_byte_and_with_nothing_else(root: Path) -> None:
    """It stands in every ledger row: the same version must mean the same rules and texts."""
    before = load_templates(root, check_texts=False).version
    assert before == policy_version(root)
    (root / "README.md").write_text("other notes")
    (root / "policy.yml~").write_text("an editor's copy")
    assert before == load_templates(root, check_texts=False).version
    change(root / "journeys/welcome/texts.nb.yml", "Velkommen", "velkommen")
    assert load_templates(root, check_texts=False).version != before


def test_landing_twice_gives_the_same_bytes_and_the_promised_columns(tmp_path: Path) -> None:
    """A rerun of a day must not change anything; SQL relies on every column and type."""
    settings = Settings(home=tmp_path)
    digests = []
    for _ in range(2):
        landed = land_templates(settings, date(2026, 11, 20))
        files = sorted((tmp_path / "raw/templates").rglob("*.parquet"))
        digests.append([hashlib.sha256(path.read_bytes()).hexdigest() for path in files])
    assert digests[0] == digests[1]
    assert set(landed.n_rows) == set(SCHEMAS)
    for table, schema in SCHEMAS.items():
        stored = pq.read_table(tmp_path / "raw/templates" / table / "2026-11-20.parquet")
        assert stored.schema.equals(schema)
        assert set(stored["policy_version"].to_pylist()) == {landed.version}


def test_landed_durations_branches_and_buckets_are_what_the_files_say(tmp_path: Path) -> None:
    """The step from words to numbers is where a wait of two days becomes two hours."""
    land_templates(Settings(home=tmp_path), date(2026, 11, 20))
    read = {name: pq.read_table(tmp_path / "raw/templates" / name).to_pylist() for name in SCHEMAS}
    steps = {(row["journey"], row["step"]): row for row in read["journey_steps"]}
    assert steps["newsletter_weekly", "thursday"]["valid_for_seconds"] == 0
    assert steps["welcome", "hello"]["delay_seconds"] == 14 * 3600
    assert steps["welcome", "first_order"]["offer_value_minor"] == 10_000
    assert steps["post_purchase_coffee", "tips"]["min_recommendations_branch"] == "without_accessory"
    assert {(r["bucket_from"], r["bucket_to"]) for r in read["journey_experiments"]} == {(0, 5000), (5000, 10_000)}
    assert {r["holiday_on"] for r in read["holidays"] if r["country"] == "NO"} >= {
        date(2026, 5, 17),
        date(2026, 12, 25),
    }
