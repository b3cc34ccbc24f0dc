"""Sorts the typed rows out by the dataset's expectation suite: keeps, puts aside with a reason, drops repetitions.

The rules themselves stand in the suites; here is only what follows from a broken one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from assets.landing.contract import Contract
from assets.landing.masking import masked
from assets.landing.report import ExpectationOutcome
from assets.landing.workbench import Reject, Workbench
from assets.quality.suites import RECEIVED_ON, UNIQUE, Expectation, Suite
from assets.quality.validate import broken_rows


@dataclass(frozen=True, slots=True)
class Sorted:
    """`outcomes[d]` are those of delivery d; `n_duplicate[file_no]` rows were exact repetitions."""

    rejects: list[Reject]
    n_duplicate: Mapping[int, int]
    outcomes: list[tuple[ExpectationOutcome, ...]]


def sort_out(
    bench: Workbench, contract: Contract, suite: Suite, delivery_of_file: Sequence[int], n_deliveries: int
) -> Sorted:
    """Checks all rows on the bench and removes those that may not stay.

    Several deliveries are checked at once (a check costs more than its rows); outcomes are still told apart.
    """
    frame = bench.frame(contract, suite.columns)
    deliveries = np.asarray(delivery_of_file, dtype=np.int64)
    delivery = deliveries[frame["file_no"].to_numpy()] if len(frame) else np.empty(0, dtype=np.int64)
    n_rows = np.bincount(delivery, minlength=n_deliveries)
    is_out: np.ndarray = np.zeros(len(frame), dtype=bool)
    is_repeated: np.ndarray = np.zeros(len(frame), dtype=bool)
    rejects: list[Reject] = []
    n_broken: dict[int, np.ndarray] = {}

    found = list(enumerate(broken_rows(suite, frame)))
    # Uniqueness last: among rows with the same key the first *usable* one stays.
    for number, (expectation, positions) in sorted(found, key=lambda f: f[1][0].expect == UNIQUE):
        if expectation.expect == UNIQUE and len(positions):
            positions = positions[~is_out[positions]]
            key = [c for c in expectation.columns if c != RECEIVED_ON]
            same, positions = bench.repeated(contract, _keys(frame, positions), key)
            is_repeated[same] = True
        n_broken[number] = np.bincount(delivery[positions], minlength=n_deliveries)
        if expectation.rejects_rows:
            rejects += _rejects(contract, expectation, frame, positions)
            is_out[positions] = True

    gone = np.flatnonzero(is_out | is_repeated)
    bench.remove(_keys(frame, gone))
    repeated_files = frame["file_no"].to_numpy()[is_repeated & ~is_out]
    return Sorted(
        rejects,
        {int(n): int(c) for n, c in zip(*np.unique(repeated_files, return_counts=True), strict=True)},
        [
            tuple(
                _outcome(suite, expectation, int(n_broken[number][d]), int(n_rows[d]))
                for number, (expectation, _) in found
            )
            for d in range(n_deliveries)
        ],
    )


def _keys(frame: pd.DataFrame, positions: np.ndarray) -> pd.DataFrame:
    keys = frame[["file_no", "source_line"]].iloc[positions]
    return keys.assign(position=positions).reset_index(drop=True)


def _rejects(contract: Contract, expectation: Expectation, frame: pd.DataFrame, positions: np.ndarray) -> list[Reject]:
    rows = frame.iloc[positions]
    shown = [c for c in expectation.column.split(", ") if c in contract.column_names]
    values = [rows[name].tolist() for name in shown]
    return [
        Reject(
            file_no=int(file_no),
            source_line=int(line),
            column=expectation.column,
            rule=expectation.rule,
            value=_shown(contract, shown, [column[i] for column in values]),
            reason=expectation.sentence,
        )
        for i, (file_no, line) in enumerate(zip(rows["file_no"], rows["source_line"], strict=True))
    ]


def _shown(contract: Contract, names: Sequence[str], values: Sequence[object]) -> str | None:
    texts = []
    for name, value in zip(names, values, strict=True):
        if value is None or value is pd.NA or value is pd.NaT or value != value:
            continue
        column = contract.column(name)
        # A time or an amount that has its type cannot be somebody's name that slipped into the column.
        is_harmless = column.type not in ("text", "json") and not column.personal
        text = f"{value}Z" if column.type == "instant" else str(value)
        texts.append(text if is_harmless else masked(contract, name, text) or "")
    return ", ".join(texts) or None


def _outcome(suite: Suite, expectation: Expectation, n_broken: int, n_rows: int) -> ExpectationOutcome:
    aside = " (put aside)" if expectation.rejects_rows and n_broken else ""
    return ExpectationOutcome(
        name=expectation.name,
        passed=n_broken == 0,
        severity="warning" if n_broken and suite.tolerance.covers(n_broken, n_rows) else expectation.severity,
        observed=f"{n_broken} of {n_rows} rows{aside}",
        sentence=expectation.sentence,
        n_broken=n_broken,
    )
