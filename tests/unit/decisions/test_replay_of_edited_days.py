"""An audit of a day that was run again: after an edit once per version, after a delivery with the rows that differ."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from assets.decisions import replay as replays
from assets.decisions.chain import LEDGER
from assets.decisions.replay_comparison import ReplayedDay, why_not_equal
from assets.landing.storage import write_table
from assets.messaging.ledger_guard import open_ledger
from assets.messaging.replaced_templates import landed_table, set_replaced_aside, versions_before
from assets.privacy.counted import count_erased, n_erased_since
from orchestration.commands.rehearse import _verdict
from orchestration.settings import Settings

DAY = date(2026, 11, 20)
LEDGER_NODE = {
    "resource_type": "model",
    "config": {"materialized": "incremental"},
    "schema": "marts",
    "name": "fct_contact_decisions",
}
COLUMNS = "run_date date, message_id varchar, journey varchar, step varchar, decision varchar, reason varchar, "


def land(settings: Settings, version: str) -> None:
    """Land the day's template tables in a version, as every run does first."""
    set_replaced_aside(settings, DAY, version)
    table = pa.table({"received_on": [DAY], "policy_version": [version]})
    for name in ("journeys", "policy_settings"):
        write_table(landed_table(settings.raw_dir / "templates", name, DAY), table)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation whose day was decided under v1, of which message `gone` left, and again under v2."""
    settings = Settings(home=tmp_path)
    (tmp_path / "raw").mkdir()
    land(settings, "v1")
    land(settings, "v1")
    land(settings, "v2")
    messages = pa.table(
        {
            "message_id": ["gone", "later", "yesterday"],
            "run_date": [DAY, DAY, date(2026, 11, 19)],
            "policy_version": ["v1", "v2", "v1"],
            "batch_id": ["first", "second", "of_yesterday"],
            "sent_at": [1, 2, 0],
        }
    )
    write_table(settings.raw_dir / "outbox" / "messages" / "current.parquet", messages)
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("create schema marts")
        connection.execute(f"create table marts.fct_contact_decisions ({COLUMNS} policy_version varchar)")
        connection.execute(
            f"insert into marts.fct_contact_decisions values (date '{DAY}', 'gone', 'j', 's', 'send', null, 'v1'), "
            f"(date '{DAY}', 'later', 'j', 's', 'send', null, 'v2')"
        )
    return settings


class Built:
    """Stands in for dbt: the version it sees decides both messages, but what the log says has left stays as it is."""

    def __init__(self, knows_fixed_rows: bool) -> None:
        self.knows_fixed_rows = knows_fixed_rows
        self.saw: list[tuple[str, list[str]]] = []

    def __call__(self, opened: Any, day: date) -> None:
        there = opened._there
        with duckdb.connect(str(there.warehouse_path)) as connection:
            tables = f"{there.raw_dir}/templates/policy_settings/{day}.parquet"
            ((version,),) = connection.execute(f"select policy_version from '{tables}'").fetchall()
            log = f"{there.raw_dir}/outbox/contact_log/current.parquet"
            left = [row[0] for row in connection.execute(f"select message_id from '{log}' order by 1").fetchall()]
            self.saw.append((version, left))
            kept = left if self.knows_fixed_rows else []
            ledger = "marts.fct_contact_decisions"
            connection.execute(f"delete from {ledger} where not list_contains(?::varchar[], message_id)", [kept])
            for message in {"gone", "later"} - set(kept):
                row = [day, message, "j", "s", "send", None, version]
                connection.execute(f"insert into {ledger} values (?, ?, ?, ?, ?, ?, ?)", row)


def audit(settings: Settings, built: Built, monkeypatch: pytest.MonkeyPatch) -> ReplayedDay:
    """The day replayed with `built` in the place of dbt."""
    monkeypatch.setattr(replays, "manifest_of", lambda _: {"nodes": {LEDGER: LEDGER_NODE}})
    monkeypatch.setattr(replays.Replay, "_build", lambda opened, day: built(opened, day))
    monkeypatch.setattr(replays.DbtRunner, "__init__", lambda *_: None)
    monkeypatch.setattr(replays.DbtRunner, "elsewhere", lambda runner, _: runner)
    with replays.replay(settings, DAY, is_audit=True) as opened:
        return opened.run_day(DAY)


def test_each_version_is_run_in_order_and_the_ledger_comes_out_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second run knew what the first had handed off, and nothing else of its day."""
    built = Built(knows_fixed_rows=True)
    day = audit(settings, built, monkeypatch)
    assert built.saw == [("v1", ["yesterday"]), ("v2", ["gone", "yesterday"])]
    assert day.is_equal
    assert day.versions == ("v1", "v2")
    assert "2 versions" in _verdict(day)


def test_rows_of_a_version_whose_files_are_lost_are_counted_and_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An installation from before the tables were kept cannot run the first version again; the report says so."""
    for folder in versions_before(settings.raw_dir, DAY):
        folder.rename(folder.with_name("taken_away"))
    day = audit(settings, Built(knows_fixed_rows=False), monkeypatch)
    assert (day.versions, day.n_missing, day.n_added, day.n_of_lost_versions) == (("v2",), 1, 1, 1)
    assert "files were not kept" in _verdict(day)
    assert "ledger send (policy v1), replay send (policy v2)" in day.examples[0]


@pytest.mark.parametrize(("landed_at", "expected"), [(8, 0), (10, 1), (12, 2)], ids=["before", "between", "after"])
def test_rows_that_were_decided_before_a_later_delivery_are_counted_and_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, landed_at: int, expected: int
) -> None:
    """What the first run of a day knew is not kept; whoever reads the audit must see that nothing was tampered with."""
    for folder in versions_before(settings.raw_dir, DAY):
        folder.rename(folder.with_name("taken_away"))
    (settings.outbox_dir / f"{DAY}").mkdir(parents=True)
    orders = settings.raw_dir / "webshop" / "orders"
    orders.mkdir(parents=True)
    # The templates are landed anew by every run, and what is received tomorrow no run of today may know.
    for path, hour in (
        (settings.outbox_dir / f"{DAY}" / "first.manifest.json", 9),
        (settings.outbox_dir / f"{DAY}" / "second.manifest.json", 11),
        (orders / f"{DAY}.parquet", landed_at),
        (orders / "2026-11-21.parquet", 23),
    ):
        path.touch()
        os.utime(path, (0, hour))
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("update marts.fct_contact_decisions set policy_version = 'v2', reason = 'known less'")
    day = audit(settings, Built(knows_fixed_rows=False), monkeypatch)
    assert (day.n_missing, day.n_of_lost_versions, day.n_decided_on_less) == (2, 0, expected)
    assert ("left before the last delivery" in _verdict(day)) == (expected > 0)


@pytest.mark.parametrize(("erased_on", "n"), [(DAY - timedelta(days=1), 0), (DAY, 3), (DAY + timedelta(days=9), 3)])
def test_an_audit_says_how_many_people_were_erased_since(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, erased_on: date, n: int
) -> None:
    """Their purchases are gone, so the day cannot come out again: that is no tampering, and nobody may look for any."""
    at = datetime(2026, 11, 29, tzinfo=UTC)
    with open_ledger(settings) as outbox, outbox.transaction() as tx:
        count_erased(tx, erased_on, 2, at)
        count_erased(tx, erased_on, 0, at)
        count_erased(tx, erased_on, 1, at)
    (settings.outbox_dir / f"{DAY}").mkdir(parents=True)
    (settings.outbox_dir / f"{DAY}" / "second.manifest.json").touch()
    os.utime(settings.outbox_dir / f"{DAY}" / "second.manifest.json", (0, 9))
    write_table(settings.raw_dir / "webshop" / "orders" / f"{DAY}.parquet", pa.table({"order_id": ["rewritten"]}))
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("update marts.fct_contact_decisions set reason = 'as known then'")
    day = audit(settings, Built(knows_fixed_rows=True), monkeypatch)
    assert not day.is_equal
    assert day.n_erased_since == n
    assert ("3 people were erased since" in _verdict(day)) == (n > 0)
    assert ("3 people were erased since" in why_not_equal([day])) == (n > 0)
    assert ("a fact" in why_not_equal([day])) == (n == 0)
    assert (day.n_decided_on_less == 0) == (n > 0), "files that were written anew are no later delivery"


def test_without_a_ledger_nobody_was_erased(settings: Settings) -> None:
    """A look may not begin a ledger."""
    assert n_erased_since(settings, DAY) == 0
    assert not settings.ledger_path.exists()


def test_only_a_landing_with_another_version_sets_tables_aside(settings: Settings) -> None:
    """Running a day twice must leave the home as it is; and a copy that was cut off half-way is none."""
    (kept,) = versions_before(settings.raw_dir, DAY)
    land(settings, "v2")
    assert versions_before(settings.raw_dir, DAY) == [kept]
    (kept.parent / "being_written" / "journeys").mkdir(parents=True)
    land(settings, "v1")
    assert [folder.name for folder in versions_before(settings.raw_dir, DAY)] == ["01", "02"]
    assert {path.parent.name for path in versions_before(settings.raw_dir, DAY)[1].glob("*/*")} == {
        "journeys",
        "policy_settings",
    }
