"""The demo as a stranger would run it, and the published copy held against the rules by plain Python.

Nothing of the product is imported: the command is started from outside, and the rules are written down a second time.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from tests.e2e.shell import ROOT, demo_settings, fredning

TODAY = date(2026, 11, 22)
DAYS = 5
MARKETING = {"post_purchase", "lifecycle", "newsletter"}

pytestmark = pytest.mark.slow


def run_demo(home: Path) -> subprocess.CompletedProcess[str]:
    result = fredning(home, "demo", "--today", TODAY.isoformat(), "--days", str(DAYS), "--fraction", "0.15")
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]
    return result


def digest(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> tuple[Path, str]:
    home = tmp_path_factory.mktemp("stranger")
    return home, run_demo(home).stdout


@pytest.fixture(scope="module")
def published(demo) -> dict[str, list[dict[str, Any]]]:
    tables = (
        "fct_contact_decisions",
        "fct_messages",
        "dim_customers",
        "fct_permissions",
        "fct_newsletter_exclusions",
        "fct_orders",
    )
    with duckdb.connect(str(demo[0] / "var/published/fredning.duckdb"), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        rows = {table: connection.sql(f"from marts.{table}").df().astype(object).to_dict("records") for table in tables}
        rows["reasons"] = connection.sql("from seeds.decision_reasons").df().to_dict("records")
    return rows


def local_midnight(day: Any) -> Any:
    import pandas as pd

    return pd.Timestamp(day).tz_localize("Europe/Oslo").tz_convert("UTC")


def test_the_demo_sends_and_says_where_to_look(demo) -> None:
    """A newcomer needs to see something happen and where to go next."""
    home, output = demo
    assert "Where to look" in output
    assert "make ui" in output
    assert list((home / "var/outbox").rglob("*.manifest.json"))
    assert (home / "var/reports/index.html").exists()


def test_the_ledgers_page_in_the_ui_counts_each_days_decisions_by_reason(demo, published) -> None:
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


def test_every_journey_had_candidates_and_some_were_sent(published) -> None:
    """A demo in which half of the journeys never happen shows nothing."""
    journeys = {path.parent.name for path in (ROOT / "templates/journeys").glob("*/journey.yml")}
    seen = Counter(row["journey"] for row in published["fct_contact_decisions"])
    assert {journey for journey in seen if journey in journeys} == journeys
    sent = {row["journey"] for row in published["fct_contact_decisions"] if row["decision"] == "send"}
    assert len(sent) >= 5


def test_the_ledger_reconciles_and_uses_the_closed_list(published) -> None:
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


def test_message_ids_follow_the_published_formula(published) -> None:
    """Anybody must be able to recompute an id, in any language."""
    for row in published["fct_contact_decisions"]:
        parts = ("v1", "demo", row["journey"], row["step"], row["channel"], row["anchor"], row["customer_id"])
        assert row["message_id"] == hashlib.sha256(b"\x1f".join(p.encode() for p in parts)).hexdigest()[:32]


def counted_messages(published) -> list[dict[str, Any]]:
    lost = {"REJECTED", "SUPPRESSED", "HELD", "EXPIRED", "PLANNED", "READY", "APPROVED", "CLAIMED", "DEFERRED"}
    return [row for row in published["fct_messages"] if row["state"] not in lost]


def test_nobody_gets_two_post_purchase_touches_within_48_hours(published) -> None:
    """The quarantine, the product's name."""
    touches: dict[str, dict[tuple, Any]] = defaultdict(dict)
    for row in counted_messages(published):
        if row["class"] == "post_purchase":
            key = (row["journey"], row["anchor"], row["step"])
            touches[row["customer_id"]][key] = min(row["sent_at"], touches[row["customer_id"]].get(key, row["sent_at"]))
    for times in touches.values():
        ordered = sorted(times.values())
        assert all(b - a >= timedelta(hours=48) for a, b in pairwise(ordered))


def test_no_newsletter_within_48_hours_after_a_post_purchase_message(published) -> None:
    """The second half of the quarantine: those two days are free of sales newsletters."""
    post = defaultdict(list)
    for row in counted_messages(published):
        if row["class"] == "post_purchase":
            post[row["customer_id"]].append(row["sent_at"])
    for row in counted_messages(published):
        if row["class"] == "newsletter" and not row["is_external"]:
            for sent_at in post[row["customer_id"]]:
                assert not timedelta(0) <= row["sent_at"] - sent_at < timedelta(hours=48)


def test_weekly_and_monthly_caps_hold(published) -> None:
    """At most 4 marketing e-mails in 7 days and 4 SMS in 30 days, counted at each message of our own."""
    for channel, window in (("email", timedelta(days=7)), ("sms", timedelta(days=30))):
        sent = defaultdict(list)
        for row in counted_messages(published):
            if row["channel"] == channel and row["class"] in MARKETING:
                sent[row["customer_id"]].append((row["sent_at"], row["is_external"]))
        for times in sent.values():
            for at, is_external in times:
                if not is_external:
                    assert sum(at - window < other <= at for other, _ in times) <= 4


def test_business_customers_stay_out_of_consumer_journeys(published) -> None:
    """They buy far more often and have flows of their own."""
    kind = {row["customer_id"]: row["customer_type"] for row in published["dim_customers"]}
    for row in published["fct_contact_decisions"]:
        if row["decision"] == "send":
            is_business_journey = row["journey"].startswith("b2b")
            assert (kind[row["customer_id"]] == "b2b") == is_business_journey


def test_every_message_has_a_permission_row_valid_that_day(published) -> None:
    """Consent proof on every message: the row exists, for that channel, and was valid at as_of."""
    import pandas as pd

    rows = defaultdict(list)
    for row in published["fct_permissions"]:
        rows[row["permission_id"]].append(row)
    for row in published["fct_contact_decisions"]:
        if row["decision"] != "send" or row["class"] == "service":
            continue
        as_of = local_midnight(row["run_date"])
        assert any(
            p["channel"] == row["channel"]
            and p["basis"] == row["permission_basis"]
            and p["valid_from"] < as_of
            and (pd.isna(p["valid_to"]) or p["valid_to"] >= as_of)
            for p in rows[row["permission_id"]]
        ), row["message_id"]


def test_everything_decided_was_handed_off_or_says_why_not(demo, published) -> None:
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


def test_send_times_lie_inside_the_window(published) -> None:
    """09:00 to 20:00 local, no SMS on Sundays."""
    for row in published["fct_contact_decisions"]:
        if row["decision"] == "send":
            local = row["send_at"].tz_convert("Europe/Oslo")
            assert local.date() == row["run_date"].date() if hasattr(row["run_date"], "date") else row["run_date"]
            assert row["send_at"] >= row["due_at"]
            assert not (row["channel"] == "sms" and local.isoweekday() == 7)


def tables_of(home: Path) -> dict[str, tuple[int, int]]:
    """Rows and a sum of their hashes, of every table of the warehouse that says something of the retailer.

    A table that was carried forward leaves behind which keys it computed anew; one that was built whole has none.
    """
    with duckdb.connect(str(home / "var/warehouse.duckdb"), read_only=True) as connection:
        names = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where not ends_with(table_name, '__affected') order by 1"
        ).fetchall()
        hashed = {name: f"select count(*), sum(hash(t)::hugeint) from {name} as t" for (name,) in names}
        return {name: connection.execute(sql).fetchall()[0] for name, sql in hashed.items()}


def ledger_of(home: Path) -> tuple[set[str], set[tuple[Any, ...]]]:
    """Ids of everything to be sent, and all rows of the days after the last erasure.

    The purchases of somebody erased no longer count in what everybody's say (how soon a product runs out), so days up
    to that one may be decided anew; what was sent may not.
    """
    erased_on = max(date.fromisoformat(p.name) for p in (home / "var/landing/privacy/erasures").iterdir())
    settled_from = max(erased_on, TODAY - timedelta(days=DAYS - 1)) + timedelta(days=1)
    with duckdb.connect(str(home / "var/published/fredning.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "select run_date, message_id, decision, reason from marts.fct_contact_decisions"
        ).fetchall()
    return {row[1] for row in rows if row[2] == "send"}, {row for row in rows if row[0] >= settled_from}


def test_a_second_demo_hands_off_nothing_new_and_changes_no_byte(demo) -> None:
    """Twice if need be, with the same result."""
    home, _ = demo
    before, ledger = digest(home / "var/outbox"), ledger_of(home)
    assert ledger[0]
    assert ledger[1]
    run_demo(home)
    assert digest(home / "var/outbox") == before
    assert ledger_of(home) == ledger
    # From then on nothing is new any more, and a day that runs again is the same to the last digit.
    tables = tables_of(home)
    assert fredning(home, "run", "--date", TODAY.isoformat(), **demo_settings(home)).returncode == 0
    after = tables_of(home)
    assert {name for name in tables if after[name] != tables[name]} == set()


def test_no_address_is_in_logs_or_metadata(demo) -> None:
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
