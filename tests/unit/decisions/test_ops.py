"""The ledger's tools in the Dagster UI: what a person fills in, and what is said when it cannot be done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.decisions.ops import compare_journey_versions, replay_past_days, try_contact_policies
from orchestration.settings import Settings

OPS = (compare_journey_versions, replay_past_days, try_contact_policies)


def failure_of(op: Any, home: Path, **config: Any) -> str:
    """What a run of the op says when it fails."""
    with (
        dg.build_op_context(resources={"settings": Settings(home=home)}, op_config=config) as context,
        pytest.raises(dg.Failure) as failed,
    ):
        op(context)
    return str(failed.value.description)


def test_every_setting_says_what_to_fill_in_and_has_a_default() -> None:
    """In the launchpad there is nothing else to read, and an empty form must start something sensible."""
    for op in OPS:
        fields = op.config_schema.config_type.fields
        assert fields
        for name, field in fields.items():
            assert field.description, name
            assert not field.is_required, name


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
def test_without_a_warehouse_the_remedy_is_named(op: Any, tmp_path: Path) -> None:
    """Somebody who tries the buttons before the first run gets a sentence, no traceback."""
    config = {"base": str(tmp_path)} if op is compare_journey_versions else {}
    assert "fredning run" in failure_of(op, tmp_path, **config)


def test_a_day_that_is_none_and_an_unknown_version_are_said_in_words(tmp_path: Path) -> None:
    """What was typed is repeated with what would have been right."""
    assert "2026-11-20" in failure_of(replay_past_days, tmp_path, first="20.11.2026")
    assert "swap" in failure_of(replay_past_days, tmp_path, first="2026-11-20", last="2026-11-19")
    assert "no-such-branch" in failure_of(compare_journey_versions, tmp_path, base="no-such-branch")
