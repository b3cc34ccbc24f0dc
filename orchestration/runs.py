"""Running the daily job from a shell: day after day, in one process, every run recorded in the Dagster instance.

One such process works in an installation at a time. What an earlier one left when it was killed is cleared away first:
its run would count as going on for ever, and keep the warehouse's slot.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import IO

import dagster as dg
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._utils.error import SerializableErrorInfo

from orchestration.settings import Settings


@dataclass(frozen=True)
class DayResult:
    """How one day's run ended. `problems` are sentences without personal data."""

    run_date: date
    succeeded: bool
    seconds: float
    run_id: str
    problems: tuple[str, ...] = field(default=())
    warnings: tuple[str, ...] = field(default=())


class AlreadyRunning(RuntimeError):
    """Another process runs days in this installation; the message says what to do."""


# Marks runs of this module, which no daemon watches.
_FROM_SHELL = {"fredning/from": "shell"}


@lru_cache(maxsize=1)
def claim(home: Path) -> IO[str]:
    """The installation's lock, held until this process ends, however it ends. Raises `AlreadyRunning`."""
    lock = (home / "run.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise AlreadyRunning(
            f"Another process runs days in {home}: wait until it has ended, or stop it. "
            "(Running a day again later is harmless: nothing is handed off twice.)"
        ) from error
    return lock


def end_dead_runs(instance: dg.DagsterInstance) -> list[str]:
    """Record runs of killed processes as failed and free their slots. Returns their ids. Needs the lock."""
    going_on = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.CANCELING]
    dead = instance.get_runs(dg.RunsFilter(statuses=going_on, tags=_FROM_SHELL))
    for run in dead:
        instance.report_run_failed(run, "The process that ran it was killed. Run the day again.")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    return [run.run_id for run in dead]


def _in_words(cause: SerializableErrorInfo | None) -> str:
    """Why a step failed, for somebody who reads one line."""
    if cause is None:
        return "failed"
    if cause.cls_name == DagsterExecutionInterruptedError.__name__:
        return "stopped from outside (Ctrl-C or SIGTERM). Run the day again: nothing is handed off twice."
    return cause.message.strip()


def days_between(first: date, last: date) -> Iterator[date]:
    """Every day from `first` to `last`, both included."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


class DailyRuns:
    """The daily job, ready to run: definitions and dbt are loaded once and kept for all days.

    Raises `AlreadyRunning` while another process does the same in this installation.
    """

    def __init__(self, settings: Settings, job_name: str = "daily_run") -> None:
        from orchestration.definitions import build_defs

        claim(settings.home)
        self._instance = dg.DagsterInstance.get()
        end_dead_runs(self._instance)
        self._job = build_defs(settings).resolve_job_def(job_name)

    def run_day(self, run_date: date) -> DayResult:
        started = time.monotonic()
        result = self._job.execute_in_process(
            partition_key=run_date.isoformat(),
            instance=self._instance,
            tags=_FROM_SHELL,
            raise_on_error=False,
            # The console shows one line per day; everything else is in the instance, for the UI.
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
        failures: list[str] = []
        for event in result.all_events:
            if event.is_step_failure:
                error = event.step_failure_data.error
                cause = error.cause if error and error.cause else error
                failures.append(f"{event.step_key}: {_in_words(cause)}")
        broken: list[str] = []
        smells: list[str] = []
        for check in result.get_asset_check_evaluations():
            if not check.passed:
                sentence = f"check {check.check_name} on {check.asset_key.to_user_string()} failed"
                if check.description:
                    sentence += f": {check.description}"
                is_error = check.severity == dg.AssetCheckSeverity.ERROR
                (broken if is_error else smells).append(sentence)
        return DayResult(
            run_date=run_date,
            succeeded=result.success,
            seconds=time.monotonic() - started,
            run_id=result.run_id,
            problems=tuple(failures + broken),
            warnings=tuple(smells),
        )

    def run_days(self, first: date, last: date, say: Callable[[str], None]) -> bool:
        """Run day after day; stops at the first day that fails, since the next one builds on it."""
        for day in days_between(first, last):
            result = self.run_day(day)
            outcome = "done" if result.succeeded else "FAILED"
            say(f"{day}  {outcome} in {result.seconds:.1f} s")
            for problem in result.problems:
                say(f"  ! {problem}")
            for warning in result.warnings:
                say(f"  ~ {warning}")
            if not result.succeeded:
                return False
        return True
