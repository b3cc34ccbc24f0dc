"""May this customer be written to now, and by what right? SQL against a state machine that hears events one by one.

Covers what permissions alone do not: sales as they are delivered, with the address that the account had then,
suppression by the provider and the block list, every purpose, repeated deliveries, erasure, which of the addresses is
written to, what the ledger's first four gates say of it, and what is asked once more at the moment of sending.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given

from tests.dbt.customers import test_permissions as permissions
from tests.dbt.customers.chain import Chain, Input, compile_chain, raw
from tests.dbt.customers.examples import tried
from tests.dbt.customers.reachability_oracle import (
    MONTHS,
    expected_erased,
    expected_points,
    expected_reasons,
    heard,
    late_withdrawals,
    remember,
)
from tests.dbt.customers.reachability_worlds import CUSTOMERS, RARE, Row, worlds
from tests.dbt.customers.test_permissions import OSLO, START, months_later
from tests.dbt.decisions import relations

MODELS = (
    "stg_webshop__accounts",
    "stg_webshop__orders",
    "int_purchases__orders",
    "fct_orders",
    *permissions.MODELS,
    "fct_suppressions",
    "int_consent__withdrawn_since_as_of",
    "int_customers__contact_points",
    "stg_privacy__erasures",
    "int_customers__erased",
    "int_decisions__contactability",
)


INPUTS = (
    *(each for each in permissions.INPUTS if each.relation != "marts.fct_orders"),
    raw(
        "webshop",
        "accounts",
        "account_id VARCHAR, email VARCHAR, phone VARCHAR, first_name VARCHAR, last_name VARCHAR, street VARCHAR, "
        "postal_code VARCHAR, city VARCHAR, country VARCHAR, language VARCHAR, birth_date DATE, member_id VARCHAR, "
        "company_name VARCHAR, organisation_number VARCHAR, created_at TIMESTAMPTZ, updated_at TIMESTAMPTZ",
    ),
    raw(
        "webshop",
        "orders",
        "order_id VARCHAR, account_id VARCHAR, email VARCHAR, phone VARCHAR, placed_at TIMESTAMPTZ, status VARCHAR, "
        "currency VARCHAR, total_amount DECIMAL(18, 2), shipping_amount DECIMAL(18, 2), discount_code VARCHAR, "
        "is_gift BOOLEAN, delivery_method VARCHAR, store_id VARCHAR, updated_at TIMESTAMPTZ",
    ),
    # Receipts give no address, and lines only say what an order is worth.
    Input(
        "staging.stg_pos__receipts",
        "receipt_id VARCHAR, store_id VARCHAR, pos_customer_id VARCHAR, member_id VARCHAR, sold_at TIMESTAMPTZ, "
        "currency VARCHAR, total_amount_minor BIGINT, received_on DATE",
    ),
    Input(
        "staging.stg_logistics__deliveries",
        "webshop_order_id VARCHAR, delivered_at TIMESTAMPTZ, received_on DATE",
    ),
    Input(
        "intermediate.int_purchases__lines_netted",
        "order_id VARCHAR, product_id VARCHAR, quantity DOUBLE, returned_quantity DOUBLE, gross_amount_minor BIGINT, "
        "returned_amount_minor BIGINT, net_amount_minor BIGINT, last_received_on DATE",
    ),
    Input("intermediate.int_catalogue__products", "product_id VARCHAR, product_group VARCHAR"),
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
    *(
        Input(name, relations.INPUTS[name])
        for name in (
            "staging.stg_templates__journeys",
            "staging.stg_templates__journey_step_channels",
            "staging.stg_consent__preferences",
            "marts.dim_customers",
            "marts.fct_customer_scores",
        )
    ),
    Input(
        "intermediate.int_decisions__candidates",
        "journey VARCHAR, step VARCHAR, anchor VARCHAR, customer_id VARCHAR, class VARCHAR, "
        "reference_order_id VARCHAR, expires_at TIMESTAMPTZ",
    ),
    Input(
        "intermediate.int_decisions__handed_off",
        "customer_id VARCHAR, journey VARCHAR, step VARCHAR, anchor VARCHAR, channel VARCHAR, is_fixed BOOLEAN, "
        "message_id VARCHAR",
    ),
)
# The offer needs a right of its own; the receipt fulfils an order.
JOURNEYS = {"offer": "lifecycle", "receipt": "service"}
GATES = ("erased", "no_address", "address_suppressed", "no_permission")


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


def changed(rows: list[Row], instant: str) -> list[Row]:
    """Changed rows as landed: each is a version of its own."""
    landed = []
    for number, row in enumerate(rows):
        columns = {name: value for name, value in row.items() if name != "days_late"}
        received = row[instant].astimezone(OSLO).date() + timedelta(days=row["days_late"])
        landed.append({**columns, "received_on": received, "source_file": "f", "source_line": number})
    return landed


def orders(sales: list[Row]) -> list[Row]:
    """Each order as placed, and those that are cancelled once more."""
    told = []
    for number, sale in enumerate(sales):
        columns = {name: value for name, value in sale.items() if name != "cancelled_at"}
        placed = columns | {"order_id": f"o{number}", "status": "paid", "updated_at": sale["placed_at"]}
        told.append(placed)
        if sale["cancelled_at"]:
            told.append(placed | {"status": "cancelled", "updated_at": sale["cancelled_at"]})
    return changed(told, "updated_at")


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
            "raw.webshop__accounts": landed["versions"],
            "raw.webshop__orders": landed["orders"],
            "staging.stg_templates__policy_settings": [
                {"soft_opt_in_months": MONTHS, "soft_opt_in_channels": world["soft"]}
            ],
            "seeds.consent_block_list": [{**row, "block_list_id": str(n)} for n, row in enumerate(world["blocked"])],
            "marts.dim_customer_identifiers": owned,
            "intermediate.int_identity__identifiers": [*members, *of_records],
            "intermediate.int_identity__persons": [
                *({"record_id": f"club:{n}", "customer_id": f"c{n}"} for n in (1, 2)),
                *({"record_id": f"webshop:a{n}", "customer_id": f"c{n}"} for n in (1, 2)),
                *({"record_id": f"webshop_order:o{n}", "customer_id": "c2"} for n in range(len(world["sales"]))),
            ],
            **asked_of_the_ledger(expected_erased(world, heard_requests(landed, run_date))),
        },
    )


def asked_of_the_ledger(gone: Collection[str]) -> dict[str, list[Row]]:
    """For everybody a candidate of either journey on both channels; who is erased is asserted apart."""
    steps = [{"journey": journey, "step": "s"} for journey in JOURNEYS]
    candidates = [
        {"journey": journey, "step": "s", "anchor": "order:o", "customer_id": who, "class": message_class}
        | {"reference_order_id": "o" if message_class == "service" else None}
        for journey, message_class in JOURNEYS.items()
        for who in CUSTOMERS
    ]
    return {
        "staging.stg_templates__journeys": [{"journey": journey} for journey in JOURNEYS],
        "staging.stg_templates__journey_step_channels": [
            step | {"channel": channel, "position": n, "is_fallback": False}
            for step in steps
            for n, channel in enumerate(("email", "sms"))
        ],
        "marts.dim_customers": [{"customer_id": who, "is_erased": who in gone} for who in CUSTOMERS],
        "intermediate.int_decisions__candidates": candidates,
    }


@tried(60)
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
        "versions": changed(
            [{**row, "created_at": world["opened"][row["account_id"]]} for row in world["versions"]], "updated_at"
        ),
        "orders": orders(world["sales"]),
        "blocked": world["blocked"],
    }
    run(chain, world, landed, run_date)
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
    assert erased(chain) == expected_erased(world, heard_requests(landed, run_date))
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
