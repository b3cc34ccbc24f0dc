"""Values that were held against the placeholder patterns before are not again; the rows must not show it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.dbt.customers.chain import Chain, Input, compile_chain

RUN_DATE = date(2026, 6, 15)
MODEL = "int_identity__identifiers"
INPUTS = (
    Input(
        "intermediate.int_identity__records",
        "record_id VARCHAR, source VARCHAR, email VARCHAR, mailbox VARCHAR, phone VARCHAR, member_id VARCHAR, "
        "organisation_number VARCHAR, first_received_on DATE, updated_at TIMESTAMPTZ",
    ),
    Input("seeds.placeholder_identifiers", "identifier_kind VARCHAR, pattern VARCHAR, reason VARCHAR"),
)
TABLE = Input(
    "intermediate.int_identity__identifiers",
    "record_id VARCHAR, identifier_kind VARCHAR, identifier_value VARCHAR, link_value VARCHAR, source VARCHAR, "
    "first_received_on DATE, updated_at TIMESTAMPTZ, n_records BIGINT, block_reason VARCHAR, is_blocked BOOLEAN, "
    "placeholder_reason VARCHAR, patterns_version VARCHAR",
)

records = st.lists(
    st.fixed_dictionaries(
        {
            "source": st.sampled_from(("club", "webshop", "webshop_order")),
            # Two spellings of one mailbox: one that a pattern knows blocks the other one too, as long as it is there.
            "email": st.sampled_from((None, "no.reply@x.no", "noreply@x.no", "kari@x.no", "shop@x.no")),
            "phone": st.sampled_from((None, "+4799999999", "+4791234567")),
        }
    ),
    max_size=8,
)
patterns = st.lists(
    st.sampled_from(
        (
            ("email", "^noreply@", "nobody"),
            ("email", "^(shop|noreply)@", "a shop"),
            ("phone", "9{8}$", "one digit"),
            ("email", "9{8}$", "never"),
        )
    ),
    max_size=3,
    unique=True,
)
days = st.lists(st.tuples(records, patterns), min_size=2, max_size=4)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return compile_chain(tmp_path_factory.mktemp("patterns"), (MODEL,), INPUTS, remembered=(TABLE,))


def run(chain: Chain, day: tuple[list[dict[str, Any]], list[tuple[str, str, str]]]) -> list[dict[str, Any]]:
    delivered, held_against = day
    chain.run(
        RUN_DATE,
        {
            "intermediate.int_identity__records": [
                {**row, "record_id": f"r{n}", "mailbox": (row["email"] or "").replace("no.reply", "noreply") or None}
                for n, row in enumerate(delivered)
            ],
            "seeds.placeholder_identifiers": [
                {"identifier_kind": kind, "pattern": pattern, "reason": reason}
                for kind, pattern, reason in held_against
            ],
        },
    )
    return chain.rows(f"select * from {TABLE.relation} order by all")


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
@given(history=days)
def test_what_was_compared_on_earlier_days_changes_no_row(
    chain: Chain, history: list[tuple[list[dict[str, Any]], list[tuple[str, str, str]]]]
) -> None:
    """An answer that outlives the pattern it was given by would block, or let through, for ever."""
    chain.forget()
    for day in history:
        remembered = run(chain, day)
    chain.forget()
    assert remembered == run(chain, history[-1])
    delivered, held_against = history[-1]
    is_blocked = (
        any(row["phone"] == "+4799999999" for row in delivered) and ("phone", "9{8}$", "one digit") in held_against
    )
    assert is_blocked == any(row["identifier_value"] == "+4799999999" and row["is_blocked"] for row in remembered)
