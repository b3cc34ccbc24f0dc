"""The month's fit from the warehouse to its file. Imports scipy, so it is imported only when a month is fitted."""

from __future__ import annotations

from assets.value.fitting import Fit, fit_month
from assets.value.parameters import write
from assets.value.read import read_basis
from assets.value.search import NoFit
from orchestration.settings import Settings


def fit_version(settings: Settings) -> Fit:
    """Fit the month whose triples the warehouse holds and write its file. Raises `NoFit` when the data cannot tell."""
    month = read_basis(settings.warehouse_path, "month")
    test = read_basis(settings.warehouse_path, "test")
    if month.basis_on is None:
        raise NoFit("nobody bought before the month began")
    days = (month.basis_on - test.basis_on).days if test.basis_on else 0
    fit = fit_month(month.customers, test.customers, test.later_purchases, days)
    write(settings, month.basis_on, fit)
    return fit
