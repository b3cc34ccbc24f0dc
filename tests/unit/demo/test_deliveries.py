"""What lies in the landing folder: whole, dated, repeatable, and with a few faults that are known."""

from __future__ import annotations

import json
from datetime import date
from hashlib import sha256
from pathlib import Path

import duckdb

from assets.demo.datasets import DATASETS
from assets.demo.generate import write_deliveries
from tests.unit.demo.conftest import DAYS, FRACTION, TODAY

INITIAL = date(2026, 11, 8)


def digests(home: Path) -> dict[str, str]:
    return {
        path.relative_to(home).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.rglob("*"))
        if path.is_file()
    }


def count(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = con.execute(sql).fetchone()
    assert row is not None
    return int(row[0])


def test_the_same_arguments_give_the_same_bytes(home: Path, tmp_path: Path) -> None:
    """Two people who run the demo must be able to talk about the same customer."""
    write_deliveries(tmp_path, TODAY, DAYS, fraction=FRACTION)
    assert digests(tmp_path) == digests(home)


def test_a_second_call_writes_nothing_and_another_demo_replaces_only_its_own_files(
    tmp_path: Path,
) -> None:
    """`make demo` twice must not touch what has been landed, nor what the provider answered; and
    yesterday's demo must not shine through today's.
    """
    state = write_deliveries(tmp_path, TODAY, 2, fraction=0.004)
    foreign = tmp_path / "landing" / "provider" / "events" / "2026-11-22" / "answers_x.ndjson"
    foreign.parent.mkdir(parents=True, exist_ok=True)
    foreign.write_text("{}\n")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    said: list[str] = []
    assert write_deliveries(tmp_path, TODAY, 2, said.append, fraction=0.004) == state
    assert before == {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*") if p.is_file()}
    assert said == ["the demo's deliveries are complete: nothing to write"]

    write_deliveries(tmp_path, date(2026, 11, 15), 2, fraction=0.004)
    days = {path.parent.name for path in (tmp_path / "landing").rglob("products.*")}
    assert max(days) == "2026-11-15"
    assert foreign.exists()
    written = json.loads(state.read_text())
    assert written["today"] == "2026-11-15"
    assert written["offset_days"] == 3241


def test_every_dataset_is_delivered_first_with_its_history_and_nothing_after_today(
    home: Path,
) -> None:
    for dataset in DATASETS:
        days = sorted(p.name for p in (home / "landing" / dataset.source / dataset.name).iterdir())
        assert days[0] == INITIAL.isoformat(), dataset
        assert days[-1] <= TODAY.isoformat(), dataset


def test_a_changed_rows_delivery_holds_each_key_once(delivered: duckdb.DuckDBPyConnection) -> None:
    """Two versions in one delivery would leave it to chance which of them counts."""
    for dataset in DATASETS:
        if dataset.mode == "changed":
            name = f"{dataset.source}_{dataset.name}"
            assert not count(
                delivered,
                f"select count(*) from (select {dataset.key[0]}, received_on from {name}"
                " group by all having count(*) > 1)",
            ), name


def test_keys_of_new_rows_are_unique_over_all_deliveries(
    delivered: duckdb.DuckDBPyConnection,
) -> None:
    for name, key in (
        ("webshop_order_lines", "order_id, line_number"),
        ("pos_receipt_lines", "receipt_id, line_number"),
        ("pos_receipts", "receipt_id"),
        ("webshop_returns", "return_id"),
        ("pos_returns", "return_id"),
        ("tracker_events", '"messageId"'),
        ("consent_events", "event_id"),
        ("provider_events", "event_id"),
        ("privacy_erasures", "request_id"),
    ):
        assert not count(delivered, f"select count(*) - count(distinct ({key})) from {name}"), name


def test_the_truth_lies_beside_the_landing_folder_and_is_complete(
    home: Path, delivered: duckdb.DuckDBPyConnection
) -> None:
    """A record without a true person could not be scored; a truth inside landing would be cheating."""
    truth = home / "demo" / "truth_persons.parquet"
    assert not list((home / "landing").rglob("*truth*"))
    assert not count(
        delivered,
        f"""
        select count(*) from (
            select 'club' as system, member_id as id from club_members
            union select 'webshop', account_id from webshop_accounts
            union select 'pos', pos_customer_id from pos_customers
            union select 'webshop_order', order_id from webshop_orders where account_id is null
        ) anti join read_parquet('{truth}') t
            on t.source = system and t.source_record_id = id
        """,
    )
    assert not count(
        delivered,
        f"select count(*) - count(distinct (source, source_record_id)) from read_parquet('{truth}')",
    )


def test_a_few_faults_are_delivered_and_each_is_known(home: Path) -> None:
    """Rejects must be visible in the demo, and rare enough not to hide anything."""
    faulty = sorted(
        path.name
        for path in (home / "landing").rglob("*")
        if path.is_file() and path.name.split(".")[0] != path.parent.parent.name
    )
    assert len([name for name in faulty if name.startswith("resent_")]) == 2
    assert {"manual_entry.csv", "supplier.csv", "import.ndjson", "till_17.csv"} <= set(faulty)
    assert len(faulty) <= 12
