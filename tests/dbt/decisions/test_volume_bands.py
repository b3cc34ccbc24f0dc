"""The forecast band in SQL against plain Python, over random histories; then with mistakes in it."""

from __future__ import annotations

import math
import re
import statistics
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dbt.customers.chain import Chain, Input, compile_chain

MODEL = "fct_volume_bands"
TODAY = date(2026, 11, 20)  # a Friday
HISTORY, WEEKDAYS = 91, 3

INPUTS = (
    Input(
        "staging.stg_templates__policy_settings",
        """volume_max_messages INTEGER, volume_max_ratio DOUBLE, volume_min_past_runs INTEGER,
        volume_always_fine INTEGER, volume_max_without_forecast INTEGER, volume_exception_journeys VARCHAR[],
        volume_exception_from DATE[], volume_exception_until DATE[], volume_exception_max INTEGER[]""",
    ),
    Input("marts.fct_contact_decisions", "run_date DATE, journey VARCHAR, channel VARCHAR, decision VARCHAR"),
    Input(
        "staging.stg_outbox__contact_log",
        "run_date DATE, journey VARCHAR, channel VARCHAR, state VARCHAR, sent_at TIMESTAMPTZ",
    ),
)


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


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return compile_chain(tmp_path_factory.mktemp("bands"), (MODEL,), INPUTS, {"timezone": "UTC"})


def oracle(world: World) -> set[tuple[str, str, float | None, int, int, bool, bool]]:
    """(journey, channel, forecast, lowest, highest, is held, has a remark), one journey after the other."""
    of_a_day: dict[tuple[str, str], dict[date, int]] = {}
    for past in world.past:
        if past.state not in ("READY", "HELD") and 1 <= (TODAY - past.day).days <= HISTORY and past.n:
            days = of_a_day.setdefault((past.journey, past.channel), {})
            days[past.day] = days.get(past.day, 0) + past.n
    today: dict[tuple[str, str], int] = {}
    for journey, channel, decision, n in world.today:
        if decision == "send" and n:
            today[journey, channel] = today.get((journey, channel), 0) + n
    found = set()
    for key in of_a_day.keys() | today.keys():
        days, n = of_a_day.get(key, {}), today.get(key, 0)
        fridays = [count for day, count in days.items() if day.weekday() == TODAY.weekday()]
        forecast, lowest = None, 0
        highest = min(world.max_messages, world.max_without_forecast)
        if len(days) >= world.min_past_runs:
            forecast = on_this_day = float(statistics.median(days.values()))
            if len(fridays) >= WEEKDAYS:
                on_this_day = float(statistics.median(fridays))
                forecast = max(forecast, on_this_day)
            highest = min(world.max_messages, max(world.always_fine, math.floor(forecast * world.max_ratio)))
            if on_this_day > world.always_fine and (n or len(fridays) >= WEEKDAYS):
                lowest = math.ceil(on_this_day / world.max_ratio)
        allowed = [
            top for journey, first, last, top in world.exceptions if journey == key[0] and first <= TODAY <= last
        ]
        if allowed:
            highest = max(allowed)
        found.add((*key, forecast, lowest, highest, n > highest, n < lowest))
    return found


def tables(world: World) -> dict[str, list[dict[str, Any]]]:
    log, decisions = [], []
    for past in world.past:
        sent_at = datetime.combine(past.day, time(9), tzinfo=UTC)
        row = {"run_date": past.day, "journey": past.journey, "channel": past.channel}
        log += [{**row, "state": past.state, "sent_at": sent_at}] * past.n
    for journey, channel, decision, n in world.today:
        decisions += [{"run_date": TODAY, "journey": journey, "channel": channel, "decision": decision}] * n
        # Another day's rows are in the ledger, too.
        decisions.append({"run_date": TODAY - timedelta(days=1), "journey": journey, "channel": channel,
                          "decision": "send"})  # fmt: skip
    return {
        "staging.stg_templates__policy_settings": [
            {
                "volume_max_messages": world.max_messages,
                "volume_max_ratio": world.max_ratio,
                "volume_min_past_runs": world.min_past_runs,
                "volume_always_fine": world.always_fine,
                "volume_max_without_forecast": world.max_without_forecast,
                "volume_exception_journeys": [each[0] for each in world.exceptions],
                "volume_exception_from": [each[1] for each in world.exceptions],
                "volume_exception_until": [each[2] for each in world.exceptions],
                "volume_exception_max": [each[3] for each in world.exceptions],
            }
        ],
        "staging.stg_outbox__contact_log": log,
        "marts.fct_contact_decisions": decisions,
    }


def judged(chain: Chain, world: World) -> set[tuple[Any, ...]]:
    chain.run(TODAY, tables(world))
    rows = chain.rows(
        f"""
        select journey, channel, forecast, lowest, highest, held_because is not null, remark is not null
        from marts.{MODEL}
        """
    )
    return {tuple(row.values()) for row in rows}


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


@pytest.mark.parametrize("name", EDGES)
def test_the_band_at_its_edges(chain: Chain, name: str) -> None:
    """A band that is one message off holds a good day, or lets a wrong filter through."""
    assert judged(chain, EDGES[name]) == oracle(EDGES[name])


def test_the_words_say_what_a_person_must_know(chain: Chain) -> None:
    """Whoever is to approve a batch sees the number, what is usual, and which rule it was."""
    said = {
        "one too many without history": "10 messages of a journey without forecast; up to 9 go unseen",
        "no longer always fine": "6 messages against 1 on a usual day",
        "above the cap, inside the ratio": "41 messages are more than the cap of 40",
        "above the exception": "40 messages are more than the exception of 39",
    }
    for name, words in said.items():
        chain.run(TODAY, tables(EDGES[name]))
        assert chain.rows(f"select held_because from marts.{MODEL}") == [{"held_because": words}]


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


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(worlds)
def test_bands_are_those_of_plain_python(chain: Chain, world: World) -> None:
    """Weekdays, caps, exceptions and cold starts meet in ways that nobody lists."""
    assert judged(chain, world) == oracle(world)


MUTANTS = [
    ("decision = 'send'", "true"),
    ("'UNKNOWN', ", ""),
    ("and run_date < cast('2026-06-15' as date)", "and run_date <= cast('2026-06-15' as date)"),
    (">= cast('2026-06-15' as date) - 91", "> cast('2026-06-15' as date) - 91"),
    ("isodow(run_date) = isodow", "isodow(run_date) <> isodow"),
    (">= settings.volume_min_past_runs", "> settings.volume_min_past_runs"),
    (">= 3", ">= 2"),
    ("median(n_messages) as usual,", "max(n_messages) as usual,"),
    ("greatest(usual, usual_today)", "usual"),
    ("greatest(usual, usual_today)", "usual_today"),
    ("usual_today > settings", "usual > settings"),
    ("ceil(usual_today", "ceil(usual"),
    ("> settings.volume_always_fine", ">= settings.volume_always_fine"),
    ("between from_on and until_on", ">= from_on"),
    ("between from_on and until_on", "<= until_on"),
    ("max(max_messages) as max_messages", "min(max_messages) as max_messages"),
    ("on compared.journey = exceptions.journey", "on true"),
    ("least(settings.volume_max_messages, settings.volume_max_without_forecast)", "settings.volume_max_messages"),
    ("floor(forecast", "1 + floor(forecast"),
    ("greatest(settings.volume_always_fine,", "coalesce("),
    ("(n_messages > 0 or knows_weekday)", "true"),
    ("when n_messages <= highest", "when n_messages < highest"),
    ("when n_messages < lowest", "when n_messages <= lowest"),
    ("and today.channel = usual.channel", ""),
    ("full outer join", "left join"),
]


def test_every_mistake_in_the_band_is_noticed(chain: Chain) -> None:
    """A comparison that no mistake fails proves nothing; the listed edges alone must see each of them."""
    ((relation, sql),) = chain._compiled
    for right, wrong in MUTANTS:
        # Token by token, so that a formatter's white space moves no mutation.
        place = r"\s*".join(re.escape(token) for token in re.findall(r"\w+|[^\w\s]", right))
        changed, n_places = re.subn(place, lambda _, wrong=wrong: f" {wrong} ", sql)
        assert n_places, f"the place of the mutation is gone: {right}"
        mutant = Chain([(relation, changed)], INPUTS)
        assert any(judged(mutant, world) != oracle(world) for world in EDGES.values()), f"{right} -> {wrong}"
