"""The customers of a random retailer: merged people, shared addresses, wishes, open cases and orders."""

from __future__ import annotations

from collections.abc import Sequence

from tests.dbt.decisions.retailers import COUNTRIES, FAR_ZONES, ZONES, Retailer


def add_people(retailer: Retailer, customer_ids: Sequence[str]) -> None:
    """Draw everything that is known of the customers before any journey."""
    for number, customer_id in enumerate(customer_ids):
        retailer.put(
            "intermediate.int_identity__aliases", {"past_customer_id": customer_id, "customer_id": customer_id}
        )
        if retailer.often(0.25):
            alias = {"past_customer_id": f"old{number:03d}", "customer_id": customer_id}
            retailer.put("intermediate.int_identity__aliases", alias)
        if not retailer.seldom(0.02):
            _add_customer(retailer, customer_id, number, len(customer_ids))


def _add_customer(retailer: Retailer, customer_id: str, number: int, n_customers: int) -> None:
    pick = retailer.random.choice
    retailer.put(
        "marts.dim_customers",
        {
            "customer_id": customer_id,
            "customer_type": pick(("b2c", "b2c", "b2c", "b2b")),
            "is_member": pick((True, True, False, None)),
            "country": pick(COUNTRIES),
            "timezone": _zone(retailer, number, pick(ZONES)),
            "persona": pick(("loyal", "new", "inactive", None)),
            "stage": pick(("active", "lapsed", None)),
            "is_erased": retailer.seldom(0.02),
        },
    )
    if retailer.often(0.6):
        stage, hour = pick(("none", "none", "research", "purchase", None)), pick((None, 8, 9, 12, 19, 20))
        score = {"customer_id": customer_id, "engagement_stage": stage, "best_hour_local": hour}
        retailer.put("marts.fct_customer_scores", score)
    for channel in ("email", "sms"):
        if not retailer.seldom(0.08):
            _add_address(retailer, customer_id, number, channel, n_customers)
    if retailer.seldom(0.06):
        for case in retailer.random.sample(("k1", "k2", "k3"), pick((1, 2))):
            row = {"customer_id": customer_id, "case_id": f"{case}-{number}", "topic": "complaint"}
            retailer.put("intermediate.int_service__open_cases", row)
    for order in range(pick((0, 0, 1, 2))):
        retailer.put(
            "marts.fct_orders",
            {
                "order_id": f"o{number}-{order}",
                "customer_id": customer_id,
                "ordered_at": retailer.moment(-9, -3, -2, -1, 0),
                "is_valid": retailer.often(0.8),
                "net_amount_minor": pick((5_000, 10_000, 20_000)),
            },
        )


def _zone(retailer: Retailer, number: int, drawn: str | None) -> str | None:
    """On a rare day every third customer lives far away."""
    return FAR_ZONES[number // 3 % len(FAR_ZONES)] if retailer.is_rare and number % 3 == 0 else drawn


def _add_address(retailer: Retailer, customer_id: str, number: int, channel: str, n_customers: int) -> None:
    pick = retailer.random.choice
    shared = retailer.random.randrange(max(1, n_customers // 6))
    address = f"{channel}-shared-{shared}" if retailer.often(0.4) else f"{channel}-{number}"
    basis = None if retailer.seldom(0.2) else pick(("consent", "consent", "existing_customer"))
    retailer.put(
        "intermediate.int_customers__contact_points",
        {
            "customer_id": customer_id,
            "channel": channel,
            "address": address,
            "suppression_id": f"sup-{number}" if retailer.seldom(0.05) else None,
            "permission_basis": basis,
            "permission_id": f"perm-{channel}-{number}" if basis else None,
        },
    )
    known = {wish["address"] for wish in retailer.tables.get("staging.stg_consent__preferences", [])}
    if address not in known and retailer.seldom(0.3):
        retailer.put(
            "staging.stg_consent__preferences",
            {
                "event_id": f"wish-{address}",
                "address": address,
                "channel": channel,
                "max_messages": pick((None, 0, 1, 1, 2)),
                "period_days": pick((1, 2, 7)),
                "topics_off": pick(([], [], ["newsletter"], ["lifecycle", "post_purchase"])),
                "paused_until": retailer.moment(-1, 0, 0, 1) if retailer.often(0.3) else None,
            },
        )
    kind = "phone" if channel == "sms" else "email"
    row = {"customer_id": customer_id, "identifier_kind": kind, "identifier_value": address}
    retailer.put("marts.dim_customer_identifiers", row)
