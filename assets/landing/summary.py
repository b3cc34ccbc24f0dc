"""What was delivered and landed, per dataset and day: read from the manifests, for people on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from assets.landing.contract import load_contracts
from assets.landing.delivery import delivered_days, delivered_files, delivery_folder
from assets.landing.report import LandingReport
from assets.landing.storage import read_manifest
from orchestration.settings import Settings


@dataclass(frozen=True, slots=True)
class DaySummary:
    """One delivery of one dataset. `is_landed` is false while files still wait in the landing folder."""

    source: str
    dataset: str
    received_on: date
    n_files: int
    is_landed: bool
    n_rows_read: int
    n_rows_kept: int
    n_rows_rejected: int
    n_rows_duplicate: int
    reject_counts: dict[str, int]
    contract_errors: tuple[str, ...]


def summarise(settings: Settings, *, since: date | None = None, until: date | None = None) -> Iterator[DaySummary]:
    """One row per dataset and delivered day, in order of source, dataset and day."""
    for contract in load_contracts().values():
        landed = {
            date.fromisoformat(path.name.removesuffix(".manifest.json"))
            for path in (settings.raw_dir / contract.source / contract.dataset).glob("*.manifest.json")
        }
        for day in sorted(landed | set(delivered_days(settings, contract))):
            if (since and day < since) or (until and day > until):
                continue
            files = {f.name for f in delivered_files(delivery_folder(settings, contract, day))}
            manifest = read_manifest(settings, contract, day)
            report = (
                LandingReport.from_dict(manifest["report"])
                if manifest
                else LandingReport(contract.source, contract.dataset, day)
            )
            yield DaySummary(
                source=contract.source,
                dataset=contract.dataset,
                received_on=day,
                n_files=len(files | {f.name for f in report.files}),
                is_landed=manifest is not None and files <= {f.name for f in report.files},
                n_rows_read=report.n_rows_read,
                n_rows_kept=report.n_rows_kept,
                n_rows_rejected=report.n_rows_rejected,
                n_rows_duplicate=report.n_rows_duplicate,
                reject_counts=dict(report.reject_counts),
                contract_errors=report.contract_errors,
            )
