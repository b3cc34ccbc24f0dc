"""Customer ids over days: random histories of records that are born, change and meet, run one by one and in one go."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dbt.customers.chain import Chain, Input, compile_chain
from tests.dbt.customers.examples import tried
from tests.dbt.customers.test_identity import INPUTS, MODELS

FIRST_DAY = date(2026, 6, 1)
N_DAYS = 6
LOG = Input(
    "marts.fct_customer_id_changes",
    "record_id VARCHAR, customer_id VARCHAR, previous_customer_id VARCHAR, change VARCHAR, changed_on DATE",
)
# Where each kind of record is delivered, the column of its key, and the instant and day of a version.
KINDS = {
    "club": ("raw.club__members", "member_id", "updated_at", "received_on"),
    "webshop": ("staging.stg_webshop__accounts", "account_id", "updated_at", "first_received_on"),
    "pos": ("staging.stg_pos__customers", "pos_customer_id", "updated_at", "first_received_on"),
    "webshop_order": ("staging.stg_webshop__orders", "webshop_order_id", "placed_at", "first_received_on"),
}

Fact = dict[str, Any]
Persons = dict[str, str]

facts = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(("club", "webshop", "webshop", "pos", "webshop_order")),
        "key": st.integers(0, 3),
        "day": st.integers(0, N_DAYS - 1),
        "email": st.sampled_from((None, "a@x.no", "b@x.no", "c@x.no")),
        "phone": st.sampled_from((None, "91000001", "91000002")),
        "first_name": st.sampled_from((None, "Kari", "K", "Ola")),
        "member_id": st.sampled_from((None, None, "M0", "M1")),
        "birth_date": st.sampled_from((None, None, date(1980, 1, 1), date(1999, 9, 9))),
    }
)


def fact(kind: str, key: int, day: int, email: str) -> Fact:
    nothing = {"phone": None, "member_id": None, "birth_date": None, "first_name": "Kari"}
    return nothing | {"kind": kind, "key": key, "day": day, "email": email}


TOGETHER = [fact("webshop", 0, 0, "a@x.no"), fact("webshop", 1, 0, "a@x.no")]
# What random histories meet too rarely.
RARE = (
    # One leaves, and comes back.
    [*TOGETHER, fact("webshop", 1, 1, "b@x.no"), fact("webshop", 1, 2, "a@x.no")],
    # The founder goes to somebody older, the other one stays behind: the id they had is nobody's.
    [fact("club", 0, 0, "c@x.no"), *TOGETHER, fact("webshop", 0, 2, "c@x.no")],
    # Nothing happens but a new version of the same; then two who were apart meet.
    [*TOGETHER, fact("webshop", 1, 2, "a@x.no"), fact("pos", 0, 1, "b@x.no"), fact("pos", 0, 3, "a@x.no")],
)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    models = (*MODELS, "fct_customer_id_changes")
    return compile_chain(tmp_path_factory.mktemp("ids"), models, INPUTS, appended=(LOG,))


def day_of(number: int) -> date:
    return FIRST_DAY + timedelta(days=number)


def row_of(fact: Fact, first_day: int) -> Fact:
    """A version of a record as its dataset holds it; staging datasets tell on which day the record was first known."""
    _, key, instant, day = KINDS[fact["kind"]]
    columns = {"email": fact["email"], "phone": fact["phone"]}
    columns[key] = f"M{fact['key']}" if fact["kind"] == "club" else str(fact["key"])
    columns[instant] = datetime.combine(day_of(fact["day"]), time(), UTC) - timedelta(days=1)
    columns[day] = day_of(fact["day"] if fact["kind"] == "club" else first_day)
    if fact["kind"] in ("club", "webshop"):
        columns |= {"first_name": fact["first_name"], "birth_date": fact["birth_date"]}
    if fact["kind"] == "pos":
        columns["name"] = fact["first_name"]
    if fact["kind"] in ("webshop", "pos"):
        columns["member_id"] = fact["member_id"]
    return columns


def known_on(history: list[Fact], number: int) -> dict[str, list[Fact]]:
    """The chain's inputs on a day: every version of a member, the newest one of everything else."""
    tables: dict[str, list[Fact]] = {relation: [] for relation, *_ in KINDS.values()}
    versions: dict[tuple[str, int], list[Fact]] = {}
    for fact in sorted(history, key=lambda each: each["day"]):
        if fact["day"] <= number:
            versions.setdefault((fact["kind"], fact["key"]), []).append(fact)
    for (kind, _), told in versions.items():
        kept = told if kind == "club" else told[:1] if kind == "webshop_order" else told[-1:]
        tables[KINDS[kind][0]] += [row_of(fact, told[0]["day"]) for fact in kept]
    for line, row in enumerate(tables["raw.club__members"]):
        row |= {"source_file": "f", "source_line": line}
    return tables


def persons_of(chain: Chain) -> Persons:
    found = chain.rows("select record_id, customer_id from intermediate.int_identity__persons")
    return {row["record_id"]: row["customer_id"] for row in found}


def kind_of_change(old: str, before: Persons, after: Persons) -> str:
    """Everything that the old id stood for is somebody else's now, in one piece: merge. Else it was split."""
    heirs = {after[record] for record, customer in before.items() if customer == old and record in after}
    return "merge" if len(heirs) == 1 and old not in after.values() else "split"


@tried(12)
@given(history=st.lists(facts, min_size=6, max_size=22))
def test_no_id_changes_without_a_merge_or_split_and_one_go_gives_the_same_ids(
    chain: Chain, history: list[Fact]
) -> None:
    """Messages, holdouts and reports hang on the id: one that changed unseen writes to somebody twice."""
    agrees(chain, history)


@pytest.mark.parametrize("number", range(len(RARE)))
def test_rare_histories_agree_too(chain: Chain, number: int) -> None:
    """Leaving and coming back, and an id that nobody has any more."""
    agrees(chain, RARE[number])


def agrees(chain: Chain, history: list[Fact]) -> None:
    chain.forget()
    before: Persons = {}
    seen: set[str] = set()
    for number in range(N_DAYS):
        chain.run(day_of(number), known_on(history, number))
        after = persons_of(chain)
        logged = {
            row["record_id"]: (row["previous_customer_id"], row["customer_id"], row["change"])
            for row in chain.rows(f"select * from {LOG.relation} where changed_on = '{day_of(number)}'")
        }
        expected = {}
        for record, customer in after.items():
            if record not in before:
                expected[record] = (None, customer, "new")
            elif before[record] != customer:
                expected[record] = (before[record], customer, kind_of_change(before[record], before, after))
        assert logged == expected
        for old, new, change in expected.values():
            # An id is not given up for nothing: whoever takes it over brings other records along.
            if change == "merge":
                assert {r for r, customer in after.items() if customer == new} - {
                    r for r, customer in before.items() if customer == old
                }
        aliases = chain.rows("select past_customer_id, customer_id from intermediate.int_identity__aliases")
        seen |= set(after.values())
        assert seen <= {row["past_customer_id"] for row in aliases}
        assert {row["customer_id"] for row in aliases} == set(after.values())
        before = after
    # In one go: the last day alone, on a warehouse that knows of no other, with the deliveries in another order.
    chain.forget()
    chain.run(day_of(N_DAYS - 1), {name: rows[::-1] for name, rows in known_on(history, N_DAYS - 1).items()})
    assert persons_of(chain) == before
