"""The breaker: far too many messages wait for a person, everything else is none of its business."""

from __future__ import annotations

import pytest

from assets.messaging.limits import Caps, judge

CAPS = Caps(max_messages=10_000, max_ratio=5, min_past_runs=5, always_fine=200)


@pytest.mark.parametrize(
    ("n_today", "past", "is_held"),
    [
        (10_001, [], True),
        (10_000, [], False),
        (5_000, [100] * 4, False),
        (5_000, [100] * 5, True),
        (501, [100] * 5, True),
        (500, [100] * 5, False),
        (200, [1] * 20, False),
        (201, [1] * 20, True),
        (900, [100, 100, 200, 300, 5_000], False),
    ],
)
def test_a_day_far_above_the_usual_is_held_back(n_today: int, past: list[int], is_held: bool) -> None:
    """The median decides, so that one odd day in the past neither hides nor raises the alarm."""
    assert (judge(CAPS, n_today, past).held_because is not None) is is_held


def test_far_too_few_messages_are_worth_a_remark_but_not_held_back() -> None:
    """Holding back what little there is would make a small loss a large one."""
    verdict = judge(CAPS, 10, [1_000] * 5)
    assert verdict.held_because is None
    assert verdict.remark == "only 10 messages against 1000 on a usual day"
