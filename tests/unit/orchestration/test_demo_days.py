"""Which days a demo runs."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from orchestration.demo import DemoDays, demo_days


def test_a_second_demo_repeats_the_days_of_the_first(tmp_path) -> None:
    """Run tomorrow, it must hand off nothing new, so it must not move on to another day by itself."""
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "days.json").write_text(json.dumps({"today": "2026-11-20", "days": 3}))
    plan = demo_days(tmp_path, None, 14, datetime(2026, 11, 22, 9, tzinfo=UTC))
    assert plan == DemoDays(date(2026, 11, 20), 3)
    assert plan.first == date(2026, 11, 18)


def test_other_days_than_the_first_demo_are_refused(tmp_path) -> None:
    """Two demos in one home would mix two invented histories."""
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "days.json").write_text(json.dumps({"today": "2026-11-20", "days": 3}))
    with pytest.raises(ValueError, match="clean-demo"):
        demo_days(tmp_path, date(2026, 11, 21), 14, datetime(2026, 11, 22, 9, tzinfo=UTC))


def test_a_second_demo_keeps_the_share_of_households_and_another_one_is_refused(tmp_path) -> None:
    """More households under the same days would be another retailer's ledger."""
    now = datetime(2026, 11, 22, 9, tzinfo=UTC)
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "days.json").write_text(json.dumps({"today": "2026-11-20", "days": 3, "fraction": 0.1}))
    assert demo_days(tmp_path, None, 14, now).fraction == demo_days(tmp_path, None, 14, now, 0.1).fraction == 0.1
    with pytest.raises(ValueError, match=r"0\.1 of the households.*clean-demo"):
        demo_days(tmp_path, None, 14, now, 1.0)
