"""Turns a landing's report into what Dagster shows: metadata of the asset and results of its checks. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import dagster as dg

from assets.landing.contract import Contract
from assets.landing.report import ExpectationOutcome, LandingReport
from assets.quality.suites import Severity, Suite

DELIVERY_CONTRACT = "delivery_contract"
_SEVERITIES: Mapping[Severity, dg.AssetCheckSeverity] = {
    "blocking": dg.AssetCheckSeverity.ERROR,
    "warning": dg.AssetCheckSeverity.WARN,
}
_N_FILES_SHOWN = 5


def check_specs(contract: Contract, suite: Suite) -> list[dg.AssetCheckSpec]:
    """One check for the delivery's form, and one per severity that the dataset's suite has.

    Only datasets without which sending could be wrong may stop what comes after them.
    """
    key = dg.AssetKey(["landing", contract.source, contract.dataset])
    specs = [
        dg.AssetCheckSpec(
            DELIVERY_CONTRACT,
            asset=key,
            blocking=contract.needed_for_sending,
            description="Every delivered file can be read and holds the columns that were agreed upon.",
        )
    ]
    for severity in suite.severities:
        specs.append(
            dg.AssetCheckSpec(
                f"expectations_{severity}",
                asset=key,
                blocking=severity == "blocking",
                description={
                    "blocking": "Not so many rows break a rule that sending on this data would be wrong.",
                    "warning": "No row breaks a rule. Rows that do are put aside, each with its reason.",
                }[severity],
            )
        )
    return specs


def check_results(report: LandingReport, suite: Suite) -> Iterator[dg.AssetCheckResult]:
    key = dg.AssetKey(["landing", report.source, report.dataset])
    errors = report.all_errors
    yield dg.AssetCheckResult(
        asset_key=key,
        check_name=DELIVERY_CONTRACT,
        passed=not errors,
        severity=dg.AssetCheckSeverity.ERROR,
        description="\n".join(errors) if errors else _delivered(report),
        metadata={"n_errors": len(errors)},
    )
    for severity in suite.severities:
        failed = report.failed(severity)
        if severity == "warning" and "blocking" not in suite.severities:
            failed = tuple(e for e in report.expectations if not e.passed)
        yield dg.AssetCheckResult(
            asset_key=key,
            check_name=f"expectations_{severity}",
            passed=not failed,
            severity=_SEVERITIES[severity],
            description="\n".join(f"{e.sentence}: {e.observed}" for e in failed)
            or (
                f"{sum(e.passed for e in report.expectations)} rules hold"
                if report.expectations
                else "nothing to check"
            ),
            metadata={"rules": outcome_table(report.expectations)} if report.expectations else {},
        )


def asset_metadata(report: LandingReport) -> dict[str, dg.MetadataValue]:
    """What a person wants to see of the day's delivery; caught-up deliveries are counted along."""
    reports = (*report.caught_up, report)
    rules: dict[str, int] = {}
    for one in reports:
        for rule, n_rows in one.reject_counts.items():
            rules[rule] = rules.get(rule, 0) + n_rows
    files = [f for one in reports for f in one.files]
    metadata: dict[str, dg.MetadataValue] = {
        "delivered": dg.MetadataValue.text(_delivered(report)),
        "rows_read": dg.MetadataValue.int(sum(r.n_rows_read for r in reports)),
        "dagster/row_count": dg.MetadataValue.int(sum(r.n_rows_kept for r in reports)),
        "rows_rejected": dg.MetadataValue.int(sum(r.n_rows_rejected for r in reports)),
        "rows_repeated": dg.MetadataValue.int(sum(r.n_rows_duplicate for r in reports)),
    }
    if files:
        names = [f.name for f in files[:_N_FILES_SHOWN]]
        more = f" and {len(files) - len(names)} more" if len(files) > len(names) else ""
        metadata["files"] = dg.MetadataValue.text(", ".join(names) + more)
    if rules:
        metadata["rejects_by_rule"] = dg.MetadataValue.table(
            records=[dg.TableRecord({"rule": rule, "rows": n}) for rule, n in sorted(rules.items())]
        )
    if report.unknown_columns:
        metadata["unknown_columns"] = dg.MetadataValue.text(", ".join(report.unknown_columns))
    if report.notes:
        metadata["notes"] = dg.MetadataValue.text("\n".join(report.notes))
    if report.caught_up:
        days = ", ".join(r.received_on.isoformat() for r in report.caught_up)
        metadata["caught_up"] = dg.MetadataValue.text(days)
    return metadata


def outcome_table(outcomes: tuple[ExpectationOutcome, ...]) -> dg.TableMetadataValue:
    return dg.MetadataValue.table(
        records=[
            dg.TableRecord(
                {
                    "rule": e.name,
                    "outcome": "holds" if e.passed else e.severity,
                    "observed": e.observed,
                    "meaning": e.sentence,
                }
            )
            for e in outcomes
        ]
    )


def _delivered(report: LandingReport) -> str:
    if not report.was_delivered:
        return "nothing was delivered for this day"
    n_landed = sum(f.status == "landed" for f in report.files)
    again = ", landed before" if report.skipped else ""
    return f"{n_landed} of {len(report.files)} files landed{again}"
