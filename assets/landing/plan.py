"""Decides what is due: which deliveries have not been landed yet, and which earlier errors still wait."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from assets.landing.contract import Contract
from assets.landing.delivery import DeliveredFile, delivered_files, delivery_folder, strays
from assets.landing.report import IN_FORCE, REFUSED, FileReport, LandingReport
from assets.landing.storage import raw_path, read_manifest
from orchestration.settings import Settings

# How much is landed at once: bounded by memory on one side, by the price of a check per delivery on the other.
_GROUP_BYTES = 64 * 1024**2
_GROUP_FILES = 500


@dataclass
class Delivery:
    """One day's files of one dataset on their way through a landing."""

    received_on: date
    files: list[DeliveredFile]
    earlier: LandingReport | None
    reports: list[FileReport] = field(default_factory=list)
    file_numbers: list[int] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    keeps_earlier: bool = False


def due(
    settings: Settings, contract: Contract, day: date, *, thorough: bool = False, force: bool = False
) -> Delivery | None:
    """The day's delivery if there is something to land. Without `thorough`, size and time stand for the content."""
    files = delivered_files(delivery_folder(settings, contract, day))
    if not files:
        return None
    manifest = read_manifest(settings, contract, day)
    if manifest is None:
        return Delivery(day, files, None)
    earlier = LandingReport.from_dict(manifest["report"])
    known = {f.name: f for f in earlier.files}
    names = {f.name for f in files}
    is_raw_missing = not raw_path(settings, contract, day).exists() and any(f.status in IN_FORCE for f in earlier.files)
    if (
        force
        or is_raw_missing
        or any(f.status in REFUSED and f.name not in names for f in earlier.files)
        or any(_is_changed(file, known.get(file.name), thorough) for file in files)
    ):
        return Delivery(day, files, None if is_raw_missing else earlier)
    return None


def _is_changed(file: DeliveredFile, known: FileReport | None, thorough: bool) -> bool:
    if known is None:
        return True
    if not thorough and file.stamp == (known.size, known.mtime_ns):
        return False
    return file.sha256 != known.sha256


def report_without_landing(settings: Settings, contract: Contract, day: date) -> LandingReport:
    manifest = read_manifest(settings, contract, day)
    if manifest is not None:
        report = replace(LandingReport.from_dict(manifest["report"]), skipped=True)
        if delivered_files(delivery_folder(settings, contract, day)):
            return report
        # The landing folder has been cleared since; a refused file that is gone is no problem any more.
        return replace(report, contract_errors=())
    return LandingReport(contract.source, contract.dataset, day, needed_for_sending=contract.needed_for_sending)


def open_errors(settings: Settings, contract: Contract, days: Sequence[date]) -> Iterator[str]:
    """Errors of earlier deliveries that still wait (only where they could make sending wrong), and stray files."""
    yield from strays(settings, contract)
    for day in days if contract.needed_for_sending else ():
        manifest = read_manifest(settings, contract, day)
        names = {f.name for f in delivered_files(delivery_folder(settings, contract, day))}
        if manifest is None or not manifest["report"]["contract_errors"]:
            continue
        refused = {f["name"] for f in manifest["report"]["files"] if f["status"] in REFUSED}
        if names & (refused or names):
            yield from (f"(delivered {day}) {error}" for error in manifest["report"]["contract_errors"])


def groups(deliveries: Sequence[Delivery]) -> Iterator[list[Delivery]]:
    group: list[Delivery] = []
    for delivery in deliveries:
        candidate = [*group, delivery]
        files = [file for d in candidate for file in d.files]
        if group and (len(files) > _GROUP_FILES or sum(f.stamp[0] for f in files) > _GROUP_BYTES):
            yield group
            candidate = [delivery]
        group = candidate
    if group:
        yield group
