"""Lands a group of deliveries of one dataset: files onto the bench, rows sorted out, results written day by day."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from assets.landing.contract import Contract
from assets.landing.delivery_report import refused_report, report_of, with_counts
from assets.landing.plan import Delivery
from assets.landing.report import LandingReport
from assets.landing.sorting import sort_out
from assets.landing.storage import REJECTS_SCHEMA, raw_path, rejects_path, write_manifest, write_table
from assets.landing.take import protect_earlier, take_file
from assets.landing.workbench import Reject, Workbench
from assets.quality.suites import suite_of
from orchestration.files import write_atomically
from orchestration.settings import Settings


def land_group(
    bench: Workbench, settings: Settings, contract: Contract, deliveries: Sequence[Delivery]
) -> list[LandingReport]:
    bench.begin(contract)
    delivery_of_file: list[int] = []
    rejects: list[Reject] = []
    for number, delivery in enumerate(deliveries):
        for file in delivery.files:
            rejects += take_file(bench, contract, delivery, file, len(delivery_of_file))
            delivery_of_file.append(number)
        protect_earlier(bench, delivery)
    suite = suite_of(contract.source, contract.dataset)
    sorted_out = sort_out(bench, contract, suite, delivery_of_file, len(deliveries))
    kept = bench.kept_by_file()
    rejects_of: list[list[Reject]] = [[] for _ in deliveries]
    for reject in (*rejects, *sorted_out.rejects):
        rejects_of[delivery_of_file[reject.file_no]].append(reject)
    reports = []
    for number, delivery in enumerate(deliveries):
        if delivery.keeps_earlier and delivery.earlier:
            report = refused_report(delivery, delivery.earlier)
        else:
            counted = with_counts(delivery, kept, rejects_of[number], sorted_out.n_duplicate)
            report = report_of(contract, suite, delivery, counted, rejects_of[number], sorted_out.outcomes[number])
            _write(bench, settings, contract, delivery, report, rejects_of[number])
        write_manifest(settings, contract, delivery.received_on, report.to_dict())
        reports.append(report)
    return reports


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
