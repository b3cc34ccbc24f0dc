"""Reads what a fit needs from the warehouse, read-only, and lets go of it at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from assets.value.fitting import Customers

_ROWS = """
    select
        x, t_x, days_observed, coalesce(mean_repeat_value_minor, 0), basis_on,
        date_diff('day', last_ordered_on - t_x::integer, second_ordered_on), coalesce(n_later_purchases, 0)
    from intermediate.int_value__triples
    where basis = $basis
    order by customer_id
"""


@dataclass(frozen=True)
class Basis:
    """The customers of one basis; `later_purchases` is 0 except for the basis of the back-test."""

    basis_on: date | None
    customers: Customers
    later_purchases: NDArray[np.float64]


def read_basis(database: Path, basis: str) -> Basis:
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(_ROWS, {"basis": basis}).fetchall()
    x, t_x, observed, mean, days, gaps, later = zip(*rows, strict=True) if rows else ((),) * 7
    as_floats = [np.array(column, dtype=np.float64) for column in (x, t_x, observed, mean, gaps)]
    return Basis(days[0] if days else None, Customers(*as_floats), np.array(later, dtype=np.float64))
