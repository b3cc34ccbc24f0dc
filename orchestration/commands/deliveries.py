"""Commands around deliveries: land them without Dagster, and look at what came."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

import click

from orchestration.commands.shared import DAY, counted, names, print_table, settings_or_exit, today
from orchestration.settings import Settings

if TYPE_CHECKING:
    from assets.landing.contract import Contract
    from assets.landing.report import LandingReport
    from assets.landing.summary import DaySummary

_DAYS_SHOWN = 7


@click.command(epilog="Example:  fredning land --date 2026-11-20 --dataset webshop/orders")
@click.option("--date", "received_on", type=DAY, default=None, help="The day of the deliveries; default: today, local.")
@click.option("--history", is_flag=True, help="Every delivery up to that day that has not been landed, oldest first.")
@click.option("--dataset", "datasets", multiple=True, help="Only this one, like webshop/orders. May be repeated.")
def land(received_on: date | None, history: bool, datasets: tuple[str, ...]) -> None:
    """Land deliveries without Dagster.

    Files are read, typed and checked, and wrong rows put aside. Missed earlier deliveries are caught up. The same
    delivery twice changes nothing. Ends with 1 when a delivery breaks its contract or a blocking check; everything
    else has been landed all the same.
    """
    from assets.landing.land import land_dataset, land_history
    from orchestration.home import ensure_sources, prepare_home

    settings = settings_or_exit()
    contracts = chosen_contracts(datasets)
    if history and datasets:
        raise click.UsageError("--history lands every dataset: leave out --dataset.")
    day = received_on or today(settings)
    prepare_home(settings)
    ensure_sources(settings)
    if history:
        reports = land_history(settings, day, progress=click.echo)
    else:
        reports = [land_dataset(settings, c.source, c.dataset, day) for c in contracts]
    _print_landed(reports, day)
    if not _is_all_well(reports):
        sys.exit(1)


def chosen_contracts(datasets: Sequence[str]) -> list[Contract]:
    """The contracts of these datasets (all without any); a name that nobody delivers is refused."""
    from assets.landing.contract import load_contracts

    contracts = load_contracts()
    unknown = [name for name in datasets if name not in contracts]
    if unknown:
        raise click.ClickException(f"There is no dataset {names(unknown)}. There are: {names(contracts)}.")
    return [contracts[name] for name in datasets] if datasets else list(contracts.values())


def _with_caught_up(reports: Iterable[LandingReport]) -> list[LandingReport]:
    return [one for report in reports for one in (*report.caught_up, report)]


def _print_landed(reports: Sequence[LandingReport], day: date) -> None:
    by_dataset: dict[str, list[LandingReport]] = {}
    for report in _with_caught_up(reports):
        if report.was_delivered:
            by_dataset.setdefault(report.name, []).append(report)
    rows = []
    for name, landed in by_dataset.items():
        rules = Counter[str]()
        for report in landed:
            rules.update(report.reject_counts)
        days = sorted({report.received_on for report in landed})
        rows.append(
            (
                name,
                str(days[0]) if len(days) == 1 else f"{days[0]} to {days[-1]}",
                sum(len(report.files) for report in landed),
                sum(report.n_rows_read for report in landed),
                sum(report.n_rows_kept for report in landed),
                sum(report.n_rows_rejected for report in landed),
                sum(report.n_rows_duplicate for report in landed),
                names(f"{rule} {n:,}" for rule, n in sorted(rules.items())),
                _became_of(landed),
            )
        )
    if rows:
        headings = ("dataset", "delivered", "files", "read", "kept", "put aside", "repeated", "rules broken", "")
        print_table(headings, rows)
    silent = [report.name for report in reports if not _with_delivery(report)]
    if silent:
        click.echo(f"Nothing was delivered on {day} by: {names(silent)}")
    if not rows and not silent:
        click.echo(f"Nothing new was delivered until {day}.")


def _became_of(landed: Sequence[LandingReport]) -> str:
    """A refused file's row must not read as if its data were there."""
    from assets.landing.report import IN_FORCE

    if any(report.contract_errors for report in landed):
        is_partly_there = any(file.status in IN_FORCE for report in landed for file in report.files)
        return "landed in part" if is_partly_there else "refused"
    return "landed before" if all(report.skipped for report in landed) else "landed now"


def _with_delivery(report: LandingReport) -> bool:
    return report.was_delivered or bool(report.caught_up)


def _is_all_well(reports: Sequence[LandingReport]) -> bool:
    """Print contract errors in full and failed checks; False when any of them is an error."""
    from assets.landing.report import ContractError

    all_reports = _with_caught_up(reports)
    unknown = sorted({(report.name, column) for report in all_reports for column in report.unknown_columns})
    for name, column in unknown:
        click.echo(f"left out: {name} has a column {column!r} that nobody knows")
    warned: dict[tuple[str, str], list[str]] = {}
    is_well = True
    for report in all_reports:
        for outcome in report.failed("blocking"):
            is_well = False
            click.echo(f"blocking: {report.name} {report.received_on}: {outcome.sentence} ({outcome.observed})")
        for outcome in report.failed("warning"):
            found = f"{report.received_on}: {outcome.observed}"
            warned.setdefault((report.name, outcome.sentence), []).append(found)
    for (name, sentence), found_on in warned.items():
        more = f", and on {counted(len(found_on) - 1, 'other day')}" if len(found_on) > 1 else ""
        click.echo(f"warning: {name}: {sentence} ({found_on[-1]}{more})")
    # Errors of caught-up days that stop sending are among the day's own open errors already.
    asked = set(map(id, reports))
    broken = [r for r in all_reports if r.all_errors and (id(r) in asked or not r.needed_for_sending)]
    if broken:
        click.echo(f"\n{ContractError(broken)}")
    return is_well and not broken


@click.command(epilog="Example:  fredning deliveries --since 2026-11-15 --dataset club/members")
@click.option("--since", type=DAY, default=None, help=f"First day; default: {_DAYS_SHOWN} days up to the last one.")
@click.option("--until", type=DAY, default=None, help="Last day; default: the newest delivery.")
@click.option("--dataset", "datasets", multiple=True, help="Only this one, like webshop/orders. May be repeated.")
def deliveries(since: date | None, until: date | None, datasets: tuple[str, ...]) -> None:
    """Show what was delivered, landed and put aside, by day."""
    from assets.landing.summary import summarise

    settings = settings_or_exit()
    wanted = {contract.name for contract in chosen_contracts(datasets)}
    found = [one for one in summarise(settings, since=since, until=until) if f"{one.source}/{one.dataset}" in wanted]
    if not found:
        raise click.ClickException(_nothing_there(settings, since, until))
    first = since or max(one.received_on for one in found) - timedelta(days=_DAYS_SHOWN - 1)
    shown = [one for one in found if one.received_on >= first]
    rows = [
        (
            f"{one.source}/{one.dataset}",
            one.received_on,
            one.n_files,
            "yes" if one.is_landed else "waits",
            *_counts(one),
        )
        for one in shown
    ]
    headings = ("dataset", "day", "files", "landed", "read", "kept", "put aside", "repeated", "contract errors")
    print_table(headings, rows)
    if len(shown) < len(found):
        n = len(found) - len(shown)
        click.echo(f"{counted(n, 'earlier delivery')} not shown: --since {min(one.received_on for one in found)}")
    for one in shown:
        for error in one.contract_errors:
            click.echo(f"{one.source}/{one.dataset} {one.received_on}: {error}")


def _counts(one: DaySummary) -> tuple[int | None, ...]:
    """Rows read, kept, put aside, repeated, and contract errors; nothing while nothing has been landed."""
    if not (one.n_rows_read or one.contract_errors or one.is_landed):
        return (None,) * 5
    rows = (one.n_rows_read, one.n_rows_kept, one.n_rows_rejected, one.n_rows_duplicate)
    return (*rows, len(one.contract_errors) or None)


def _nothing_there(settings: Settings, since: date | None, until: date | None) -> str:
    days = f" from {since or 'the beginning'} to {until or 'today'}" if since or until else ""
    return (
        f"Nothing was delivered{days} in {settings.landing_dir}: deliver files to "
        "<source>/<dataset>/<YYYY-MM-DD>/ there, or run `make demo`."
    )
