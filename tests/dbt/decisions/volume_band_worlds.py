"""Histories of volume: what left, what is decided today, caps, exceptions; random ones, and every edge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

TODAY = date(2026, 11, 20)  # a Friday


@dataclass(frozen=True)
class Past:
    """So many messages of a journey on a day, all in one state."""

    day: date
    journey: str
    channel: str
    n: int
    state: str = "ACCEPTED"


@dataclass(frozen=True)
class World:
    """What left, what is decided today (journey, channel, decision, n), the caps, and exceptions of policy.yml."""

    past: tuple[Past, ...]
    today: tuple[tuple[str, str, str, int], ...]
    max_messages: int = 40
    max_ratio: float = 2.5
    min_past_runs: int = 4
    always_fine: int = 5
    max_without_forecast: int = 9
    exceptions: tuple[tuple[str, date, date, int], ...] = ()


def daily(n: int, days: int, **changes: Any) -> tuple[Past, ...]:
    """`n` messages on each of the last `days` days."""
    return tuple(
        Past(TODAY - timedelta(days=back), **{"journey": "cart", "channel": "email", "n": n, **changes})
        for back in range(1, days + 1)
    )


def weekly(n: int, weeks: int, journey: str = "letter") -> tuple[Past, ...]:
    return tuple(Past(TODAY - timedelta(weeks=back), journey, "email", n) for back in range(1, weeks + 1))


def on_days(*back: int) -> tuple[Past, ...]:
    return tuple(Past(TODAY - timedelta(days=days), "cart", "email", 4) for days in back)


def days_from_now(*days: int) -> tuple[date, ...]:
    return tuple(TODAY + timedelta(days=each) for each in days)


def sends(n: int, journey: str = "cart") -> tuple[tuple[str, str, str, int], ...]:
    return ((journey, "email", "send", n),)


EDGES = {
    "a shop without history": World((), sends(9)),
    "one too many without history": World((), sends(10)),
    "nothing today, nothing ever": World((), ()),
    "a journey with few days": World(daily(1, 3), sends(10)),
    "a day of the shortest history": World(daily(4, 4), sends(11)),
    "just inside the band": World(daily(4, 4), sends(10)),
    "always fine": World(daily(1, 20), sends(5)),
    "no longer always fine": World(daily(1, 20), sends(6)),
    "above the cap, inside the ratio": World(daily(30, 5), sends(41)),
    "a newsletter of a Friday": World(weekly(20, 5), sends(40, "letter")),
    "a newsletter to everybody and more": World(weekly(15, 5), sends(38, "letter")),
    "Fridays are busy": World(daily(2, 6) + weekly(12, 3, "cart"), sends(28)),
    "Fridays are quiet": World(daily(12, 6) + weekly(2, 3, "cart"), sends(28)),
    "Fridays were busy twice": World(daily(2, 20) + weekly(12, 2, "cart"), sends(7)),
    "a newsletter that did not come": World(weekly(20, 5), ()),
    "a daily journey that stayed away": World(daily(20, 5), ()),
    "far too few": World(daily(20, 30), sends(7)),
    "few of what is always fine": World(daily(5, 5), sends(1)),
    "as few as may be": World(daily(20, 30), sends(8)),
    "a held day in the past is no forecast": World(daily(20, 5, state="HELD") + daily(1, 4), sends(6)),
    "a doubtful message counts": World(daily(4, 4, state="UNKNOWN"), sends(10)),
    "what was suppressed today is no volume": World(daily(4, 4), (("cart", "email", "suppress", 11),)),
    "the other channel has its own": World(daily(4, 4, channel="sms"), sends(10)),
    "an exception": World(daily(1, 20), sends(39), exceptions=(("cart", TODAY, TODAY, 39),)),
    "above the exception": World(daily(1, 20), sends(40), exceptions=(("cart", TODAY, TODAY, 39),)),
    "an exception above the cap": World(daily(1, 20), sends(50), exceptions=(("cart", TODAY, TODAY, 50),)),
    "yesterday's exception": World(daily(1, 20), sends(6), exceptions=(("cart", *days_from_now(-3, -1), 50),)),
    "tomorrow's exception": World(daily(1, 20), sends(6), exceptions=(("cart", *days_from_now(1, 3), 50),)),
    "another journey's exception": World(daily(1, 20), sends(6), exceptions=(("letter", TODAY, TODAY, 50),)),
    "two exceptions": World(daily(1, 20), sends(30), exceptions=tuple(("cart", TODAY, TODAY, n) for n in (20, 30))),
    "91 days ago": World(on_days(91, 90, 9, 8), sends(10)),
    "92 days ago": World(on_days(92, 90, 9, 8), sends(10)),
    "the day itself, executed again": World((*daily(4, 3), Past(TODAY, "cart", "email", 4)), sends(10)),
}  # fmt: skip


pasts = st.builds(
    Past,
    day=st.sampled_from([TODAY - timedelta(days=back) for back in (0, 1, 2, 3, 7, 14, 21, 28, 90, 91, 92)]),
    journey=st.sampled_from(("cart", "letter")),
    channel=st.sampled_from(("email", "email", "sms")),
    n=st.integers(0, 16),
    state=st.sampled_from(("ACCEPTED", "ACCEPTED", "BOUNCED", "HELD")),
)


worlds = st.builds(
    World,
    past=st.lists(pasts, max_size=14).map(tuple),
    today=st.lists(
        st.tuples(
            st.sampled_from(("cart", "letter")),
            st.sampled_from(("email", "sms")),
            st.sampled_from(("send", "send", "hold")),
            st.integers(0, 45),
        ),
        max_size=3,
    ).map(tuple),
    exceptions=st.lists(
        st.tuples(
            st.just("cart"),
            st.sampled_from((TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=1))),
            st.sampled_from((TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=1))),
            st.integers(1, 45),
        ),
        max_size=2,
    ).map(tuple),
)
