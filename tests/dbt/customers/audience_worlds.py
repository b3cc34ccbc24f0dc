"""Random worlds for audiences: customers, consents, orders and messages at few instants round every edge in time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.dbt.customers.chain import Input

RUN_DATE = date(2026, 3, 20)
AS_OF = datetime(2026, 3, 20, tzinfo=UTC)
CUSTOMERS = ("c1", "c2", "c3")
ADDRESSES = (("email", "a@x.no"), ("email", "b@x.no"), ("phone", "+4790000001"))
RECENT, WAIT = timedelta(days=30), timedelta(days=2)

INPUTS = (
    Input("marts.dim_customers", "customer_id VARCHAR, customer_type VARCHAR, persona VARCHAR, is_erased BOOLEAN"),
    Input(
        "marts.dim_customer_identifiers",
        "customer_id VARCHAR, identifier_kind VARCHAR, identifier_value VARCHAR, is_primary BOOLEAN",
    ),
    Input(
        "marts.fct_permissions",
        "permission_id VARCHAR, address VARCHAR, channel VARCHAR, purpose VARCHAR, basis VARCHAR, "
        "valid_from TIMESTAMPTZ, valid_to TIMESTAMPTZ",
    ),
    Input(
        "marts.fct_orders",
        "order_id VARCHAR, customer_id VARCHAR, sales_channel VARCHAR, ordered_on DATE, ordered_at TIMESTAMPTZ, "
        "net_amount_minor BIGINT, gross_amount_minor BIGINT, is_valid BOOLEAN",
    ),
    Input(
        "intermediate.int_decisions__contact_log",
        "customer_id VARCHAR, message_id VARCHAR, class VARCHAR, sent_at TIMESTAMPTZ",
    ),
    Input(
        "marts.fct_customer_scores",
        "customer_id VARCHAR, is_ambassador BOOLEAN, is_inactive_with_intent BOOLEAN, last_visit_at TIMESTAMPTZ",
    ),
)

# Few instants around every edge, so that they coincide.
moments = st.sampled_from(
    [
        AS_OF - edge + off
        for edge in (timedelta(0), WAIT, RECENT)
        for off in (timedelta(hours=-1), timedelta(0), timedelta(hours=1))
    ]
)
# No order is known that is placed later.
before_today = moments.filter(lambda moment: moment < AS_OF)
anybody = st.sampled_from(CUSTOMERS)


def listed(size: int, **columns: Any) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(st.fixed_dictionaries(columns), max_size=size)


def per_customer(**columns: Any) -> st.SearchStrategy[list[dict[str, Any]]]:
    rows = [st.fixed_dictionaries({"customer_id": st.just(customer), **columns}) for customer in CUSTOMERS]
    return st.tuples(*rows).map(list)


worlds = st.fixed_dictionaries(
    {
        "dim_customers": per_customer(
            customer_type=st.sampled_from(("b2c", "b2c", "b2b")),
            persona=st.sampled_from(("Champions", "Inactive", None)),
            is_erased=st.sampled_from((False, False, None, True)),
        ),
        "identifiers": st.lists(
            st.tuples(anybody, st.sampled_from(ADDRESSES), st.booleans()), max_size=7, unique_by=lambda each: each[:2]
        ),
        "permissions": listed(
            5,
            address=st.sampled_from(ADDRESSES),
            purpose=st.sampled_from(("ads", "ads", "marketing")),
            basis=st.sampled_from(("consent", "consent", "existing_customer")),
            valid_from=moments,
            valid_to=st.one_of(st.none(), moments),
        ),
        "orders": listed(
            4, customer_id=anybody, ordered_at=before_today, is_valid=st.sampled_from((True, True, False))
        ),
        "messages": listed(
            4, customer_id=anybody, sent_at=moments, **{"class": st.sampled_from(("lifecycle", "service"))}
        ),
        "scores": per_customer(
            is_ambassador=st.booleans(),
            is_inactive_with_intent=st.booleans(),
            last_visit_at=st.one_of(st.none(), moments),
        ),
    }
)


def tables(world: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return {
        "marts.dim_customers": world["dim_customers"],
        "marts.dim_customer_identifiers": [
            {"customer_id": customer, "identifier_kind": kind, "identifier_value": value, "is_primary": primary}
            for customer, (kind, value), primary in world["identifiers"]
        ],
        "marts.fct_permissions": [
            {**row, "permission_id": f"p{n}", "address": row["address"][1],
             "channel": "email" if row["address"][0] == "email" else "sms"}
            for n, row in enumerate(world["permissions"])
        ],
        "marts.fct_orders": [{**row, "order_id": f"o{n}"} for n, row in enumerate(world["orders"])],
        "intermediate.int_decisions__contact_log": [
            {**row, "message_id": f"m{n}"} for n, row in enumerate(world["messages"])
        ],
        "marts.fct_customer_scores": world["scores"],
    }  # fmt: skip


def edge(
    ordered_at: datetime | None = None, sent_at: datetime | None = None, visited_at: datetime | None = None
) -> Any:
    """A world with one reachable customer who ordered, was written to and came by at exactly these instants."""
    me, email = CUSTOMERS[0], ADDRESSES[0]
    consent = {"address": email, "purpose": "ads", "basis": "consent", "valid_from": AS_OF - 4 * RECENT}
    return {
        "dim_customers": [{"customer_id": me, "customer_type": "b2c", "persona": "Inactive", "is_erased": False}],
        "identifiers": [(me, email, True)],
        "permissions": [{**consent, "valid_to": None}],
        "orders": [{"customer_id": me, "ordered_at": ordered_at, "is_valid": True}] if ordered_at else [],
        "messages": [{"customer_id": me, "sent_at": sent_at, "class": "lifecycle"}] if sent_at else [],
        "scores": [
            {"customer_id": me, "is_ambassador": False, "is_inactive_with_intent": True, "last_visit_at": visited_at}
        ],
    }


SECOND = timedelta(seconds=1)
SENT = AS_OF - WAIT - SECOND
EDGES = [
    *(edge(ordered_at=AS_OF - RECENT + off) for off in (-SECOND, timedelta(0), SECOND)),
    *(edge(sent_at=AS_OF - WAIT + off) for off in (-SECOND, timedelta(0), SECOND)),
    *(edge(sent_at=SENT, visited_at=SENT + off) for off in (-SECOND, timedelta(0), SECOND)),
    *(edge(sent_at=SENT, ordered_at=SENT + off) for off in (-SECOND, timedelta(0), SECOND)),
]
