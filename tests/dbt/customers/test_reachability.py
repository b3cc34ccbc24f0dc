"""May this customer be written to now, and by what right? SQL against a state machine that hears events one by one.

Covers what permissions alone do not: sales as they are delivered, with the address that the account had then,
suppression by the provider and the block list, every purpose, repeated deliveries, erasure, which of the addresses is
written to, what the ledger's first four gates say of it, and what is asked once more at the moment of sending.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given

from tests.dbt.customers.chain import Chain, compile_chain
from tests.dbt.customers.examples import tried
from tests.dbt.customers.reachability_chain import INPUTS, MODELS, landed_of, run
from tests.dbt.customers.reachability_oracle import (
    MONTHS,
    expected_erased,
    expected_points,
    expected_reasons,
    heard,
    late_withdrawals,
    remember,
)
from tests.dbt.customers.reachability_worlds import RARE, Row, worlds
from tests.dbt.customers.test_permissions import OSLO, START, months_later

GATES = ("erased", "no_address", "address_suppressed", "no_permission")


@pytest.mark.parametrize("number", range(len(RARE)))
def test_rare_histories_agree_too(chain: Chain, number: int) -> None:
    """Equal instants, ends of rights, and one right beside another."""
    agrees(chain, RARE[number])


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return compile_chain(tmp_path_factory.mktemp("reachability"), MODELS, INPUTS)


@tried(60)
@given(world=worlds)
def test_who_may_be_written_to_is_what_a_state_machine_remembers(chain: Chain, world: Row) -> None:
    """One message to somebody who has objected, complained or asked to be forgotten is one too many."""
    agrees(chain, world)


def agrees(chain: Chain, world: Row) -> None:
    run_date = START.date() + timedelta(days=world["run_day"])
    as_of = datetime.combine(run_date, time(), OSLO)
    landed = landed_of(world)
    gone = expected_erased(world, heard_requests(landed, run_date))
    run(chain, world, landed, run_date, gone)
    memory = remember(landed, run_date, as_of, until=as_of)

    stopped = chain.rows("select address, channel from marts.fct_suppressions")
    assert {(row["address"], row["channel"]) for row in stopped} == {
        key for key, known in memory.addresses.items() if known.stopped_by
    }
    permissions = chain.rows("select * from marts.fct_permissions")
    for at in instants(landed, as_of):
        then = remember(landed, run_date, as_of, until=at)
        assert rights(permissions, at) == then.rights(at, world["soft"]), at
    assert points(chain) == expected_points(memory, world, as_of)
    assert erased(chain) == gone
    assert reasons(chain) == expected_reasons(memory, world, erased(chain), as_of)
    found = chain.rows("select * from intermediate.int_consent__withdrawn_since_as_of")
    assert {(row["address"], row["channel"]): row["occurred_at"] for row in found} == late_withdrawals(
        landed, run_date, as_of
    )


def instants(landed: Row, as_of: datetime) -> list[datetime]:
    """Whenever anything happens or a sale's right ends, the moments beside it, and as_of of the run."""
    names = ("occurred_at", "placed_at")
    known = {row[name] for rows in landed.values() for row in rows for name in names if name in row}
    known |= {months_later(row["placed_at"], MONTHS) for row in landed["orders"]} | {as_of}
    tick = timedelta(microseconds=1)
    return sorted(at + shift for at in known for shift in (-tick, timedelta(0), tick))


def rights(permissions: list[Row], at: datetime) -> set[tuple[Any, ...]]:
    """(address, channel, purpose, customer, permission) of what holds at an instant."""
    return {
        (row["address"], row["channel"], row["purpose"], row["customer_id"], row["permission_id"])
        for row in permissions
        if row["valid_from"] <= at and (row["valid_to"] is None or at < row["valid_to"])
    }


def points(chain: Chain) -> dict[tuple[str, str], tuple[Any, ...]]:
    rows = chain.rows("select * from intermediate.int_customers__contact_points")
    return {
        (row["customer_id"], row["channel"]): (
            row["address"],
            row["permission_basis"],
            row["permission_id"],
            row["permission_ends_at"],
            row["suppression_id"],
        )
        for row in rows
    }


def heard_requests(landed: Row, run_date: date) -> list[Row]:
    return heard(landed["requests"], "requested_at", run_date, datetime.combine(run_date, time(), OSLO))


def reasons(chain: Chain) -> dict[tuple[str, str, str], str | None]:
    """(customer, channel, class of message): the first of the gates that fails."""
    rows = chain.rows("select * from intermediate.int_decisions__contactability")
    return {
        (row["customer_id"], row["channel"], row["class"]): next((g for g in GATES if row[f"fails_{g}"]), None)
        for row in rows
    }


def erased(chain: Chain) -> dict[str, datetime]:
    rows = chain.rows("select customer_id, erased_at from intermediate.int_customers__erased")
    return {row["customer_id"]: row["erased_at"] for row in rows}
