"""The file of a month's fit: its columns, where it lies, and that it is written once.

One file per version (month) under raw/value/parameters. A version is frozen: once written it is read, never made again,
so that a prediction moves because of what a customer did and not because others did.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from assets.landing.storage import write_table
from orchestration.settings import Settings

if TYPE_CHECKING:
    from assets.value.fitting import Fit

SCHEMA = pa.schema(
    [
        ("version", pa.string()),
        ("basis_on", pa.date32()),
        ("n_customers", pa.int64()),
        ("n_repeat_customers", pa.int64()),
        ("r", pa.float64()),
        ("alpha", pa.float64()),
        ("a", pa.float64()),
        ("b", pa.float64()),
        ("purchases_log_likelihood", pa.float64()),
        ("p", pa.float64()),
        ("q", pa.float64()),
        ("gamma", pa.float64()),
        ("spend_log_likelihood", pa.float64()),
        ("test_days", pa.int32()),
        ("test_predicted", pa.float64()),
        ("test_actual", pa.float64()),
        ("calibration_factor", pa.float64()),
        ("second_purchase_survival", pa.list_(pa.float64())),
        ("warnings", pa.list_(pa.string())),
    ]
)


def version_of(run_date: date) -> str:
    return f"{run_date:%Y-%m}"


def path_of(settings: Settings, version: str) -> Path:
    return settings.raw_dir / "value" / "parameters" / f"{version}.parquet"


def write(settings: Settings, basis_on: date, fit: Fit) -> Path:
    """Write the version of the month of `basis_on`. Raises `FileExistsError` where there is one already."""
    path = path_of(settings, version_of(basis_on))
    if path.exists():
        raise FileExistsError(f"the fit of {path.stem} is frozen")
    row = {
        "version": version_of(basis_on),
        "basis_on": basis_on,
        "n_customers": fit.n_customers,
        "n_repeat_customers": fit.n_repeat_customers,
        "r": fit.purchases.r,
        "alpha": fit.purchases.alpha,
        "a": fit.purchases.a,
        "b": fit.purchases.b,
        "purchases_log_likelihood": fit.purchases.log_likelihood,
        "p": fit.spend.p,
        "q": fit.spend.q,
        "gamma": fit.spend.gamma,
        "spend_log_likelihood": fit.spend.log_likelihood,
        "test_days": fit.test.days,
        "test_predicted": fit.test.predicted,
        "test_actual": fit.test.actual,
        "calibration_factor": fit.test.factor,
        "second_purchase_survival": list(fit.survival),
        "warnings": list(fit.warnings),
    }
    write_table(path, pa.Table.from_pylist([row], schema=SCHEMA))
    return path
