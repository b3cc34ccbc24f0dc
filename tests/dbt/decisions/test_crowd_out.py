"""The account of arbitration in SQL against plain Python, over random ledgers; then with mistakes in it."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from tests.dbt.customers.chain import Chain, Input, compile_chain

MODEL = "rpt_crowd_out"
FIRST = date(2026, 3, 2)
LOSSES = ("OUTRANKED", "QUARANTINED", "RESERVED", "DUPLICATE_ADDRESS")
INPUTS = (
    Input(
        "marts.fct_contact_decisions",
        """run_date DATE, message_id VARCHAR, customer_id VARCHAR, journey VARCHAR, decision VARCHAR, reason VARCHAR,
        winner_message_id VARCHAR, quarantine_rule VARCHAR, evidence VARCHAR""",
    ),
    Input("marts.rpt_journey_funnel", "run_date DATE, journey VARCHAR, n_sent BIGINT, revenue_minor BIGINT"),
)
Tables = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return compile_chain(tmp_path_factory.mktemp("crowd_out"), (MODEL,), INPUTS)


def history(seed: int) -> Tables:
    """Messages that lose for some days and then leave, or not; every kind of evidence, whatever the reason."""
    random = Random(seed)
    ledger, funnel = [], []
    journeys = {f"m{n}": random.choice(("tea", "cart", "letter")) for n in range(14)}
    for message, journey in journeys.items():
        for offset in sorted(random.sample(range(5), random.randint(1, 3))):
            reason = random.choice((*LOSSES, *LOSSES, "NO_PERMISSION", None))
            others = [random.choice([*journeys, "from_outside"]) for _ in range(3)]
            reserved = {"reserved_for": {"journey": random.choice(("cart", "birthday"))}}
            ledger.append(
                {
                    "run_date": FIRST + timedelta(days=offset),
                    "message_id": message,
                    "customer_id": f"c{random.randrange(5)}",
                    "journey": journey,
                    "decision": "hold" if reason else "send",
                    "reason": reason,
                    "winner_message_id": others[0],
                    "quarantine_rule": random.choice(("a_day", "a_week", None)),
                    "evidence": json.dumps({**reserved, "kept_by_message": others[1], "counted_messages": others[1:]}),
                }
            )
            if reason is None:
                break
    for journey in ("tea", "cart"):
        for offset in range(5):
            for _ in range(random.choice((1, 2))):
                row = {"run_date": FIRST + timedelta(days=offset), "journey": journey}
                funnel.append({**row, "n_sent": random.choice((0, 4, 8)), "revenue_minor": 100 * random.randrange(9)})
    return {"marts.fct_contact_decisions": ledger, "marts.rpt_journey_funnel": funnel}


def oracle(tables: Tables) -> set[tuple[Any, ...]]:
    """One message after the other: its last loss, who stood in the way, whether it left later, what it was worth."""
    ledger, funnel = tables["marts.fct_contact_decisions"], tables["marts.rpt_journey_funnel"]
    journey_of = {row["message_id"]: row["journey"] for row in ledger}
    left_on = {row["message_id"]: row["run_date"] for row in ledger if row["decision"] == "send"}
    last: dict[str, dict[str, Any]] = {}
    for row in sorted((row for row in ledger if row["reason"] in LOSSES), key=lambda row: row["run_date"]):
        last[row["message_id"]] = row
    groups = defaultdict(list)
    for message, row in last.items():
        evidence, reason = json.loads(row["evidence"]), row["reason"]
        by = {
            "OUTRANKED": row["winner_message_id"],
            "DUPLICATE_ADDRESS": evidence["kept_by_message"],
            "QUARANTINED": evidence["counted_messages"][0],
        }
        to = evidence["reserved_for"]["journey"] if reason == "RESERVED" else journey_of.get(by[reason])
        rule = row["quarantine_rule"] if reason == "QUARANTINED" else None
        earlier = [f for f in funnel if f["journey"] == row["journey"] and f["run_date"] < row["run_date"]]
        n_sent = sum(f["n_sent"] for f in earlier)
        worth = sum(f["revenue_minor"] for f in earlier) / n_sent if n_sent else None
        delayed = left_on.get(message, FIRST) > row["run_date"]
        groups[row["journey"], to, reason, rule].append((row["customer_id"], delayed, worth))
    found = set()
    for key, lost in groups.items():
        worths = [worth for _, delayed, worth in lost if not delayed and worth is not None]
        mean = round(sum(worths) / len(worths), 6) if worths else None
        n_delayed = sum(delayed for _, delayed, _ in lost)
        customers = len({customer for customer, _, _ in lost})
        found.add((*key, len(lost), customers, n_delayed, len(lost) - n_delayed, mean, math.floor(sum(worths) + 0.5)))
    return found


def accounted(chain: Chain, tables: Tables) -> set[tuple[Any, ...]]:
    chain.run(FIRST, tables)
    rows = chain.rows(f"select * from marts.{MODEL}")
    mean = "past_revenue_minor_per_message"
    return {
        tuple(round(value, 6) if name == mean and value is not None else value for name, value in row.items())
        for row in rows
    }


HISTORIES = [history(seed) for seed in range(30)]


def test_every_history_gives_the_same_account(chain: Chain) -> None:
    """A journey is changed or stopped because of these numbers."""
    for tables in HISTORIES:
        assert accounted(chain, tables) == oracle(tables)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("'OUTRANKED', 'QUARANTINED', 'RESERVED', 'DUPLICATE_ADDRESS'", "'OUTRANKED', 'QUARANTINED', 'RESERVED'"),
        ("where reason in", "where reason is null or reason in"),
        ("order by run_date desc", "order by run_date"),
        ("where decision = 'send'", "where true"),
        ("then lost.winner_message_id", "then lost.message_id"),
        ("'$.kept_by_message'", "'$.counted_messages[1]'"),
        ("'$.counted_messages[0]'", "'$.counted_messages[1]'"),
        ("when named.reason = 'RESERVED' then", "when false then"),
        ("when named.reason = 'QUARANTINED' then named.quarantine_rule", "when true then named.quarantine_rule"),
        ("and 1 preceding", "and current row"),
        ("partition by journey order by run_date rows", "order by run_date, journey rows"),
        ("and named.run_date < sent.run_date", "and named.run_date > sent.run_date"),
        ("named.run_date = past_value.run_date", "named.run_date > past_value.run_date"),
        ("count(distinct customer_id)", "count(customer_id)"),
        ("filter (where not is_delayed)", ""),
        ("sum(n_sent)", "max(n_sent)"),
    ],
)
def test_a_mistake_in_the_account_is_noticed(chain: Chain, right: str, wrong: str) -> None:
    """A comparison that no mistake fails proves nothing."""
    with chain.changed(right, wrong):
        assert any(accounted(chain, tables) != oracle(tables) for tables in HISTORIES)
