"""One month's fit: both models, the back-test that calibrates them, and what must be said about it. Pure.

The back-test fits on the earlier part of the history and predicts the later one; totals of BG/NBD come out too low as a
rule, so the factor is shown and the plain prediction kept beside the calibrated one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from assets.value import purchases_model, spend_model
from assets.value.purchases_model import BgNbd, Purchases
from assets.value.search import NoFit
from assets.value.spend_model import GammaGamma

Floats: TypeAlias = NDArray[np.float64]

# Below, the parameters say more about chance than about customers.
MIN_CUSTOMERS = 100
MIN_REPEAT_CUSTOMERS = 30
# Dropout per purchase below which the likelihood hardly knows it.
LITTLE_DROPOUT = 0.005
# Shape of the dropout's distribution above which only its mean is left to tell.
ALL_ALIKE = 1e4
# Customers with a third purchase, below which nobody can tell who left after the second from who is slow.
MIN_THIRD_PURCHASES = 10
# A prediction that was further off than this in the back-test is no measure for calibrating the next one.
MOST_CALIBRATED = 5.0
SURVIVAL_DAYS = 1096
_GROUPS = ((0, 0), (1, 1), (2, 3), (4, 7), (8, 15), (16, 10**9))


@dataclass(frozen=True)
class Customers:
    """One element per customer: x, t_x, T in days; mean amount after the first purchase (0 without); days from the
    first to the second purchase (nan without)."""

    x: Floats
    t_x: Floats
    T: Floats
    mean: Floats
    second_gap: Floats

    def grouped(self) -> Purchases:
        rows, counts = np.unique(np.column_stack([self.x, self.t_x, self.T]), axis=0, return_counts=True)
        return Purchases.of(rows[:, 0], rows[:, 1], rows[:, 2], counts)


@dataclass(frozen=True)
class TestGroup:
    """Customers with like many purchases before the test: purchases per customer that were predicted, and that came."""

    label: str
    n_customers: int
    predicted: float
    actual: float


@dataclass(frozen=True)
class BackTest:
    """Totals of the test period. `days` is 0 when there was too little history to test; the factor is 1 then."""

    days: int
    predicted: float
    actual: float
    groups: tuple[TestGroup, ...]

    @property
    def ratio(self) -> float:
        """Purchases that came per purchase predicted; 1 where there is nothing to compare."""
        return self.actual / self.predicted if self.predicted > 0 and self.actual > 0 else 1.0

    @property
    def factor(self) -> float:
        """By which predictions are calibrated; 1 where the test was too far off to say."""
        return self.ratio if 1 / MOST_CALIBRATED <= self.ratio <= MOST_CALIBRATED else 1.0


@dataclass(frozen=True)
class Fit:
    """What a month's fit found."""

    purchases: BgNbd
    spend: GammaGamma
    test: BackTest
    survival: tuple[float, ...]
    warnings: tuple[str, ...]
    n_customers: int
    n_repeat_customers: int


def fit_month(now: Customers, earlier: Customers, later_purchases: Floats, test_days: int) -> Fit:
    """Fit on `now`, tested by fitting on `earlier` and predicting `later_purchases` (per customer of `earlier`).

    Raises `NoFit` when there are too few customers or the data cannot tell.
    """
    n_repeat = int((now.x > 0).sum())
    if len(now.x) < MIN_CUSTOMERS or n_repeat < MIN_REPEAT_CUSTOMERS:
        raise NoFit(
            f"{len(now.x)} customers, {n_repeat} of them with a second purchase: at least {MIN_CUSTOMERS} and "
            f"{MIN_REPEAT_CUSTOMERS} are needed"
        )
    purchases = purchases_model.fit(now.grouped())
    spend = spend_model.fit(now.x, now.mean)
    test = back_test(earlier, later_purchases, test_days)
    return Fit(
        purchases=purchases,
        spend=spend,
        test=test,
        survival=tuple(float(share) for share in second_purchase_survival(now)),
        warnings=tuple(doubts(purchases, spend, test, now)),
        n_customers=len(now.x),
        n_repeat_customers=n_repeat,
    )


def back_test(earlier: Customers, later_purchases: Floats, days: int) -> BackTest:
    """Fit on the earlier part and compare with what came; an empty test where the earlier part cannot be fitted."""
    try:
        model = purchases_model.fit(earlier.grouped()) if days > 0 else None
    except NoFit:
        model = None
    if model is None:
        return BackTest(0, 0.0, 0.0, ())
    predicted = model.expected_purchases(float(days), earlier.x, earlier.t_x, earlier.T)
    groups = []
    for low, high in _GROUPS:
        chosen = (earlier.x >= low) & (earlier.x <= high)
        if chosen.any():
            label = str(low) if low == high else f"{low}-{high}" if high < 10**9 else f"{low}+"
            groups.append(
                TestGroup(
                    label, int(chosen.sum()), float(predicted[chosen].mean()), float(later_purchases[chosen].mean())
                )
            )
    return BackTest(days, float(predicted.sum()), float(later_purchases.sum()), tuple(groups))


def second_purchase_survival(customers: Customers, days: int = SURVIVAL_DAYS) -> Floats:
    """Share of first buyers without a second purchase after 0 … `days` days (Kaplan-Meier).

    Who has not bought again counts as long as they were observed. Beyond the longest observation the share stays.
    """
    bought = ~np.isnan(customers.second_gap)
    lasted = np.where(bought, customers.second_gap, customers.T).astype(int)
    events = np.bincount(np.minimum(lasted[bought], days), minlength=days + 1).astype(float)
    ended = np.bincount(np.minimum(lasted, days), minlength=days + 1)
    at_risk = len(lasted) - np.concatenate([[0], np.cumsum(ended)[:-1]])
    hazard = np.divide(events, at_risk, out=np.zeros_like(events), where=at_risk > 0)
    return np.asarray(np.cumprod(1 - hazard))


def doubts(purchases: BgNbd, spend: GammaGamma, test: BackTest, customers: Customers) -> list[str]:
    """What a reader of the predictions must know, as sentences."""
    found = []
    dropout = purchases.a / (purchases.a + purchases.b)
    if dropout < LITTLE_DROPOUT:
        found.append(
            f"Dropout per purchase is {dropout:.4f}: who has left can hardly be told from who is slow; "
            "p_alive says little."
        )
    if max(purchases.a, purchases.b) > ALL_ALIKE:
        found.append(
            f"a = {purchases.a:.3g} and b = {purchases.b:.3g}: these purchases tell the mean dropout "
            f"({dropout:.2f} per purchase), not how people differ in it."
        )
    if (n_third := int((customers.x > 1).sum())) < MIN_THIRD_PURCHASES:
        found.append(f"{n_third} customers bought a third time: how many leave after the second is hardly known.")
    if np.isnan(spend.log_likelihood):
        found.append("Everybody pays the same for a purchase: it is what everybody is expected to pay.")
    if spend.q <= 1:
        found.append(f"q = {spend.q:.2f}: the mean spend over customers is not finite; use the historic value.")
    repeated = customers.x > 0
    if len(customers.x) > 2 and np.std(customers.x[repeated]) > 0 and np.std(customers.mean[repeated]) > 0:
        together = float(np.corrcoef(customers.x[repeated], customers.mean[repeated])[0, 1])
        if abs(together) > 0.3:
            found.append(
                f"Frequency and spend go together (correlation {together:.2f}); the models take them as independent."
            )
    if test.days == 0:
        found.append("There was too little history for a back-test: predictions are not calibrated.")
    elif not 0.7 <= test.ratio <= 1.4:
        found.append(
            f"The back-test was off: {test.ratio:.2f} purchases came per purchase predicted"
            + ("." if test.factor == test.ratio else ", too far to calibrate by.")
        )
    return found
