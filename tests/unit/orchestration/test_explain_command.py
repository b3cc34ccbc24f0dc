"""`fredning explain`: why somebody was contacted, or left in peace."""

from __future__ import annotations

import json

import duckdb
import pytest

from orchestration.settings import REPOSITORY
from tests.unit.orchestration.command_line import Shell

WORLD = f"""
    create schema marts; create schema seeds;
    create table seeds.decision_reasons as
        from read_csv('{REPOSITORY}/dbt_project/seeds/decision_reasons.csv');
    create table main.published as select date '2026-11-20' as run_date;
    create table marts.dim_journeys as select * from (values
        ('coffee', 'Coffee', false), ('welcome', 'Welcome', false), ('tea', 'Tea', false)
    ) as t(journey, name, is_paused);
    create table marts.dim_journey_steps as select * from (values
        ('coffee', 'tips', 0, ['email']), ('coffee', 'next_bag', 864000, ['email', 'sms'])
    ) as t(journey, step, delay_seconds, channels), (select true as has_fallback);
    create table marts.dim_customer_aliases as select 'c_old' as past_customer_id, 'c1' as customer_id;
    create table marts.dim_customers as select * from (values ('c1'), ('c2'), ('c3')) as t(customer_id);
    create table marts.dim_customer_identifiers as select * from (values
        ('c1', 'email', 'kari@example.com'), ('c1', 'phone', '+4791234567'),
        ('c2', 'email', 'shared@example.com'), ('c3', 'email', 'shared@example.com')
    ) as t(customer_id, identifier_kind, identifier_value);
    create table marts.fct_orders as select 'webshop:W1' as order_id, 'c1' as customer_id;
    create table marts.fct_messages as select 'c1' as customer_id, timestamptz '2026-11-19 10:00:00+01' as sent_at,
        'post_purchase' as class, 'email' as channel, 'coffee' as journey, 'tips' as step, 'DELIVERED' as state,
        false as is_external, 'm0' as message_id;
    create table marts.fct_newsletter_exclusions as select date '2026-11-20' as run_date, 'c1' as customer_id,
        'post_purchase_48h' as rule, timestamptz '2026-11-21 10:00:00+01' as until_at;
    create table marts.fct_trigger_joined as select 'c1' as customer_id, 'coffee' as journey, 'order:1' as anchor,
        timestamptz '2026-11-19 09:00:00+01' as anchor_at, null::timestamptz as goal_reached_at;
    create table marts.fct_contact_decisions as select * from (values
        (date '2026-11-19', 'm0', 'c_old', 'coffee', 'tips', 'post_purchase', 'send', null, []::varchar[],
            timestamptz '2026-11-19 10:00:00+01', '{{"trigger":{{"order":"webshop:W1"}}}}', null),
        (date '2026-11-20', 'm1', 'c1', 'welcome', 'hello', 'lifecycle', 'hold', 'QUARANTINED',
            ['QUARANTINED', 'RESERVED'], null,
            '{{"trigger":{{}},"rules":["weekly"],"counted_messages":["m0"],'
            || '"quarantined_until":"2026-11-21 09:00:00+00",'
            || '"reserved_for":{{"journey":"coffee","due_at":"2026-11-21 12:00:00+00"}}}}', null),
        (date '2026-11-20', 'm2', 'c1', 'coffee', 'receipt', 'service', 'send', null, []::varchar[],
            timestamptz '2026-11-20 12:00:00+01', '{{"trigger":{{"order":"webshop:W1"}}}}', null)
    ) as t(run_date, message_id, customer_id, journey, step, class, decision, reason, failed_gates, send_at, evidence,
        winner_message_id),
    (select 'email' as channel, 'order:1' as anchor, 'default' as branch, 10 as priority,
        timestamptz '2026-11-20 08:00:00+01' as due_at, timestamptz '2026-11-23 08:00:00+01' as expires_at,
        'consent' as permission_basis, 'consent:E1' as permission_id, null as experiment, null as variant) as same;
"""


@pytest.fixture
def decided(shell: Shell) -> Shell:
    path = shell.home / "published" / "fredning.duckdb"
    path.parent.mkdir(parents=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(WORLD)
    return shell


def test_every_gate_is_told_with_its_evidence(decided: Shell) -> None:
    """A gate without its evidence could not be checked by anybody."""
    said = decided.run("explain", "--customer", "c1")
    assert "welcome / hello by email (priority 10, lifecycle)  HOLD: QUARANTINED" in said
    assert "rules weekly; counted messages m0; quarantined until 2026-11-21 10:00" in said
    assert "16 RESERVED" in said
    assert "due at 2026-11-21 13:00" in said
    assert "17 of 19 gates passed" in said
    assert "Sent: coffee / receipt by email at 2026-11-20 12:00." in said


def test_what_is_likely_next_is_forecast_for_the_newest_day(decided: Shell) -> None:
    """Support can say what is coming."""
    said = decided.run("explain", "--customer", "c1")
    assert "2026-11-29 09:00  coffee / next_bag by email, else sms: falls due after order:1" in said
    assert "held today: QUARANTINED" in said
    assert "left in peace until 2026-11-21 10:00 (rule post_purchase_48h)" in said


def test_a_past_day_tells_what_came(decided: Shell) -> None:
    """Of yesterday nothing needs to be forecast; rows under an id from before a merge are the same person's."""
    said = decided.run("explain", "--customer", "c_old", "--date", "2026-11-19")
    assert said.startswith("c1 (before: c_old) on 2026-11-19")
    assert "What was decided in the 14 days after:" in said
    assert "welcome / hello by email: hold: QUARANTINED on 2026-11-20" in said


@pytest.mark.parametrize("named", [("--order", "W1"), ("--address", " Kari@Example.com "), ("--address", "91234567")])
def test_a_person_is_found_by_order_and_address_and_no_address_is_printed(
    decided: Shell, named: tuple[str, str]
) -> None:
    """Support knows an order or an address, hardly ever an id; a log must hold neither name nor address."""
    said = decided.run("explain", *named)
    assert said.startswith("c1 (before: c_old) on 2026-11-20")
    assert "@" not in said
    assert "91234567" not in said


def test_all_gates_and_json_name_every_gate(decided: Shell) -> None:
    """What a service message was never asked is not called passed."""
    said = decided.run("explain", "--customer", "c1", "--all-gates")
    assert ". 13 HOLDOUT" in said
    document = json.loads(decided.run("explain", "--customer", "c1", "--json"))
    outcomes = {row["step"]: [gate["outcome"] for gate in row["gates"]] for row in document["considered"]}
    assert outcomes["receipt"].count("not_asked") == 7
    assert len(outcomes["hello"]) == 19
    assert document["journeys_without_candidate"] == ["tea"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--customer", "nobody"], "Nobody is known by customer nobody"),
        (["--address", "shared@example.com"], "name one with --customer. They are c2, c3"),
        (["--customer", "c1", "--order", "W1"], "Name the person by one of"),
        ([], "Name the person by one of"),
    ],
)
def test_who_is_not_clear_is_asked_back(decided: Shell, arguments: list[str], expected: str) -> None:
    """An explanation of the wrong person would be worse than none."""
    assert expected in decided.refuses("explain", *arguments)
