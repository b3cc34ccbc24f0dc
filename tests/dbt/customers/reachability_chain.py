"""What the chain of reachability reads: its models, their inputs, and a drawn world as it is delivered.

Belongs here: filling the chain. Not here: what is right (reachability_oracle), what is drawn (reachability_worlds).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from tests.dbt.customers import test_permissions as permissions
from tests.dbt.customers.chain import Chain, Input, raw
from tests.dbt.customers.reachability_oracle import MONTHS
from tests.dbt.customers.reachability_worlds import CUSTOMERS, Row
from tests.dbt.customers.test_permissions import OSLO
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
        "record_id VARCHAR, identifier_kind VARCHAR, link_value VARCHAR, is_blocked BOOLEAN DEFAULT false",
    ),
    Input("intermediate.int_identity__persons", "record_id VARCHAR, customer_id VARCHAR"),
    # Without names nobody can be told from whom they share an address with.
    Input("intermediate.int_identity__records", "record_id VARCHAR, first_name_key VARCHAR"),
    Input("seeds.identity_normal_forms", "kind VARCHAR, value VARCHAR, normal_form VARCHAR"),
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


def landed_of(world: Row) -> Row:
    """What is delivered of a world, by the name of what it tells."""
    again = world["told_again"]
    versions = [{**row, "created_at": world["opened"][row["account_id"]]} for row in world["versions"]]
    return {
        "consents": _delivered(world["consents"], "event_id", "occurred_at", "e", again),
        "reports": _delivered(world["reports"], "event_id", "occurred_at", "p", again),
        "requests": _delivered(world["requests"], "request_id", "requested_at", "r", again),
        "versions": _changed(versions, "updated_at"),
        "orders": _orders(world["sales"]),
        "blocked": world["blocked"],
    }


def _delivered(rows: list[Row], key: str, instant: str, prefix: str, told_again: bool) -> list[Row]:
    """Facts. Told again: a later delivery repeats each key with another instant, which must change nothing."""
    landed = []
    for number, row in enumerate(rows):
        fact = _landed(number, row, instant) | {key: f"{prefix}{number:02}"}
        landed.append(fact)
        if told_again:
            day = timedelta(days=1)
            landed.append({**fact, instant: row[instant] - day, "received_on": fact["received_on"] + day})
    return landed


def _changed(rows: list[Row], instant: str) -> list[Row]:
    """Changed rows: each is a version of its own."""
    return [_landed(number, row, instant) for number, row in enumerate(rows)]


def _landed(number: int, row: Row, instant: str) -> dict[str, Any]:
    columns = {name: value for name, value in row.items() if name != "days_late"}
    received = row[instant].astimezone(OSLO).date() + timedelta(days=row["days_late"])
    return {**columns, "received_on": received, "source_file": "f", "source_line": number}


def _orders(sales: list[Row]) -> list[Row]:
    """Each order as placed, and those that are cancelled once more."""
    told = []
    for number, sale in enumerate(sales):
        columns = {name: value for name, value in sale.items() if name != "cancelled_at"}
        placed = columns | {"order_id": f"o{number}", "status": "paid", "updated_at": sale["placed_at"]}
        told.append(placed)
        if sale["cancelled_at"]:
            told.append(placed | {"status": "cancelled", "updated_at": sale["cancelled_at"]})
    return _changed(told, "updated_at")


def run(chain: Chain, world: Row, landed: Row, run_date: date, gone: Collection[str]) -> None:
    """Run the chain on a world; `gone` are the customers who are erased by then."""
    kinds = {"email": "email", "sms": "phone"}
    owned = [
        {"customer_id": who, "identifier_kind": kinds[channel], "identifier_value": address, "last_seen_at": seen}
        for who, (address, channel), seen in world["owners"]
    ]
    members = [{"record_id": f"club:{n}", "identifier_kind": "member_id", "link_value": f"M{n}"} for n in (1, 2)]
    of_records = [
        {
            "record_id": f"club:{row['customer_id'][1]}",
            "identifier_kind": row["identifier_kind"],
            "link_value": row["identifier_value"],
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
            **_asked_of_the_ledger(gone),
        },
    )


def _asked_of_the_ledger(gone: Collection[str]) -> dict[str, list[Row]]:
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
