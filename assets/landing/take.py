"""Takes one file of a delivery onto the bench, or refuses it; keeps what was landed of it before if it is lost."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import duckdb

from assets.landing.contract import Contract
from assets.landing.delivery import DeliveredFile, FileProblem
from assets.landing.plan import Delivery
from assets.landing.read_csv import read_csv
from assets.landing.read_ndjson import read_ndjson
from assets.landing.read_parquet import read_parquet
from assets.landing.report import IN_FORCE, FileReport
from assets.landing.workbench import Reject, Workbench

_READERS = {"csv": read_csv, "ndjson": read_ndjson, "parquet": read_parquet}


def take_file(
    bench: Workbench, contract: Contract, delivery: Delivery, file: DeliveredFile, number: int
) -> list[Reject]:
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


def protect_earlier(bench: Workbench, delivery: Delivery) -> None:
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
