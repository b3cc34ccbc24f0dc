"""Lands deliveries: reads, types and sorts out what lies in the landing folder, and writes it as raw Parquet.

The same delivery twice changes nothing; a delivery that got another file is landed again as a whole; deliveries of
earlier days that nobody landed are caught up, so that a missed morning loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from assets.landing.contract import Contract, contract_of, load_contracts
from assets.landing.delivery import delivered_days
from assets.landing.group import land_group
from assets.landing.plan import Delivery, due, groups, open_errors, report_without_landing
from assets.landing.report import ContractError, LandingReport
from assets.landing.storage import ensure_raw
from assets.landing.workbench import Workbench
from orchestration.settings import Settings

__all__ = ["ContractError", "LandingReport", "ensure_raw", "land_dataset", "land_history"]


def land_dataset(
    settings: Settings,
    source: str,
    dataset: str,
    received_on: date,
    *,
    catch_up: bool = True,
    strict: bool = False,
    force: bool = False,
) -> LandingReport:
    """Land one day's delivery, and with `catch_up` every earlier one that was missed.

    Files that break the contract are refused, reported and, with `strict`, raised as `ContractError` – after all
    other files were landed. `force` lands the day again even if its files are the same (after a changed suite).
    """
    contract = contract_of(source, dataset)
    earlier_days = [d for d in delivered_days(settings, contract) if d < received_on]
    missed = [d for day in earlier_days if catch_up and (d := due(settings, contract, day))]
    today = due(settings, contract, received_on, thorough=True, force=force)
    landed = _land(settings, contract, [*missed, today] if today else missed)
    report = landed.pop() if today else report_without_landing(settings, contract, received_on)
    report = replace(
        report,
        caught_up=tuple(landed),
        open_errors=tuple(open_errors(settings, contract, earlier_days)),
    )
    if strict and report.all_errors:
        raise ContractError([report])
    return report


def land_history(
    settings: Settings, until: date, progress: Callable[[str], object] | None = None
) -> list[LandingReport]:
    """Land every delivery up to and including `until` that has not been landed, oldest first."""
    reports: list[LandingReport] = []
    for contract in load_contracts().values():
        days = [d for d in delivered_days(settings, contract) if d <= until]
        landed = _land(settings, contract, [d for day in days if (d := due(settings, contract, day))])
        reports += landed
        if progress and landed:
            kept, rejected = sum(r.n_rows_kept for r in landed), sum(r.n_rows_rejected for r in landed)
            n_errors = sum(len(r.contract_errors) for r in landed)
            errors = f", {n_errors} contract errors" if n_errors else ""
            progress(f"{contract.name}: {len(landed)} deliveries, {kept:,} rows, {rejected:,} put aside{errors}")
    return reports


def _land(settings: Settings, contract: Contract, deliveries: Sequence[Delivery]) -> list[LandingReport]:
    reports: list[LandingReport] = []
    if deliveries:
        with Workbench(settings) as bench:
            for group in groups(deliveries):
                reports += land_group(bench, settings, contract, group)
    return reports
