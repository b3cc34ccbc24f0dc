"""The hour at which a person is most likely to react: SQL against sums over 24 hours, in fractions.

Worlds lie around the days on which clocks change, in zones that change on other days, never, or by quarters of an hour.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dbt.customers.chain import Chain, Input, compile_chain
from tests.dbt.customers.examples import tried
from tests.dbt.customers.test_mutants_are_noticed import notices
from tests.dbt.customers.test_permissions import OSLO

SHOP_WEIGHT = 10
REACTION_DAYS = 90
MODELS = ("int_behaviour__customers", "int_behaviour__messages", "fct_customer_scores")
INPUTS = (
    Input("seeds.behaviour_weights", "behaviour VARCHAR, engagement_weight DOUBLE, points DOUBLE, max_count INTEGER"),
    Input("marts.fct_orders", "customer_id VARCHAR, ordered_at TIMESTAMPTZ, is_valid BOOLEAN"),
    Input("marts.fct_carts", "customer_id VARCHAR, last_changed_at TIMESTAMPTZ, bought_at TIMESTAMPTZ"),
    Input(
        "marts.fct_engagement_events",
        "customer_id VARCHAR, message_id VARCHAR, event VARCHAR, occurred_at TIMESTAMPTZ, is_machine BOOLEAN",
    ),
    Input(
        "intermediate.int_behaviour__web_events",
        "customer_id VARCHAR, session_id VARCHAR, event_name VARCHAR, occurred_at TIMESTAMPTZ",
    ),
    Input(
        "intermediate.int_behaviour__product_views",
        "customer_id VARCHAR, is_long_view BOOLEAN, last_viewed_at TIMESTAMPTZ",
    ),
    Input("intermediate.int_customers__golden_records", "customer_id VARCHAR, timezone VARCHAR"),
    Input(
        "intermediate.int_purchases__by_customer",
        "customer_id VARCHAR, n_orders BIGINT, n_orders_365d BIGINT, n_channels_365d BIGINT, first_ordered_on DATE, "
        "last_ordered_on DATE, first_ordered_at TIMESTAMPTZ, last_ordered_at TIMESTAMPTZ, returned_share DOUBLE",
    ),
    Input("intermediate.int_behaviour__affinity_weights", "customer_id VARCHAR, kind VARCHAR, n_values BIGINT"),
    Input("intermediate.int_service__open_cases", "customer_id VARCHAR"),
    Input(
        "marts.fct_customer_rfm",
        "customer_id VARCHAR, snapshot_on DATE, persona VARCHAR, stage VARCHAR, absolute_stage VARCHAR",
    ),
)
Row = dict[str, Any]

# Clocks change on 8 and 29 March, on 25 October and 1 November 2026, in Kathmandu never.
RUN_DATES = (date(2026, 4, 2), date(2026, 11, 3))
CHANGES = (date(2026, 3, 8), date(2026, 3, 29), date(2026, 10, 25), date(2026, 11, 1))
ZONES = ("Europe/Oslo", "Europe/Oslo", "America/New_York", "Europe/Helsinki", "Asia/Kathmandu")
PEOPLE = ("p1", "p2", "p3")


def day_of(run_date: date) -> st.SearchStrategy[date]:
    """Around the changes of the clock, at the window's edge, and lately."""
    changed = [day + timedelta(days=n) for day in CHANGES for n in (-1, 0, 1)]
    edge = [run_date - timedelta(days=REACTION_DAYS + n) for n in (-1, 0, 1)]
    known = [day for day in changed if timedelta(0) < run_date - day <= timedelta(days=REACTION_DAYS)]
    return st.sampled_from([*known, *known, *edge, run_date - timedelta(days=2)])


def worlds_of(run_date: date) -> st.SearchStrategy[Row]:
    # Few hours, so that they are neighbours and equals; midnight lies among them in every zone.
    clock = st.builds(time, st.sampled_from((0, 1, 2, 3, 4, 5, 12, 21, 22, 23)), st.sampled_from((0, 14, 15, 59)))
    at = st.builds(lambda day, hour: datetime.combine(day, hour, UTC), day_of(run_date), clock)
    signals = st.fixed_dictionaries(
        {
            "customer_id": st.sampled_from((*PEOPLE, *PEOPLE, None)),
            "kind": st.sampled_from(("opened", "clicked", "visited", "visited", "delivered")),
            "is_machine": st.sampled_from((False, False, False, True)),
            "at": at,
            "times": st.sampled_from((1, 1, 1, 2, 7)),
            # A visit goes on for so long; only its beginning is a sign of when somebody has time.
            "minutes": st.sampled_from((0, 1, 61, 130)),
        }
    )
    return st.fixed_dictionaries(
        {
            "run_date": st.just(run_date),
            "zones": st.fixed_dictionaries(dict.fromkeys(PEOPLE, st.sampled_from(ZONES))),
            "signals": st.lists(signals, min_size=1, max_size=14),
        }
    )


worlds = st.one_of(*(worlds_of(each) for each in RUN_DATES))


def signal(who: str, hour: int, times: int = 1, **other: Any) -> Row:
    """A click in the last days of February, when Oslo is an hour ahead."""
    at = datetime(2026, 2, 27, hour - 1, tzinfo=UTC) if hour else datetime(2026, 2, 26, 23, tzinfo=UTC)
    told = {"customer_id": who, "kind": "clicked", "is_machine": False, "at": at, "times": times, "minutes": 0}
    return told | other


def world_of(*signals: Row) -> Row:
    return {"run_date": RUN_DATES[0], "zones": dict.fromkeys(PEOPLE, "Europe/Oslo"), "signals": list(signals)}


RARE = (
    # Midnight has a neighbour on the day before; of two equal hours the earlier one is taken.
    world_of(signal("p1", 23), signal("p1", 0)),
    world_of(signal("p1", 23, 2), signal("p1", 1, 2), signal("p2", 12)),
    # One signal moves nobody from the hour at which everybody else reacts; twenty do.
    world_of(signal("p1", 5), signal("p2", 12, 40)),
    world_of(signal("p1", 5, 20), signal("p2", 12, 40)),
    # Two equals, of which the shop prefers one: by its share of its own hour, not of those beside it.
    world_of(signal("p1", 4), signal("p1", 9), signal("p2", 9, 3), signal("p3", 5, 4)),
    # 3 + 10 * 4/15 = 1 + 10 * 7/15: equal hours that differ in their last digit, if nobody rounds.
    world_of(signal("p1", 4, 3), signal("p2", 4), signal("p1", 12), signal("p2", 12, 6), signal("p3", 20, 4)),
    # Within the window, and just before it begins.
    world_of(signal("p1", 9), signal("p1", 5, 3, at=datetime(2026, 1, 1, 23, tzinfo=UTC))),
    world_of(signal("p1", 9), signal("p1", 5, 3, at=datetime(2026, 1, 1, 22, 59, 59, tzinfo=UTC))),
    world_of(signal("p1", 5, is_machine=True), signal("p1", 9), signal("p2", 5)),
    world_of(signal("p1", 5, kind="visited", minutes=130), signal("p1", 9, kind="delivered", times=7)),
)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return compile_chain(tmp_path_factory.mktemp("best_hour"), MODELS, INPUTS, {"best_hour_shop_weight": SHOP_WEIGHT})


def run(chain: Chain, world: Row) -> dict[str, tuple[int | None, int]]:
    reactions, pages = [], []
    for number, told in enumerate(world["signals"]):
        for again in range(told["times"]):
            row = {"customer_id": told["customer_id"], "occurred_at": told["at"]}
            if told["kind"] == "visited":
                session = {"session_id": f"s{number}-{again}", "event_name": "Product Viewed"}
                later = told["at"] + timedelta(minutes=told["minutes"])
                pages += [row | session, row | session | {"occurred_at": later}]
            else:
                letter = {"message_id": f"m{number}-{again}", "event": told["kind"], "is_machine": told["is_machine"]}
                reactions.append(row | letter)
    chain.run(
        world["run_date"],
        {
            "marts.fct_engagement_events": reactions,
            "intermediate.int_behaviour__web_events": pages,
            "intermediate.int_customers__golden_records": [
                {"customer_id": who, "timezone": zone} for who, zone in world["zones"].items()
            ],
        },
    )
    scores = chain.rows("select customer_id, best_hour_local, n_hour_signals from marts.fct_customer_scores")
    return {row["customer_id"]: (row["best_hour_local"], row["n_hour_signals"]) for row in scores}


def best_hours(world: Row) -> dict[str, tuple[int | None, int]]:
    """(best hour, own signals) of everybody: none without a signal."""
    starts_at = datetime.combine(world["run_date"] - timedelta(days=REACTION_DAYS), time(), OSLO)
    own: dict[str, Counter[int]] = defaultdict(Counter)
    of_shop: Counter[int] = Counter()
    for told in world["signals"]:
        who, is_visit = told["customer_id"], told["kind"] == "visited"
        is_reaction = told["kind"] in ("opened", "clicked") and not told["is_machine"] and told["at"] >= starts_at
        if who is not None and (is_visit or is_reaction):
            hour = told["at"].astimezone(ZoneInfo(world["zones"][who])).hour
            own[who][hour] += told["times"]
            of_shop[hour] += told["times"]
    found: dict[str, tuple[int | None, int]] = {}
    for who in world["zones"]:
        strength = [
            own[who][(hour - 1) % 24]
            + own[who][hour]
            + own[who][(hour + 1) % 24]
            + SHOP_WEIGHT * Fraction(of_shop[hour], max(of_shop.total(), 1))
            for hour in range(24)
        ]
        best = strength.index(max(strength)) if own[who] else None
        found[who] = (best, own[who].total())
    return found


def agrees(chain: Chain, world: Row) -> None:
    assert run(chain, world) == best_hours(world)


@pytest.mark.parametrize("number", range(len(RARE)))
def test_rare_habits_agree_too(chain: Chain, number: int) -> None:
    """Midnight, equal hours, few signals against the whole shop, and what is no sign of having time."""
    agrees(chain, RARE[number])


@tried(60)
@given(world=worlds)
def test_the_best_hour_is_what_sums_over_the_day_say(chain: Chain, world: Row) -> None:
    """An hour off after the clocks change, and every morning's letter finds its readers on the train or asleep."""
    agrees(chain, world)


MUTANTS = {
    "only the hour itself counts": ("(values (-1), (0), (1))", "(values (0))"),
    "midnight has no hour before it": ("(hour_local + shift + 24) % 24", "greatest(hour_local + shift, 0)"),
    "of equal hours the later one": ("23 -", ""),
    "machines have habits": ("and not is_machine", ""),
    "every letter sent is a sign": ("event in ('opened', 'clicked')", "event <> ''"),
    "everybody lives in Greenwich": (
        "timezone(timezone, min(happened_at))",
        "timezone('UTC', min(happened_at))",
    ),
    "the zone of January holds all year": (
        "timezone(timezone, min(happened_at))",
        "(min(happened_at) at time zone 'UTC') + (timezone(timezone, timestamptz '2026-01-01 00:00:00+00') "
        "- timestamp '2026-01-01 00:00:00')",
    ),
    "the shop hardly counts": (f"+ {SHOP_WEIGHT} * coalesce", "+ 1 * coalesce"),
    "the shop does not count where somebody is silent": ("hour_local limit 1", "hour_local limit 0"),
    "the shop's hours count their neighbours": (
        "sum(n_signals) / sum(sum(n_signals)) over ()",
        "sum(n_around) / sum(sum(n_around)) over ()",
    ),
    "a visit counts when it ends": ("min(occurred_at) as happened_at", "max(occurred_at) as happened_at"),
    "a reaction counts a day longer": (f"- {REACTION_DAYS} as date", f"- {REACTION_DAYS + 1} as date"),
    "a reaction counts a day less": (f"- {REACTION_DAYS} as date", f"- {REACTION_DAYS - 1} as date"),
    "equal hours differ in their last digit": ("1000000000 *", "1000000000000000 *"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_best_hour_is_noticed(chain: Chain, name: str) -> None:
    """Worlds in which a mistake moves nobody prove nothing."""
    with chain.changed(*MUTANTS[name]):
        assert notices(lambda world: agrees(chain, world), worlds, RARE)
