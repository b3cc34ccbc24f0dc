"""What the answer of a provider proves, and how long it asks to wait."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assets.messaging.channels.http import Response, judge_status, retry_after
from assets.messaging.states import State
from tests.unit.messaging.channels.letter import LETTER, NOW


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("Fri, 20 Nov 2026 10:02:00 GMT", 120),
        ("Fri, 20 Nov 2026 09:00:00 GMT", 0),
        ("99999999999", 21_600),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_read_in_both_forms(value: str, seconds: int | None) -> None:
    """A nonsensical wait is no wait, an endless one has an end."""
    found = retry_after({"retry-after": value}, NOW)
    assert found == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("status", "state"),
    [(401, State.DEFERRED), (429, State.DEFERRED), (503, State.DEFERRED), (422, State.REJECTED), (500, State.UNKNOWN)],
)
def test_a_status_means_what_it_can_prove(status: int, state: State) -> None:
    """A wrong password is not the message's fault; a broken gateway may have passed it on."""
    answer = judge_status([LETTER], Response(status, {}, b""), NOW)
    assert answer is not None
    assert answer.results[0].state is state
