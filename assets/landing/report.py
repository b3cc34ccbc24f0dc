"""What a landing says about itself: counts, rejects by rule, outcomes of the expectations. Never a value.

Reports are kept in the manifest beside the raw file, so that a second landing of the same delivery, which does
nothing, still answers with the same report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any

from assets.quality.suites import Severity


@dataclass(frozen=True, slots=True)
class ExpectationOutcome:
    """One rule over one delivery. `severity` is that of this outcome: a few broken rows only warn."""

    name: str
    passed: bool
    severity: Severity
    observed: str
    sentence: str
    n_broken: int = 0


# States of a file whose rows are in the raw file, and of one whose present content was refused.
IN_FORCE = ("landed", "superseded")
REFUSED = ("refused", "superseded")


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file.

    `landed`; `duplicate`: same content as another file of the day; `refused`; `superseded`: refused, but what was
    landed under its name before is still in force.
    """

    name: str
    status: str
    sha256: str
    content_sha256: str
    size: int
    mtime_ns: int
    n_rows_read: int = 0
    n_rows_kept: int = 0
    n_rows_rejected: int = 0
    n_rows_duplicate: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LandingReport:
    """One delivery of one dataset: n_rows_read = kept + rejected + duplicate.

    `contract_errors`: one line per mismatch of a file that could not be taken (the others were).
    `open_errors`: such lines of earlier days that nobody has put right yet.
    `caught_up`: reports of earlier deliveries that were landed along with this one.
    """

    source: str
    dataset: str
    received_on: date
    n_rows_read: int = 0
    n_rows_kept: int = 0
    n_rows_rejected: int = 0
    n_rows_duplicate: int = 0
    reject_counts: Mapping[str, int] = field(default_factory=dict)
    unknown_columns: tuple[str, ...] = ()
    contract_errors: tuple[str, ...] = ()
    expectations: tuple[ExpectationOutcome, ...] = ()
    files: tuple[FileReport, ...] = ()
    notes: tuple[str, ...] = ()
    needed_for_sending: bool = False
    skipped: bool = False
    open_errors: tuple[str, ...] = ()
    caught_up: tuple[LandingReport, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.source}/{self.dataset}"

    @property
    def was_delivered(self) -> bool:
        return bool(self.files)

    @property
    def all_errors(self) -> tuple[str, ...]:
        return (*self.contract_errors, *self.open_errors)

    def failed(self, severity: Severity) -> tuple[ExpectationOutcome, ...]:
        return tuple(e for e in self.expectations if not e.passed and e.severity == severity)

    def to_dict(self) -> dict[str, Any]:
        """For the manifest; what belongs to the moment of asking is left out."""
        content = asdict(replace(self, caught_up=(), open_errors=(), skipped=False))
        for name in ("caught_up", "open_errors", "skipped"):
            del content[name]
        return {**content, "received_on": self.received_on.isoformat()}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> LandingReport:
        lists = ("unknown_columns", "contract_errors", "notes")
        return cls(
            **{
                **content,
                **{name: tuple(content[name]) for name in lists},
                "received_on": date.fromisoformat(content["received_on"]),
                "expectations": tuple(ExpectationOutcome(**e) for e in content["expectations"]),
                "files": tuple(FileReport(**{**f, "notes": tuple(f["notes"])}) for f in content["files"]),
            }
        )


class ContractError(Exception):
    """Deliveries that do not keep their contract. `reports` hold everything else that was landed."""

    def __init__(self, reports: Sequence[LandingReport]) -> None:
        self.reports = tuple(reports)
        lines = [f"- {r.name} {r.received_on}: {error}" for r in self.reports for error in r.all_errors]
        sources = sorted({r.source for r in self.reports if r.all_errors})
        places = ", ".join(f"assets/landing/contracts/{source}.yml" for source in sources)
        super().__init__(
            "These deliveries do not keep their contract:\n"
            + "\n".join(lines)
            + "\nPut the files right in their landing folders and land the day again (everything else has been"
            f" landed); if the source has changed for good, change its contract in {places}."
        )
