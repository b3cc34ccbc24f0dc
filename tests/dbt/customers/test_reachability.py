"""May this customer be written to now, and by what right? SQL against a state machine that hears events one by one.

Covers what permissions alone do not: suppression by the provider and the block list, every purpose, repeated
deliveries, erasure, which of the addresses is written to, and what is asked once more at the moment of sending.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.dbt.customers import test_permissions as permissions
from tests.dbt.customers.chain import Chain, Input, compile_chain, raw
from tests.dbt.customers.reachability_oracle import (
    MONTHS,
    expected_erased,
    expected_points,
    heard,
    late_withdrawals,
    remember,
)
from tests.dbt.customers.reachability_worlds import RARE, Row, worlds
from tests.dbt.customers.test_permissions import OSLO, START

MODELS = (
    *permissions.MODELS,
    "fct_suppressions",
    "int_consent__withdrawn_since_as_of",
    "int_customers__contact_points",
    "stg_privacy__erasures",
    "int_customers__erased",
)


INPUTS = (
    *permissions.INPUTS,
    raw(
        "privacy",
        "erasures",
        "request_id VARCHAR, requested_at TIMESTAMPTZ, email VARCHAR, phone VARCHAR, member_id VARCHAR",
    ),
    Input("seeds.consent_block_list", "block_list_id VARCHAR, address VARCHAR, channel VARCHAR, since_on DATE"),
    Input(
        "marts.dim_customer_identifiers",
        "customer_id VARCHAR, identifier_kind VARCHAR, identifier_value VARCHAR, last_seen_at TIMESTAMPTZ",
    ),
    Input(
        "intermediate.int_identity__identifiers",
        "record_id VARCHAR, identifier_kind VARCHAR, identifier_value VARCHAR, is_blocked BOOLEAN DEFAULT false",
    ),
    Input("intermediate.int_identity__persons", "record_id VARCHAR, customer_id VARCHAR"),
)


@pytest.mark.parametrize("number", range(len(RARE)))
def test_rare_histories_agree_too(chain: Chain, number: int) -> None:
    """Equal instants, ends of rights, and one right beside another."""
    agrees(chain, RARE[number])


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return compile_chain(tmp_path_factory.mktemp("reachability"), MODELS, INPUTS)


def delivered(rows: list[Row], key: str, instant: str, prefix: str, told_again: bool) -> list[Row]:
    """As landed. Told again: a later delivery repeats each key with another instant, which must change nothing."""
    landed = []
    for number, row in enumerate(rows):
        columns = {name: value for name, value in row.items() if name != "days_late"}
        received = row[instant].astimezone(OSLO).date() + timedelta(days=row["days_late"])
        landed.append(
            {**columns, key: f"{prefix}{number:02}", "received_on": received, "source_file": "f", "source_line": number}
        )
        if told_again:
            other = row[instant] - timedelta(days=1)
            landed.append({**landed[-1], instant: other, "received_on": received + timedelta(days=1)})
    return landed


def run(chain: Chain, world: Row, landed: Row, run_date: date) -> None:
    kinds = {"email": "email", "sms": "phone"}
    owned = [
        {"customer_id": who, "identifier_kind": kinds[channel], "identifier_value": address, "last_seen_at": seen}
        for who, (address, channel), seen in world["owners"]
    ]
    members = [{"record_id": f"club:{n}", "identifier_kind": "member_id", "identifier_value": f"M{n}"} for n in (1, 2)]
    of_records = [
        {
            "record_id": f"club:{row['customer_id'][1]}",
            "identifier_kind": row["identifier_kind"],
            "identifier_value": row["identifier_value"],
        }
        for row in owned
    ]
    chain.run(
        run_date,
        {
            "raw.consent__events": landed["consents"],
            "raw.provider__events": landed["reports"],
            "raw.privacy__erasures": landed["requests"],
            "marts.fct_orders": [{**row, "order_id": f"webshop:{n}"} for n, row in enumerate(world["sales"])],
            "staging.stg_templates__policy_settings": [
                {"soft_opt_in_months": MONTHS, "soft_opt_in_channels": world["soft"]}
            ],
            "seeds.consent_block_list": [{**row, "block_list_id": str(n)} for n, row in enumerate(world["blocked"])],
            "marts.dim_customer_identifiers": owned,
            "intermediate.int_identity__identifiers": [*members, *of_records],
            "intermediate.int_identity__persons": [{"record_id": f"club:{n}", "customer_id": f"c{n}"} for n in (1, 2)],
        },
    )


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
@given(world=worlds)
def test_who_may_be_written_to_is_what_a_state_machine_remembers(chain: Chain, world: Row) -> None:
    """One message to somebody who has objected, complained or asked to be forgotten is one too many."""
    agrees(chain, world)


def agrees(chain: Chain, world: Row) -> None:
    run_date = START.date() + timedelta(days=world["run_day"])
    as_of = datetime.combine(run_date, time(), OSLO)
    again = world["told_again"]
    landed = {
        "consents": delivered(world["consents"], "event_id", "occurred_at", "e", again),
        "reports": delivered(world["reports"], "event_id", "occurred_at", "p", again),
        "requests": delivered(world["requests"], "request_id", "requested_at", "r", again),
    }
    # Orders are inputs as a run knows them.
    world = {**world, "sales": [row for row in world["sales"] if row["ordered_at"] < as_of]}
    run(chain, world, landed, run_date)
    memory = remember(world, landed, run_date, as_of)

    stopped = chain.rows("select address, channel from marts.fct_suppressions")
    assert {(row["address"], row["channel"]) for row in stopped} == {
        key for key, known in memory.addresses.items() if known.stopped_by
    }
    valid = chain.rows(
        f"select address, channel, purpose, evidence_id from marts.fct_permissions where basis = 'consent' "
        f"and valid_from <= timestamptz '{as_of}' and coalesce(valid_to > timestamptz '{as_of}', true)"
    )
    assert {tuple(row.values()) for row in valid} == {
        (*key, purpose, evidence)
        for key, known in memory.addresses.items()
        for purpose, evidence in known.granted_by.items()
    }
    assert points(chain) == expected_points(memory, world, as_of)
    assert erased(chain) == expected_erased(world, heard(landed["requests"], "requested_at", run_date, as_of))
    found = chain.rows("select * from intermediate.int_consent__withdrawn_since_as_of")
    assert {(row["address"], row["channel"]): row["occurred_at"] for row in found} == late_withdrawals(
        landed, run_date, as_of
    )


def points(chain: Chain) -> dict[tuple[str, str], tuple[Any, ...]]:
    rows = chain.rows("select * from intermediate.int_customers__contact_points")
    return {
        (row["customer_id"], row["channel"]): (
            row["address"],
            row["permission_basis"],
            row["permission_id"],
            row["suppression_id"],
        )
        for row in rows
    }


def erased(chain: Chain) -> dict[str, datetime]:
    rows = chain.rows("select customer_id, erased_at from intermediate.int_customers__erased")
    return {row["customer_id"]: row["erased_at"] for row in rows}
