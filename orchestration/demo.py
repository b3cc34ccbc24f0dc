"""`make demo`: the demo retailer from an empty folder to fourteen decided, handed-off and answered days.

Deliveries come from real purchases with synthetic people; the provider's answers are synthetic. Everything runs through
the same job as production does. Run again, it repeats every day and finds nothing left to hand off.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from orchestration.settings import Settings
from orchestration.terminal import open_console

# Known to everyone who reads this, on purpose: the demo's files shall be the same on every machine. It signs links of
# invented people only; a real installation has no default.
DEMO_KEY = "demo-key-for-invented-people-only-0123456789"

# The share of the households with which fourteen days end in less than ten minutes on two cores.
DEFAULT_FRACTION = 0.2


@dataclass(frozen=True)
class DemoDays:
    """The demo's last day, how many days it runs, and which share of the households it holds."""

    today: date
    days: int
    fraction: float = DEFAULT_FRACTION

    @property
    def first(self) -> date:
        return self.today - timedelta(days=self.days - 1)


def demo_days(home: Path, today: date | None, days: int, now: datetime, fraction: float | None = None) -> DemoDays:
    """The days of this home's demo: those of the first demo run in it, else up to `today` or the day of `now`.

    Raises `ValueError` when the home holds a demo of other days or of another share of the households than asked for.
    """
    state = home / "demo" / "days.json"
    if state.exists():
        kept = json.loads(state.read_text())
        known = DemoDays(date.fromisoformat(kept["today"]), kept["days"], kept.get("fraction", DEFAULT_FRACTION))
        if today is not None and today != known.today:
            raise ValueError(
                f"{home} holds a demo that ends on {known.today}. Run `make clean-demo` first, or leave out --today."
            )
        if fraction is not None and fraction != known.fraction:
            raise ValueError(
                f"{home} holds a demo of {known.fraction:g} of the households. Run `make clean-demo` first, "
                "or leave out --fraction."
            )
        return known
    return DemoDays(today or now.date(), days, DEFAULT_FRACTION if fraction is None else fraction)


def demo_environment(days: DemoDays) -> dict[str, str]:
    """Settings of the demo installation: clock of the run's own day, batches approved by themselves."""
    return {
        "FREDNING_CLOCK": "run_date",
        "FREDNING_APPROVAL": "auto",
        "FREDNING_FIRST_RUN_DATE": days.first.isoformat(),
        "FREDNING_SECRET_KEY": DEMO_KEY,
        "FREDNING_PUBLIC_URL": "https://messages.fredning.example",
    }


def run_demo(home: Path, plan: DemoDays) -> bool:
    """Write deliveries, load the history, run the days, print what happened. False when a day failed.

    Raises `AlreadyRunning` before anything is written while another process runs days in this home.
    """
    console = open_console()
    # Partitions are read from the environment when the definitions are imported, so it is set first; and it is kept
    # beside the data for `make ui`.
    environment = demo_environment(plan)
    os.environ.update(environment)
    settings = Settings.from_env()

    from assets.demo.generate import write_deliveries
    from assets.demo.provider import answer
    from assets.landing.land import land_history
    from orchestration.home import ensure_sources, prepare_home
    from orchestration.runs import DailyRuns, claim, days_between

    home.mkdir(parents=True, exist_ok=True)
    claim(home)
    _keep(home, plan, environment)
    started = time.monotonic()

    def step(text: str) -> None:
        console.print(f"[dim]{time.monotonic() - started:6.1f} s[/dim]  {text}")

    step(f"Demo retailer: {plan.first} to {plan.today} (people, web visits and answers are synthetic)")
    prepare_home(settings)
    write_deliveries(settings.home, plan.today, plan.days, fraction=plan.fraction, progress=step)
    ensure_sources(settings)
    step("Loading the history")
    land_history(settings, plan.first - timedelta(days=1), progress=step)
    step("Starting Dagster")
    runs = DailyRuns(settings)
    for day in days_between(plan.first, plan.today):
        result = runs.run_day(day)
        outcome = "done" if result.succeeded else "FAILED"
        step(f"{day}  {outcome} in {result.seconds:.1f} s  {_day_line(settings, day)}")
        for problem in result.problems:
            console.print(f"          [red]{problem}[/red]", soft_wrap=True)
        if not result.succeeded:
            console.print("The run can be looked at with `make ui`.")
            return False
        answer(settings.home, day)
    _print_summary(console, settings, plan)
    step("Finished")
    return True


def _keep(home: Path, plan: DemoDays, environment: dict[str, str]) -> None:
    folder = home / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "days.json").write_text(
        json.dumps({"today": plan.today.isoformat(), "days": plan.days, "fraction": plan.fraction})
    )
    (folder / "demo.env").write_text("".join(f"export {k}={v}\n" for k, v in environment.items()))


def _day_line(settings: Settings, day: date) -> str:
    if not settings.warehouse_path.exists():
        return ""
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        counts = dict(
            connection.execute(
                "select decision, count(*) from marts.fct_contact_decisions where run_date = ? group by 1",
                [day],
            ).fetchall()
        )
    return "candidates {:>5}  sent {:>4}  held {:>4}  suppressed {:>5}".format(
        sum(counts.values()),
        counts.get("send", 0),
        counts.get("hold", 0),
        counts.get("suppress", 0),
    )


_BY_JOURNEY = """
    with reasons as (
        select {day} as run_date, journey, decision, reason, count(*) as n
        from marts.fct_contact_decisions
        where run_date between ? and ?
        group by all
    )
    select
        run_date, journey, sum(n)::bigint as candidates,
        coalesce(sum(n) filter (where decision = 'send'), 0)::bigint as sent,
        coalesce(
            string_agg(lower(reason) || ' ' || n, ', ' order by n desc, reason) filter (where decision = 'hold'), ''
        ) as held,
        coalesce(
            string_agg(lower(reason) || ' ' || n, ', ' order by n desc, reason) filter (where decision = 'suppress'), ''
        ) as suppressed
    from reasons
    group by run_date, journey
    order by run_date, journey
"""


def _print_summary(console: Console, settings: Settings, plan: DemoDays) -> None:
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        days = connection.execute(_BY_JOURNEY.format(day="run_date"), [plan.first, plan.today]).fetchall()
        totals = connection.execute(_BY_JOURNEY.format(day="null"), [plan.first, plan.today]).fetchall()
    console.print(_decisions_table("Decisions by day and journey (rows of the decision ledger)", days))
    # Last, because the end of a long output is what people see.
    console.print(_decisions_table(f"The same, all {plan.days} days together", totals))
    places = Table(title="Where to look", show_header=False, box=None)
    for what, where in (
        ("hand-off files and manifests", settings.outbox_dir),
        ("rendered previews", settings.previews_dir / plan.today.isoformat() / "index.html"),
        ("report", settings.reports_dir / "index.html"),
        ("analysts' copy (DuckDB)", settings.published_path),
        ("rejected rows", settings.rejects_dir),
        ("Dagster UI", "make ui   (then open http://localhost:3000)"),
    ):
        places.add_row(f"[bold]{what}[/bold]", str(where))
    console.print(places)


def _decisions_table(title: str, rows: Sequence[tuple[date | None, str, int, int, str, str]]) -> Table:
    """Rows of `_BY_JOURNEY`; a day stands beside its first journey only."""
    table = Table(title=title)
    has_days = any(row[0] for row in rows)
    for heading in ("day", "journey") if has_days else ("journey",):
        table.add_column(heading, no_wrap=True)
    for heading in ("candidates", "sent"):
        table.add_column(heading, justify="right")
    for heading in ("held, by reason", "suppressed, by reason"):
        table.add_column(heading, overflow="fold")
    last_day: date | None = None
    for run_date, journey, candidates, sent, held, suppressed in rows:
        day = [run_date.isoformat() if run_date and run_date != last_day else ""] if has_days else []
        table.add_row(*day, journey, f"{candidates:,}", f"{sent:,}", held, suppressed)
        last_day = run_date
    return table
