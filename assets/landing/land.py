"""Lands deliveries: reads, types and sorts out what lies in the landing folder, and writes it as raw Parquet.

The same delivery twice changes nothing; a delivery that got another file is landed again as a whole; deliveries of
earlier days that nobody landed are caught up, so that a missed morning loses nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain

import pyarrow as pa

from assets.landing.contract import Contract, contract_of, load_contracts
from assets.landing.delivery import (
    DeliveredFile,
    FileProblem,
    delivered_days,
    delivered_files,
    delivery_folder,
)
from assets.landing.read_csv import read_csv
from assets.landing.read_ndjson import read_ndjson
from assets.landing.read_parquet import read_parquet
from assets.landing.report import ContractError, ExpectationOutcome, FileReport, LandingReport
from assets.landing.sorting import sort_out
from assets.landing.storage import (
    REJECTS_SCHEMA,
    ensure_raw,
    raw_path,
    read_manifest,
    rejects_path,
    write_atomically,
    write_manifest,
    write_table,
)
from assets.landing.workbench import Reject, Workbench
from assets.quality.suites import Suite, suite_of
from orchestration.settings import Settings

__all__ = ["ContractError", "LandingReport", "ensure_raw", "land_dataset", "land_history"]

_READERS = {"csv": read_csv, "ndjson": read_ndjson, "parquet": read_parquet}

# How much is landed at once: bounded by memory on one side, by the price of a check per delivery on the other.
_GROUP_BYTES = 64 * 1024**2
_GROUP_FILES = 500

# A delivery of fewer rows than this may well consist of accidents only.
_MIN_ROWS_FOR_ERROR = 10


@dataclass
class _Delivery:
    """One day's files of one dataset on their way through a landing."""

    received_on: date
    files: list[DeliveredFile]
    earlier: LandingReport | None
    reports: list[FileReport] = field(default_factory=list)
    file_numbers: list[int] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    keeps_earlier: bool = False


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
    due = [d for day in earlier_days if catch_up and (d := _due(settings, contract, day))]
    today = _due(settings, contract, received_on, thorough=True, force=force)
    landed = _land(settings, contract, [*due, today] if today else due)
    report = landed.pop() if today else _report_without_landing(settings, contract, received_on)
    report = replace(
        report,
        caught_up=tuple(landed),
        open_errors=tuple(_open_errors(settings, contract, earlier_days)),
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
        landed = _land(settings, contract, [d for day in days if (d := _due(settings, contract, day))])
        reports += landed
        if progress and landed:
            kept, rejected = sum(r.n_rows_kept for r in landed), sum(r.n_rows_rejected for r in landed)
            n_errors = sum(len(r.contract_errors) for r in landed)
            errors = f", {n_errors} contract errors" if n_errors else ""
            progress(f"{contract.name}: {len(landed)} deliveries, {kept:,} rows, {rejected:,} put aside{errors}")
    return reports


def _due(
    settings: Settings, contract: Contract, day: date, *, thorough: bool = False, force: bool = False
) -> _Delivery | None:
    """The day's delivery if there is something to land. Without `thorough`, size and time stand for the content."""
    files = delivered_files(delivery_folder(settings, contract, day))
    if not files:
        return None
    manifest = read_manifest(settings, contract, day)
    if manifest is None:
        return _Delivery(day, files, None)
    earlier = LandingReport.from_dict(manifest["report"])
    known = {f.name: f for f in earlier.files}
    names = {f.name for f in files}
    is_raw_missing = not raw_path(settings, contract, day).exists() and any(
        f.status == "landed" for f in earlier.files
    )
    if (
        force
        or is_raw_missing
        or any(f.status == "refused" and f.name not in names for f in earlier.files)
        or any(_is_changed(file, known.get(file.name), thorough) for file in files)
    ):
        return _Delivery(day, files, None if is_raw_missing else earlier)
    return None


def _is_changed(file: DeliveredFile, known: FileReport | None, thorough: bool) -> bool:
    if known is None:
        return True
    if not thorough and file.stamp == (known.size, known.mtime_ns):
        return False
    return file.sha256 != known.sha256


def _report_without_landing(settings: Settings, contract: Contract, day: date) -> LandingReport:
    manifest = read_manifest(settings, contract, day)
    if manifest is not None:
        report = replace(LandingReport.from_dict(manifest["report"]), skipped=True)
        if delivered_files(delivery_folder(settings, contract, day)):
            return report
        # The landing folder has been cleared since; a refused file that is gone is no problem any more.
        return replace(report, contract_errors=())
    return LandingReport(
        contract.source, contract.dataset, day, needed_for_sending=contract.needed_for_sending
    )


def _open_errors(settings: Settings, contract: Contract, days: Sequence[date]) -> Iterator[str]:
    """Errors of earlier deliveries that still wait; only where they could make sending wrong."""
    for day in days if contract.needed_for_sending else ():
        manifest = read_manifest(settings, contract, day)
        names = {f.name for f in delivered_files(delivery_folder(settings, contract, day))}
        if manifest is None or not manifest["report"]["contract_errors"]:
            continue
        refused = {f["name"] for f in manifest["report"]["files"] if f["status"] == "refused"}
        if refused & names or not refused:
            yield from (f"(delivered {day}) {error}" for error in manifest["report"]["contract_errors"])


def _land(settings: Settings, contract: Contract, deliveries: Sequence[_Delivery]) -> list[LandingReport]:
    reports: list[LandingReport] = []
    if deliveries:
        with Workbench(settings) as bench:
            for group in _groups(deliveries):
                reports += _land_group(bench, settings, contract, group)
    return reports


def _groups(deliveries: Sequence[_Delivery]) -> Iterator[list[_Delivery]]:
    group: list[_Delivery] = []
    for delivery in deliveries:
        candidate = [*group, delivery]
        files = list(chain.from_iterable(d.files for d in candidate))
        if group and (len(files) > _GROUP_FILES or sum(f.stamp[0] for f in files) > _GROUP_BYTES):
            yield group
            candidate = [delivery]
        group = candidate
    if group:
        yield group


def _land_group(
    bench: Workbench, settings: Settings, contract: Contract, deliveries: Sequence[_Delivery]
) -> list[LandingReport]:
    bench.begin(contract)
    delivery_of_file: list[int] = []
    rejects: list[Reject] = []
    for number, delivery in enumerate(deliveries):
        for file in _in_stable_order(delivery.files):
            rejects += _take(bench, contract, delivery, file, len(delivery_of_file))
            delivery_of_file.append(number)
        _protect_earlier(bench, delivery)
    suite = suite_of(contract.source, contract.dataset)
    sorted_out = sort_out(bench, contract, suite, delivery_of_file, len(deliveries))
    kept = bench.kept_by_file()
    rejects_of: list[list[Reject]] = [[] for _ in deliveries]
    for reject in (*rejects, *sorted_out.rejects):
        rejects_of[delivery_of_file[reject.file_no]].append(reject)
    reports = []
    for number, delivery in enumerate(deliveries):
        if delivery.keeps_earlier:
            report = _refused(contract, delivery)
        else:
            counted = _with_counts(delivery, kept, rejects_of[number], sorted_out.n_duplicate)
            outcomes = sorted_out.outcomes[number]
            readable = _readable(contract, suite, counted, rejects_of[number])
            report = _report(contract, delivery, counted, rejects_of[number], (readable, *outcomes))
            _write(bench, settings, contract, delivery, report, rejects_of[number])
        write_manifest(settings, contract, delivery.received_on, report.to_dict())
        reports.append(report)
    return reports


def _in_stable_order(files: Sequence[DeliveredFile]) -> list[DeliveredFile]:
    return sorted(files, key=lambda file: file.name)


def _take(
    bench: Workbench, contract: Contract, delivery: _Delivery, file: DeliveredFile, number: int
) -> list[Reject]:
    """Reads one file onto the bench; a refused one leaves nothing there."""
    content_sha256, status, n_read = "", "refused", 0
    notes: tuple[str, ...] = ()
    rejects: list[Reject] = []
    try:
        reader = _READERS[file.format]
        data = file.read()
        content_sha256 = hashlib.sha256(data).hexdigest()
        twin = next(
            (f.name for f in delivery.reports if f.status == "landed" and f.content_sha256 == content_sha256),
            None,
        )
        if twin is not None:
            status, notes = "duplicate", (f"has the same content as {twin}: skipped",)
        else:
            rows = reader(bench.connection, data, contract)
            rejects = [Reject(number, b.line, None, b.rule, None, b.reason) for b in rows.broken]
            rejects += bench.add(contract, number, file.name, delivery.received_on, rows)
            delivery.unknown += [c for c in rows.unknown_columns if c not in delivery.unknown]
            status, notes, n_read = "landed", rows.notes, rows.n_rows_read
    except FileProblem as problem:
        delivery.errors += [f"{file.name}: {line}" for line in problem.lines]
    size, mtime_ns = file.stamp
    delivery.reports.append(
        FileReport(
            file.name, status, file.sha256, content_sha256, size, mtime_ns, n_rows_read=n_read, notes=notes
        )
    )
    delivery.file_numbers.append(number)
    return rejects


def _protect_earlier(bench: Workbench, delivery: _Delivery) -> None:
    """What was landed well stays in force when its file has since gone or been broken."""
    if delivery.earlier is None:
        return
    usable = {f.name for f in delivery.reports if f.status != "refused"}
    lost = [f.name for f in delivery.earlier.files if f.status == "landed" and f.name not in usable]
    if lost:
        delivery.keeps_earlier = True
        delivery.errors += [
            f"{name}: was landed before and can no longer be read; what was landed stays in force, and nothing new"
            " of this day is landed until the file is put back"
            for name in lost
        ]
        bench.remove_day(delivery.received_on)


def _refused(contract: Contract, delivery: _Delivery) -> LandingReport:
    assert delivery.earlier is not None
    refused = [f for f in delivery.reports if f.status == "refused"]
    names = {f.name for f in refused}
    files = [f for f in delivery.earlier.files if f.name not in names]
    return replace(
        delivery.earlier, contract_errors=tuple(delivery.errors), files=(*files, *refused), skipped=False
    )


def _with_counts(
    delivery: _Delivery, kept: dict[int, int], rejects: Sequence[Reject], n_duplicate: dict[int, int]
) -> list[FileReport]:
    rejected: dict[int, set[int]] = {}
    for reject in rejects:
        rejected.setdefault(reject.file_no, set()).add(reject.source_line)
    counted = []
    for number, report in zip(delivery.file_numbers, delivery.reports, strict=True):
        counted.append(
            replace(
                report,
                n_rows_kept=kept.get(number, 0),
                n_rows_rejected=len(rejected.get(number, ())),
                n_rows_duplicate=n_duplicate.get(number, 0),
            )
        )
    return counted


def _readable(
    contract: Contract, suite: Suite, files: Sequence[FileReport], rejects: Sequence[Reject]
) -> ExpectationOutcome:
    """How much of the delivery had to be put aside before any rule could look at it."""
    rules = {e.rule for e in suite.expectations}
    n_broken = len({(r.file_no, r.source_line) for r in rejects if r.rule not in rules})
    n_rows = sum(f.n_rows_read for f in files)
    is_serious = contract.needed_for_sending and not suite.tolerance.covers(n_broken, n_rows)
    return ExpectationOutcome(
        name="readable",
        passed=n_broken == 0,
        severity="blocking" if is_serious else "warning",
        observed=f"{n_broken} of {n_rows} rows{' (put aside)' if n_broken else ''}",
        sentence="every row can be split into fields, and every value has its column's type",
        n_broken=n_broken,
    )


def _report(
    contract: Contract,
    delivery: _Delivery,
    files: Sequence[FileReport],
    rejects: Sequence[Reject],
    outcomes: tuple[ExpectationOutcome, ...],
) -> LandingReport:
    read, rejected = sum(f.n_rows_read for f in files), sum(f.n_rows_rejected for f in files)
    kept, duplicate = sum(f.n_rows_kept for f in files), sum(f.n_rows_duplicate for f in files)
    if read != kept + rejected + duplicate:
        raise RuntimeError(
            f"{contract.name} {delivery.received_on}: {read} rows were read, but {kept} kept, {rejected} rejected and"
            f" {duplicate} repeated; nothing was written"
        )
    counts: dict[str, set[tuple[int, int]]] = {}
    for reject in rejects:
        counts.setdefault(reject.rule, set()).add((reject.file_no, reject.source_line))
    reject_counts = {rule: len(rows) for rule, rows in sorted(counts.items())}
    errors = list(delivery.errors)
    if read >= _MIN_ROWS_FOR_ERROR and rejected == read:
        worst = max(reject_counts, key=lambda rule: reject_counts[rule])
        errors.append(f"none of the {read} rows could be kept; the most frequent reason is {worst}")
    return LandingReport(
        source=contract.source,
        dataset=contract.dataset,
        received_on=delivery.received_on,
        n_rows_read=read,
        n_rows_kept=kept,
        n_rows_rejected=rejected,
        n_rows_duplicate=duplicate,
        reject_counts=reject_counts,
        unknown_columns=tuple(delivery.unknown),
        contract_errors=tuple(errors),
        expectations=outcomes,
        files=tuple(files),
        notes=tuple(f"{f.name}: {note}" for f in files for note in f.notes),
        needed_for_sending=contract.needed_for_sending,
    )


def _write(
    bench: Workbench,
    settings: Settings,
    contract: Contract,
    delivery: _Delivery,
    report: LandingReport,
    rejects: Sequence[Reject],
) -> None:
    day = delivery.received_on
    if any(f.status == "landed" for f in report.files):
        write_atomically(
            raw_path(settings, contract, day), lambda path: bench.write(contract, day, path)
        )
    target = rejects_path(settings, contract, day)
    if not rejects:
        target.unlink(missing_ok=True)
        return
    name_of = {n: f.name for n, f in zip(delivery.file_numbers, delivery.reports, strict=True)}
    rows = sorted(
        (name_of[r.file_no], r.source_line, r.column or "", r.rule, r.column, r.value, r.reason) for r in rejects
    )
    table = pa.Table.from_pylist(
        [
            {
                "received_on": day,
                "source": contract.source,
                "dataset": contract.dataset,
                "source_file": file,
                "source_line": line,
                "column_name": column,
                "rule": rule,
                "value": value,
                "reason": reason,
            }
            for file, line, _, rule, column, value, reason in rows
        ],
        schema=REJECTS_SCHEMA,
    )
    write_table(target, table)
