"""The demo as a stranger would run it: what it shows, and that its ledger adds up.

Nothing of the product is imported: the command is started from outside, and the rules are written down a second time.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter

import dagster as dg
import duckdb
import pytest

from tests.e2e.demo import Demo, Published
from tests.e2e.shell import ROOT

pytestmark = pytest.mark.slow


def test_the_demo_sends_and_says_where_to_look(demo: Demo) -> None:
    """A newcomer needs to see something happen and where to go next."""
    home, output = demo
    assert "Where to look" in output
    assert "make ui" in output
    assert list((home / "var/outbox").rglob("*.manifest.json"))
    assert (home / "var/reports/index.html").exists()


def test_the_ledgers_page_in_the_ui_counts_each_days_decisions_by_reason(demo: Demo, published: Published) -> None:
    """The first thing that people ask of a day must not need SQL."""
    home, _ = demo
    days = {str(row["run_date"])[:10]: Counter() for row in published["fct_contact_decisions"]}
    for row in published["fct_contact_decisions"]:
        days[str(row["run_date"])[:10]][(row["decision"], row["reason"] if row["decision"] != "send" else "")] += 1
    last = max(days)
    with dg.DagsterInstance.from_config(str(home / "var/dagster")) as instance:
        ledger = dg.AssetRecordsFilter(dg.AssetKey(["marts", "fct_contact_decisions"]), asset_partitions=[last])
        record = instance.fetch_materializations(ledger, limit=1).records[0]
    table = record.asset_materialization.metadata["decided_by_reason"].value
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    assert {(decision, reason): int(n) for decision, reason, n, *_ in cells} == days[last]


def test_every_journey_had_candidates_and_some_were_sent(published: Published) -> None:
    """A demo in which half of the journeys never happen shows nothing."""
    journeys = {path.parent.name for path in (ROOT / "templates/journeys").glob("*/journey.yml")}
    seen = Counter(row["journey"] for row in published["fct_contact_decisions"])
    assert {journey for journey in seen if journey in journeys} == journeys
    sent = {row["journey"] for row in published["fct_contact_decisions"] if row["decision"] == "send"}
    assert len(sent) >= 5


def test_the_ledger_reconciles_and_uses_the_closed_list(published: Published) -> None:
    """candidates = send + hold + suppress, and each reason is of the seed and the first of the failed gates."""
    reasons = {row["reason"]: row for row in published["reasons"]}
    order = {row["reason"]: row["position"] for row in published["reasons"]}
    keys = Counter()
    for row in published["fct_contact_decisions"]:
        keys[(row["run_date"], row["message_id"])] += 1
        assert row["decision"] in {"send", "hold", "suppress"}
        failed = list(row["failed_gates"]) if row["failed_gates"] is not None else []
        if row["decision"] == "send":
            assert not failed
            assert row["send_at"] is not None
        else:
            assert reasons[row["reason"]]["decision"] == row["decision"]
            assert row["reason"] == min(failed, key=lambda r: order[r])
    assert max(keys.values()) == 1


def test_message_ids_follow_the_published_formula(published: Published) -> None:
    """Anybody must be able to recompute an id, in any language."""
    for row in published["fct_contact_decisions"]:
        parts = ("v1", "demo", row["journey"], row["step"], row["channel"], row["anchor"], row["customer_id"])
        assert row["message_id"] == hashlib.sha256(b"\x1f".join(p.encode() for p in parts)).hexdigest()[:32]


def test_everything_decided_was_handed_off_or_says_why_not(demo: Demo, published: Published) -> None:
    """Nothing is lost between the ledger and the provider, and nothing is sent that was not decided."""
    decided = {row["message_id"] for row in published["fct_contact_decisions"] if row["decision"] == "send"}
    own = {row["message_id"]: row for row in published["fct_messages"] if not row["is_external"]}
    # Of a person erased since then only the ids of messages are left: in no ledger row, and in no file.
    erased = {message_id for message_id, row in own.items() if row["customer_id"] == "erased"}
    assert set(own) - erased == decided
    manifests = [json.loads(p.read_text()) for p in (demo[0] / "var/outbox").rglob("*.manifest.json")]
    in_files = sum(manifest["counts"]["messages"] for manifest in manifests)
    left = [row["sent_at"] for message_id, row in own.items() if message_id not in erased]
    assert in_files == sum(sent_at is not None and sent_at == sent_at for sent_at in left)
    assert all(row["reason"] for row in own.values() if row["state"] in {"SUPPRESSED", "HELD", "EXPIRED"})


def test_no_address_is_in_logs_or_metadata(demo: Demo) -> None:
    """Addresses belong into hand-off files and the warehouse, nowhere else."""
    home, output = demo
    assert "@" not in output.replace("@fredning", "")
    with duckdb.connect(str(home / "var/published/fredning.duckdb"), read_only=True) as connection:
        addresses = [
            row[0]
            for row in connection.execute(
                "select email from marts.dim_customers where email is not null order by email limit 40"
            ).fetchall()
        ]
    assert addresses
    for folder in ("dagster", "rejects", "reports", "previews"):
        for path in (home / "var" / folder).rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                assert not [a for a in addresses if a.encode() in content], path.name
    assert not [a for a in addresses if a.encode() in (home / "var/ledger.sqlite").read_bytes()]
