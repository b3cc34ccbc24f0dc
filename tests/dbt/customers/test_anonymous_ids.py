"""Whose browser it was, in SQL against going through the identifications one by one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dbt.customers.chain import Chain, Input, compile_chain
from tests.dbt.customers.test_identity import RUN_DATE

START = datetime(2026, 3, 1, tzinfo=UTC)
STEP = timedelta(days=9)
BACKWARD = timedelta(days=30)
ACCOUNTS = {"k1": "c1", "k2": "c2", "k3": "c2"}

identifications = st.lists(
    st.tuples(st.sampled_from(("device1", "device2")), st.sampled_from((*ACCOUNTS, "stranger")), st.integers(0, 12)),
    max_size=8,
)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return compile_chain(
        tmp_path_factory.mktemp("anonymous"),
        ("int_identity__browser_claims", "int_identity__anonymous_ids"),
        (
            Input(
                "staging.stg_tracker__events",
                "anonymous_id VARCHAR, user_id VARCHAR, traits_email VARCHAR, occurred_at TIMESTAMPTZ",
            ),
            Input("intermediate.int_identity__persons", "record_id VARCHAR, customer_id VARCHAR"),
            Input(
                "intermediate.int_identity__identifiers",
                "record_id VARCHAR, identifier_kind VARCHAR, identifier_value VARCHAR, is_blocked BOOLEAN",
            ),
        ),
    )


def owner(told: list[tuple[str, str, int]], device: str, at: datetime) -> str | None:
    """The last customer who identified there; before the first one only if nobody else ever did, and not for long."""
    here = [(account, when) for where, account, when in told if where == device and account in ACCOUNTS]
    known = sorted((START + when * STEP, ACCOUNTS[account]) for account, when in here)
    before = [moment for moment in known if moment[0] <= at]
    if before:
        # At the same instant the smaller id, as nobody can tell.
        newest = max(moment for moment, _ in before)
        return min(customer for moment, customer in before if moment == newest)
    is_only_one = len({customer for _, customer in known}) == 1
    return known[0][1] if is_only_one and known[0][0] - at <= BACKWARD else None


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(told=identifications)
def test_a_browser_never_gives_one_persons_clicks_to_another(chain: Chain, told: list[tuple[str, str, int]]) -> None:
    """Two people at one device are two customers; what came before the first log-in is claimed only if it is clear."""
    chain.run(
        RUN_DATE,
        {
            "staging.stg_tracker__events": [
                {"anonymous_id": device, "user_id": account, "occurred_at": START + when * STEP}
                for device, account, when in told
            ],
            "intermediate.int_identity__persons": [
                {"record_id": f"webshop:{account}", "customer_id": customer} for account, customer in ACCOUNTS.items()
            ],
        },
    )
    spans = chain.rows("select * from intermediate.int_identity__anonymous_ids")
    for device in ("device1", "device2"):
        for when in range(-6, 14):
            for shift in (timedelta(0), timedelta(days=3)):
                at = START + when * STEP + shift
                found = [
                    span["customer_id"]
                    for span in spans
                    if span["anonymous_id"] == device
                    and span["valid_from"] <= at
                    and (span["valid_to"] is None or at < span["valid_to"])
                ]
                expected = owner(told, device, at)
                assert found == ([expected] if expected else []), (device, at)
