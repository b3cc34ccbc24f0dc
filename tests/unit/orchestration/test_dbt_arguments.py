"""How a run is told to dbt."""

from __future__ import annotations

import json
from datetime import date

from orchestration.dbt import build_arguments
from orchestration.dbt_translator import group_of, source_key
from orchestration.settings import Settings
from orchestration.tags import GROUPS


def test_the_run_date_and_the_retailer_reach_dbt(tmp_path) -> None:
    """A model must never fall back to a default day in production."""
    settings = Settings(home=tmp_path, tenant="acme", timezone="Europe/Stockholm", country="SE", currency="SEK")
    arguments = build_arguments(
        command="build",
        select=["fqn:*"],
        exclude=["tag:measure"],
        run_date=date(2026, 3, 29),
        settings=settings,
    )
    told = json.loads(arguments[arguments.index("--vars") + 1])
    assert told.pop("carried").keys() == {"project", "received", "tested"}
    assert told == {
        "run_date": "2026-03-29",
        "tenant": "acme",
        "timezone": "Europe/Stockholm",
        "country": "SE",
        "currency": "SEK",
    }
    assert arguments[arguments.index("--exclude") + 1] == "tag:measure"
    assert str(tmp_path) in arguments[arguments.index("--target-path") + 1]


def test_unit_tests_of_dbt_stay_out_of_a_days_run(tmp_path) -> None:
    """They test the code, not the day, and would cost every morning what CI has paid already."""
    arguments = build_arguments(
        command="build",
        select=["x"],
        exclude=[],
        run_date=date(2026, 1, 1),
        settings=Settings(home=tmp_path),
    )
    assert arguments[arguments.index("--exclude-resource-type") + 1] == "unit_test"


def test_sources_are_the_assets_that_land_them() -> None:
    """Otherwise the graph has a hole between Python and dbt."""
    assert source_key("webshop", "orders").path == ["landing", "webshop", "orders"]
    assert source_key("templates", "policy_rules").path == ["templates", "journeys"]
    assert source_key("outbox", "contact_log").path == ["outbox", "contact_log"]
    assert source_key("landing", "rejects").path == ["landing", "rejects"]
    assert source_key("outbox", "messages").path == ["messaging", "hand_off"]


def test_groups_follow_the_folders() -> None:
    """People filter the graph by group; a model's folder is its group."""
    assert group_of(["fredning", "staging", "webshop", "stg_webshop__orders"]) == "staging"
    assert group_of(["fredning", "intermediate", "identity", "int_identity__edges"]) == "identity"
    assert group_of(["fredning", "marts", "decisions", "fct_contact_decisions"]) == "decisions"
    assert group_of(["fredning", "intermediate", "messages", "int_messages__content"]) == "messaging"
    assert set(GROUPS) >= {"landing", "published"}
