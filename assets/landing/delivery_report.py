"""What is reported of one delivery: its files with their counts, why rows were rejected, and whether all adds up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from assets.landing.contract import Contract
from assets.landing.plan import Delivery
from assets.landing.report import IN_FORCE, ExpectationOutcome, FileReport, LandingReport
from assets.landing.workbench import Reject
from assets.quality.suites import Suite

# A delivery of fewer rows than this may well consist of accidents only.
_MIN_ROWS_FOR_ERROR = 10


def with_counts(
    delivery: Delivery, kept: Mapping[int, int], rejects: Sequence[Reject], n_duplicate: Mapping[int, int]
) -> list[FileReport]:
    """The delivery's files, each with what became of its rows."""
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


def report_of(
    contract: Contract,
    suite: Suite,
    delivery: Delivery,
    files: Sequence[FileReport],
    rejects: Sequence[Reject],
    outcomes: Sequence[ExpectationOutcome],
) -> LandingReport:
    """The report of a landed delivery. Raises `RuntimeError` if the rows of its counted files do not add up."""
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
        expectations=(_readable(contract, suite, files, rejects), *outcomes),
        files=tuple(files),
        notes=tuple(f"{f.name}: {note}" for f in files for note in f.notes),
        needed_for_sending=contract.needed_for_sending,
    )


def refused_report(delivery: Delivery, earlier: LandingReport) -> LandingReport:
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
