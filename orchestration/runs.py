"""Running the daily job from a shell: day after day, in one process, every run recorded in the Dagster instance."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

import dagster as dg

from orchestration.home import relax_run_history
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


def days_between(first: date, last: date) -> Iterator[date]:
    """Every day from `first` to `last`, both included."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


class DailyRuns:
    """The daily job, ready to run: definitions and dbt are loaded once and kept for all days."""

    def __init__(self, settings: Settings, job_name: str = "daily_run") -> None:
        from orchestration.definitions import build_defs

        relax_run_history(settings.dagster_home)
        self._instance = dg.DagsterInstance.get()
        self._job = build_defs(settings).resolve_job_def(job_name)

    def run_day(self, run_date: date) -> DayResult:
        started = time.monotonic()
        result = self._job.execute_in_process(
            partition_key=run_date.isoformat(),
            instance=self._instance,
            raise_on_error=False,
            # The console shows one line per day; everything else is in the instance, for the UI.
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
        failures: list[str] = []
        for event in result.all_events:
            if event.is_step_failure:
                error = event.step_failure_data.error
                cause = error.cause if error and error.cause else error
                failures.append(f"{event.step_key}: {cause.message.strip() if cause else 'failed'}")
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
