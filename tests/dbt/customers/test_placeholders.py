"""Which values identify nobody, held against Python's own reading of the patterns."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dbt.customers.chain import Chain, Input, compile_chain
from tests.dbt.customers.examples import tried

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

records = st.lists(
    st.fixed_dictionaries(
        {
            # Two spellings of one mailbox: one that a pattern knows blocks the other one too.
            "email": st.sampled_from((None, "no.reply@x.no", "noreply@x.no", "kari@x.no", "shop@x.no")),
            "phone": st.sampled_from((None, "+4799999999", "+4791234567", "+4799999990")),
        }
    ),
    max_size=8,
)
patterns = st.lists(
    st.sampled_from(
        (
            ("email", "^noreply@", "nobody"),
            ("email", "^(shop|noreply)@", "a shop"),
            ("email", r"@x\.n", "not this shop"),
            ("phone", "9{8}$", "one digit"),
            ("phone", r"^\+479{3}", "nines"),
            ("email", "9{8}$", "never"),
            ("phone", "noreply", "never"),
        )
    ),
    max_size=4,
    unique=True,
)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return compile_chain(tmp_path_factory.mktemp("patterns"), (MODEL,), INPUTS)


def mailbox(email: str | None) -> str | None:
    return email.replace("no.reply", "noreply") if email else None


def reason(kind: str, value: str, held_against: list[tuple[str, str, str]]) -> str | None:
    return min((why for of, pattern, why in held_against if of == kind and re.search(pattern, value)), default=None)


@tried(60)
@given(delivered=records, held_against=patterns)
def test_a_value_is_blocked_where_a_spelling_of_it_fits_a_pattern(
    chain: Chain, delivered: list[dict[str, Any]], held_against: list[tuple[str, str, str]]
) -> None:
    """One pattern too few joins strangers; one too many, or of another kind, parts people."""
    rows = [{**row, "record_id": f"r{n}", "mailbox": mailbox(row["email"])} for n, row in enumerate(delivered)]
    seeds = [dict(zip(("identifier_kind", "pattern", "reason"), each, strict=True)) for each in held_against]
    chain.run(RUN_DATE, {"intermediate.int_identity__records": rows, "seeds.placeholder_identifiers": seeds})
    found = {
        (row["record_id"], row["identifier_kind"]): (row["is_blocked"], row["placeholder_reason"])
        for row in chain.rows("select * from intermediate.int_identity__identifiers")
    }
    blocked = {
        (kind, mailbox(row[kind])) for row in rows for kind in ("email", "phone")
        if row[kind] and reason(kind, row[kind], held_against)
    }  # fmt: skip
    assert found == {
        (row["record_id"], kind): ((kind, mailbox(row[kind])) in blocked, reason(kind, row[kind], held_against))
        for row in rows
        for kind in ("email", "phone")
        if row[kind]
    }
