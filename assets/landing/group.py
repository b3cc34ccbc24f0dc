"""Lands a group of deliveries of one dataset: files onto the bench, rows sorted out, results written day by day."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

import duckdb
import pyarrow as pa

from assets.landing.contract import Contract
from assets.landing.delivery import DeliveredFile, FileProblem
from assets.landing.plan import Delivery
from assets.landing.read_csv import read_csv
from assets.landing.read_ndjson import read_ndjson
from assets.landing.read_parquet import read_parquet
from assets.landing.report import IN_FORCE, ExpectationOutcome, FileReport, LandingReport
from assets.landing.sorting import sort_out
from assets.landing.storage import (
    REJECTS_SCHEMA,
    raw_path,
    rejects_path,
    write_atomically,
    write_manifest,
    write_table,
)
from assets.landing.workbench import Reject, Workbench
from assets.quality.suites import Suite, suite_of
from orchestration.settings import Settings

_READERS = {"csv": read_csv, "ndjson": read_ndjson, "parquet": read_parquet}

# A delivery of fewer rows than this may well consist of accidents only.
_MIN_ROWS_FOR_ERROR = 10


def land_group(
    bench: Workbench, settings: Settings, contract: Contract, deliveries: Sequence[Delivery]
) -> list[LandingReport]:
    bench.begin(contract)
    delivery_of_file: list[int] = []
    rejects: list[Reject] = []
    for number, delivery in enumerate(deliveries):
        for file in delivery.files:
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
        if delivery.keeps_earlier and delivery.earlier:
            report = _refused(delivery, delivery.earlier)
        else:
            counted = _with_counts(delivery, kept, rejects_of[number], sorted_out.n_duplicate)
            outcomes = sorted_out.outcomes[number]
            readable = _readable(contract, suite, counted, rejects_of[number])
            report = _report(contract, delivery, counted, rejects_of[number], (readable, *outcomes))
            _write(bench, settings, contract, delivery, report, rejects_of[number])
        write_manifest(settings, contract, delivery.received_on, report.to_dict())
        reports.append(report)
    return reports


def _take(bench: Workbench, contract: Contract, delivery: Delivery, file: DeliveredFile, number: int) -> list[Reject]:
    """Reads one file onto the bench; a refused one leaves nothing there."""
    size, mtime_ns = file.stamp
    report = FileReport(file.name, "refused", "", "", size, mtime_ns)
    rejects: list[Reject] = []
    try:
        packed = file.packed()
        # Of the bytes that are landed, not of the file: it may have grown since.
        report = replace(report, sha256=hashlib.sha256(packed).hexdigest())
        reader = _READERS[file.format]
        content = file.unpacked(packed)
        report = replace(report, content_sha256=hashlib.sha256(content).hexdigest())
        if (twin := _twin(delivery, report)) is not None:
            note = f"has the same content as {twin}: skipped"
            report = replace(report, status="duplicate", notes=(note,))
        else:
            rows = reader(bench.connection, content, contract)
            rejects = [Reject(number, b.line, None, b.rule, None, b.reason) for b in rows.broken]
            rejects += bench.add(contract, number, file.name, delivery.received_on, rows)
            delivery.unknown += [c for c in rows.unknown_columns if c not in delivery.unknown]
            report = replace(report, status="landed", notes=rows.notes, n_rows_read=rows.n_rows_read)
    except FileProblem as problem:
        delivery.errors += [f"{file.name}: {line}" for line in problem.lines]
    except (duckdb.DataError, duckdb.ProgrammingError, duckdb.NotSupportedError) as error:
        # Content that no reader foresaw. The engine's own words may quote values: only their kind is passed on.
        delivery.errors.append(f"{file.name}: could not be read ({type(error).__name__}); nothing of it was landed")
        bench.remove_file(number)
        rejects = []
    delivery.reports.append(report)
    delivery.file_numbers.append(number)
    return rejects


def _twin(delivery: Delivery, report: FileReport) -> str | None:
    landed = (f for f in delivery.reports if f.status == "landed")
    return next((f.name for f in landed if f.content_sha256 == report.content_sha256), None)


def _protect_earlier(bench: Workbench, delivery: Delivery) -> None:
    """What was landed well stays in force when its file has since gone or been broken."""
    if delivery.earlier is None:
        return
    usable = [f for f in delivery.reports if f.status != "refused"]
    names, contents = {f.name for f in usable}, {f.content_sha256 for f in usable}
    lost = [
        f.name
        for f in delivery.earlier.files
        if f.status in IN_FORCE and f.n_rows_kept and f.name not in names and f.content_sha256 not in contents
    ]
    if lost:
        delivery.keeps_earlier = True
        delivery.errors += [
            f"{name}: was landed before and can no longer be read; what was landed stays in force, and nothing new"
            " of this day is landed until the file is put back"
            for name in lost
        ]
        bench.remove_day(delivery.received_on)


def _refused(delivery: Delivery, earlier: LandingReport) -> LandingReport:
    """The earlier report, with the errors that kept the day from being landed again."""
    files = {f.name: f for f in earlier.files}
    for refused in (f for f in delivery.reports if f.status == "refused"):
        known = files.get(refused.name)
        if known is not None and known.status in IN_FORCE:
            # Counts and content stay those of what was landed; hash and size tell when the file is another one again.
            files[refused.name] = replace(
                known,
                status="superseded",
                sha256=refused.sha256,
                size=refused.size,
                mtime_ns=refused.mtime_ns,
            )
        else:
            files[refused.name] = refused
    return replace(earlier, contract_errors=tuple(delivery.errors), files=tuple(files.values()))


def _with_counts(
    delivery: Delivery, kept: Mapping[int, int], rejects: Sequence[Reject], n_duplicate: Mapping[int, int]
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
    delivery: Delivery,
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
    delivery: Delivery,
    report: LandingReport,
    rejects: Sequence[Reject],
) -> None:
    day = delivery.received_on
    if any(f.status == "landed" for f in report.files):
        write_atomically(raw_path(settings, contract, day), lambda path: bench.write(contract, day, path))
    target = rejects_path(settings, contract, day)
    if not rejects:
        target.unlink(missing_ok=True)
        return
    name_of = {n: f.name for n, f in zip(delivery.file_numbers, delivery.reports, strict=True)}
    rows = [
        {
            "received_on": day,
            "source": contract.source,
            "dataset": contract.dataset,
            "source_file": name_of[reject.file_no],
            "source_line": reject.source_line,
            "column_name": reject.column,
            "rule": reject.rule,
            "value": reject.value,
            "reason": reject.reason,
        }
        for reject in sorted(rejects, key=lambda r: (r.file_no, r.source_line, r.column or "", r.rule))
    ]
    write_table(target, pa.Table.from_pylist(rows, schema=REJECTS_SCHEMA))
