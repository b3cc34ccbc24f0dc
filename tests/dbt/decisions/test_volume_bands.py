"""The forecast band in SQL against plain Python, over random histories; then with mistakes in it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.dbt.customers.chain import Chain, Input, compile_chain
from tests.dbt.decisions.volume_band_oracle import oracle
from tests.dbt.decisions.volume_band_worlds import EDGES, TODAY, World, worlds

MODEL = "fct_volume_bands"


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


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return compile_chain(tmp_path_factory.mktemp("bands"), (MODEL,), INPUTS, {"timezone": "UTC"})


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
