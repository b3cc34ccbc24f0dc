"""Days run from a shell: one process at a time, and nothing left behind by one that was killed."""

import fcntl
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._utils.error import SerializableErrorInfo

from orchestration.history import OPEN_FILES, RunHistory
from orchestration.home import prepare_home
from orchestration.runs import _FROM_SHELL, AlreadyRunning, _in_words, claim, end_dead_runs
from orchestration.settings import Settings


@dg.asset(pool="warehouse")
def table() -> None:
    """Something that takes the warehouse's only slot."""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))  # restored afterwards; prepare_home sets it
    settings = Settings(home=tmp_path / "var")
    prepare_home(settings)
    return settings


@pytest.fixture
def instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        yield instance


def killed_run(instance: dg.DagsterInstance, tags: dict[str, str]) -> dg.DagsterRun:
    """A run that holds the slot and will never say another word."""
    job = dg.Definitions(assets=[table], jobs=[dg.define_asset_job("day")]).resolve_job_def("day")
    run = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags=tags)
    instance.event_log_storage.initialize_concurrency_limit_to_default("warehouse")
    claim = instance.event_log_storage.claim_concurrency_slot("warehouse", run.run_id, "table")
    assert claim.is_claimed
    return run


def test_a_killed_run_is_recorded_as_failed_and_gives_its_slot_back(instance: dg.DagsterInstance) -> None:
    """Otherwise every later night waits for it for ever, without a word."""
    run = killed_run(instance, _FROM_SHELL)
    assert end_dead_runs(instance) == [run.run_id]
    assert instance.get_run_by_id(run.run_id).status == dg.DagsterRunStatus.FAILURE
    assert instance.event_log_storage.get_concurrency_info("warehouse").active_slot_count == 0
    assert end_dead_runs(instance) == []


def test_a_run_of_the_ui_is_left_to_its_daemon(instance: dg.DagsterInstance) -> None:
    """It may be going on in another process."""
    run = killed_run(instance, {})
    assert end_dead_runs(instance) == []
    assert instance.get_run_by_id(run.run_id).status == dg.DagsterRunStatus.STARTED


def test_a_second_process_is_refused_in_words(tmp_path: Path) -> None:
    """Two of them would end each other's runs."""
    claim.cache_clear()
    with (tmp_path / "run.lock").open("a+") as held_by_another:
        fcntl.flock(held_by_another, fcntl.LOCK_EX)
        with pytest.raises(AlreadyRunning, match="wait until it has ended"):
            claim(tmp_path)
    assert not claim(tmp_path).closed
    claim.cache_clear()


def test_history_is_dagsters_own_in_the_same_files(settings: Settings, instance: dg.DagsterInstance) -> None:
    """Whoever opens these files without our class sees every event."""
    storage = instance.event_log_storage
    assert isinstance(getattr(storage, "_storage", storage), RunHistory) or "RunHistory" in repr(instance.get_ref())
    ids = []
    for _ in range(OPEN_FILES + 2):
        result = dg.materialize([table], instance=instance)
        ids.append(result.run_id)
    stock = SqliteEventLogStorage(str(settings.dagster_home / "history" / "runs"))
    for run_id in ids:
        ours = [record.event_log_entry for record in instance.get_records_for_run(run_id).records]
        theirs = [record.event_log_entry for record in stock.get_records_for_run(run_id).records]
        assert ours == theirs != []
    assert instance.get_latest_materialization_event(table.key).run_id == ids[-1]


def test_why_a_step_failed_is_a_sentence() -> None:
    """The name of an exception class tells nobody what to do in the morning."""
    stopped = SerializableErrorInfo(
        "dagster._core.errors.DagsterExecutionInterruptedError", [], "DagsterExecutionInterruptedError"
    )
    assert _in_words(stopped).startswith("stopped from outside")
    assert _in_words(SerializableErrorInfo("ValueError: no such day\n", [], "ValueError")) == "ValueError: no such day"
    assert _in_words(None) == "failed"
