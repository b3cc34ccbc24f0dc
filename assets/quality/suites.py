"""Expectation suites: the rules for the values of a delivery, one YAML file per dataset.

Only loads and checks the files; `validate.py` runs them. Every rule looks at single rows (or at rows of one delivery
among each other), so that landing can put exactly the broken rows aside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

SUITES_DIR = Path(__file__).parent / "suites"

Severity = Literal["blocking", "warning"]

UNIQUE = "expect_compound_columns_to_be_unique"

# Expectations that point at the broken rows one by one. A rule about a whole column (a mean, a row count) could
# not say which rows to put aside, so it has no place here.
ROW_EXPECTATIONS = frozenset(
    {
        UNIQUE,
        "expect_column_values_to_not_be_null",
        "expect_column_values_to_be_in_set",
        "expect_column_values_to_be_between",
        "expect_column_values_to_match_regex",
        "expect_column_values_to_not_match_regex",
        "expect_column_value_lengths_to_be_between",
        "expect_column_pair_values_a_to_be_greater_than_b",
    }
)

# Columns that every checked frame has beside the dataset's own: the day of delivery, and the instant it ended.
RECEIVED_ON, RECEIVED_UNTIL = "received_on", "received_until"


class UnusableSuite(ValueError):
    """A suite file does not hold what a suite needs; the message lists every mistake."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How many broken rows are an accident (a warning) and not yet a broken delivery (severity as declared)."""

    share: float = 0.05
    rows: int = 10

    def covers(self, n_broken: int, n_rows: int) -> bool:
        return n_broken <= max(self.rows, self.share * n_rows)


@dataclass(frozen=True, slots=True)
class Expectation:
    """One rule for one column (or one combination of columns)."""

    rule: str
    expect: str
    column: str
    kwargs: Mapping[str, Any]
    severity: Severity
    rejects_rows: bool
    sentence: str

    @property
    def name(self) -> str:
        return f"{self.rule}({self.column})"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the rule reads."""
        named = [self.kwargs.get(key) for key in ("column", "column_A", "column_B")]
        return tuple(str(n) for n in (*named, *self.kwargs.get("column_list", ())) if n)


@dataclass(frozen=True, slots=True)
class Suite:
    """The rules of one dataset. `derived` names columns made for the checks: the first given value of others."""

    dataset: str
    expectations: tuple[Expectation, ...]
    tolerance: Tolerance = field(default_factory=Tolerance)
    derived: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """The delivered columns that the rules need, in a stable order."""
        needed: dict[str, None] = {}
        for expectation in self.expectations:
            for name in expectation.columns:
                needed.update(dict.fromkeys(self.derived.get(name, (name,))))
        return tuple(n for n in needed if n not in (RECEIVED_ON, RECEIVED_UNTIL))

    @property
    def severities(self) -> tuple[Severity, ...]:
        """Those that outcomes can have: few broken rows only warn, whatever the rule's own severity."""
        if not self.expectations:
            return ()
        is_blocking = any(e.severity == "blocking" for e in self.expectations)
        return ("blocking", "warning") if is_blocking else ("warning",)


@cache
def load_suites() -> Mapping[str, Suite]:
    """Every suite by `source/dataset`. Raises `UnusableSuite` that lists all mistakes of all files."""
    suites: dict[str, Suite] = {}
    problems: list[str] = []
    for path in sorted(SUITES_DIR.glob("*.yml")):
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        expectations = tuple(_expectations(content, path.name, problems))
        dataset = content.get("dataset", "")
        if path.stem != dataset.replace("/", "."):
            problems.append(f"{path.name}: is named after another dataset than {dataset!r}")
        suites[dataset] = Suite(
            dataset=dataset,
            expectations=expectations,
            tolerance=Tolerance(**content.get("tolerance", {})),
            derived={name: tuple(columns) for name, columns in content.get("derived", {}).items()},
        )
    if problems:
        raise UnusableSuite("The expectation suites cannot be used:\n" + "\n".join(f"- {p}" for p in problems))
    return suites


def suite_of(source: str, dataset: str) -> Suite:
    """The suite of one dataset; one without rules when there is no file."""
    name = f"{source}/{dataset}"
    return load_suites().get(name, Suite(dataset=name, expectations=()))


def _expectations(content: Mapping[str, Any], file: str, problems: list[str]) -> Iterator[Expectation]:
    for position, entry in enumerate(content.get("expectations", ()), start=1):
        where = f"{file}, expectation {position}"
        missing = {"rule", "expect", "severity", "rejects_rows", "sentence"} - entry.keys()
        if missing:
            problems.append(f"{where}: lacks {', '.join(sorted(missing))}")
            continue
        if entry["expect"] not in ROW_EXPECTATIONS:
            problems.append(f"{where}: {entry['expect']} is none of {', '.join(sorted(ROW_EXPECTATIONS))}")
        if entry["severity"] not in ("blocking", "warning"):
            problems.append(f"{where}: severity must be blocking or warning")
        kwargs = entry.get("kwargs", {})
        if "columns" in entry:
            for column in entry["columns"]:
                yield _expectation(entry, column, {"column": column, **kwargs})
        else:
            of_key = [c for c in kwargs.get("column_list", ()) if c != RECEIVED_ON]
            yield _expectation(entry, entry.get("column") or ", ".join(of_key), kwargs)


def _expectation(entry: Mapping[str, Any], column: str, kwargs: Mapping[str, Any]) -> Expectation:
    words = {k: ", ".join(map(str, v)) if isinstance(v, list) else v for k, v in kwargs.items()}
    return Expectation(
        rule=entry["rule"],
        expect=entry["expect"],
        column=column,
        kwargs=dict(kwargs),
        severity=entry["severity"],
        rejects_rows=entry["rejects_rows"],
        sentence=entry["sentence"].format(**{**words, "column": column}),
    )
