"""The assets around the ledger, materialised in process over a small warehouse and the shipped templates."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pyarrow.parquet as pq
import pytest

from assets.messaging.assets_handoff import build_handoff_assets
from assets.messaging.journeys import load_templates
from assets.messaging.template_samples import sample_rows
from orchestration.settings import Settings
from tests.faults import kit
from tests.unit.messaging.content_tables import as_row, write_content

RUN_DATE = date(2026, 11, 20)


def warehouse_of_samples(settings: Settings, run_date: date) -> int:
    """One message of everything that can look different, as the decisions would have written it."""
    templates = load_templates(settings.templates_dir, check_texts=False)
    rows = []
    send_at = datetime(run_date.year, run_date.month, run_date.day, 9, tzinfo=UTC)
    for number, sample in enumerate(sample_rows(templates)):
        address = f"{kit.CANARY}{number}@kunde.example" if sample.channel == "email" else "+4740000000"
        when = {"run_date": run_date, "send_at": send_at, "expires_at": send_at + timedelta(days=2)}
        rows.append(as_row(sample, message_id=f"{number:032x}", address=address, **when))
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        write_content(connection, rows)
        connection.execute(
            "create table intermediate.int_consent__withdrawn_since_as_of "
            "(address varchar, channel varchar, occurred_at timestamptz)"
        )
        connection.execute("create schema marts")
        connection.execute(
            """
            create table marts.fct_volume_bands as
            select distinct run_date, channel, journey, null::varchar as held_because, null::varchar as remark
            from intermediate.int_messages__content
            """
        )
    return len(rows)


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    return kit.settings(tmp_path, first_run_date=date(2026, 1, 1))


def materialise(settings: Settings) -> dg.ExecuteInProcessResult:
    definitions = dg.Definitions(assets=build_handoff_assets(), resources={"settings": settings})
    job = definitions.get_implicit_global_asset_job_def()
    result = job.execute_in_process(partition_key=RUN_DATE.isoformat(), resources={"settings": settings})
    assert result.success
    return result


def metadata(result: dg.ExecuteInProcessResult, *key: str) -> dict[str, object]:
    events = result.get_asset_materialization_events()
    found = [e for e in events if e.asset_key == dg.AssetKey(list(key))]
    return {name: value.value for name, value in found[0].materialization.metadata.items()}


def test_the_assets_hand_off_every_kind_of_message_once(home: Settings) -> None:
    """The first run sends everything that the shipped templates can say; the second run sends nothing more."""
    n = warehouse_of_samples(home, RUN_DATE)
    first = materialise(home)
    assert metadata(first, "messaging", "batches")["n_put_aside"] == 0
    assert metadata(first, "messaging", "batches")["n_planned"] == n
    assert metadata(first, "messaging", "hand_off")["n_accepted"] == n
    assert len(kit.handed_off(home)) == n
    files = kit.all_files(home)

    second = materialise(home)
    assert metadata(second, "messaging", "hand_off")["n_accepted"] == 0
    assert metadata(second, "messaging", "hand_off")["n_handed_off_before"] == n
    assert kit.all_files(home) == files
    assert pq.read_table(home.raw_dir / "outbox" / "contact_log" / "current.parquet").num_rows == n


def test_no_address_stands_in_metadata_or_logs(home: Settings, capfd: pytest.CaptureFixture[str]) -> None:
    """What the UI shows is seen by people who have no business with addresses."""
    warehouse_of_samples(home, RUN_DATE)
    result = materialise(home)
    said = capfd.readouterr()
    events = " ".join(str(event) for event in result.all_events)
    for text in (said.out, said.err, events):
        assert kit.CANARY not in text
        assert "+4740000000" not in text
    evaluations = result.get_asset_check_evaluations()
    assert {e.check_name: e.passed for e in evaluations} == {
        "files_are_as_recorded": True,
        "nothing_is_in_doubt": True,
    }
