"""BG/NBD and Gamma-Gamma against their own story, published figures and finite differences."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, files

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import approx_fprime
from scipy.stats import beta, gamma

from assets.value import fitting, purchases_model, spend_model
from assets.value.fitting import Customers
from assets.value.purchases_model import BgNbd, Purchases
from assets.value.search import NoFit
from assets.value.spend_model import GammaGamma
from tests.unit.value import simulated

PUBLISHED = BgNbd(0.243, 4.414, 0.793, 2.426, -9582.4)


def test_parameters_of_simulated_customers_are_found_again() -> None:
    """A fit that cannot find what made the data finds nothing in real data either."""
    found = purchases_model.fit(simulated.purchases(5, 8000, 0.6, 6.0, 0.8, 2.5))
    assert found.r == pytest.approx(0.6, rel=0.1)
    assert found.alpha == pytest.approx(6.0, rel=0.12)
    assert found.a / (found.a + found.b) == pytest.approx(0.8 / 3.3, rel=0.1)

    spent = spend_model.fit(*simulated.spend(6, 8000, 6.0, 4.0, 15.0))
    assert (spent.p, spent.q, spent.gamma) == pytest.approx((6.0, 4.0, 15.0), rel=0.1)


@pytest.mark.parametrize(
    ("r", "alpha", "a", "b", "n"),
    [
        (0.24, 4.4, 0.79, 2.4, 3000),
        (0.24, 4.4, 0.79, 2.4, 300),
        (3.0, 2.0, 2.0, 8.0, 1500),
        (0.05, 0.2, 0.3, 3.0, 3000),
    ],
    ids=["cdnow", "few customers", "everybody repeats", "few repeat"],
)
def test_parameters_are_missed_by_no_more_than_chance(r: float, alpha: float, a: float, b: float, n: int) -> None:
    """The truth lies within four standard errors, and no other parameters are likelier than those found."""
    data, true = simulated.purchases(11, n, r, alpha, a, b), np.array([r, alpha, a, b])
    fit = purchases_model.fit(data)
    found = np.array([fit.r, fit.alpha, fit.a, fit.b])

    def slope(logs: np.ndarray) -> np.ndarray:
        return purchases_model.log_likelihood(np.exp(logs), data)[1] * np.exp(logs)

    steps = np.eye(4) * 1e-4
    curvature = np.array([(slope(np.log(found) + step) - slope(np.log(found) - step)) / 2e-4 for step in steps])
    errors = np.sqrt(np.diag(np.linalg.inv(-curvature)))
    assert np.all(np.abs(np.log(found / true)) < 4 * errors)
    assert fit.log_likelihood >= purchases_model.log_likelihood(true, data)[0]
    in_days = purchases_model.fit(Purchases.of(data.x, data.t_x * 7, data.T * 7))
    assert [in_days.r, in_days.alpha / 7, in_days.a, in_days.b] == pytest.approx(found, rel=1e-3)


def test_gradients_are_those_of_the_likelihoods() -> None:
    """A wrong gradient still ends somewhere, only not at the top."""
    data = simulated.purchases(7, 60, 0.6, 6.0, 0.8, 2.5)
    at = np.array([0.3, 4.0, 0.8, 2.0])
    numeric = approx_fprime(at, lambda point: purchases_model.log_likelihood(point, data)[0], 1e-7)
    assert purchases_model.log_likelihood(at, data)[1] == pytest.approx(numeric, rel=1e-4)

    x, mean = simulated.spend(8, 60, 6.0, 4.0, 15.0)
    at = np.array([5.0, 3.0, 12.0])
    numeric = approx_fprime(at, lambda point: spend_model.log_likelihood(point, x, mean)[0], 1e-7)
    assert spend_model.log_likelihood(at, x, mean)[1] == pytest.approx(numeric, rel=1e-4)


def test_grouped_customers_give_the_same_likelihood_and_fit() -> None:
    """A million customers are a few thousand groups; grouping must change nothing but the time."""
    one_by_one = simulated.purchases(9, 300, 0.6, 6.0, 0.8, 2.5)
    rounded = Purchases.of(one_by_one.x, np.floor(one_by_one.t_x), np.ceil(one_by_one.T))
    rows, n = np.unique(np.column_stack([rounded.x, rounded.t_x, rounded.T]), axis=0, return_counts=True)
    grouped = Purchases.of(*rows.T, n)
    at = np.array([0.5, 5.0, 0.8, 2.0])
    assert len(grouped.x) < len(rounded.x)
    assert purchases_model.log_likelihood(at, grouped)[0] == pytest.approx(
        purchases_model.log_likelihood(at, rounded)[0]
    )


def test_the_papers_example_customer() -> None:
    """Fader, Hardie, Lee (2005): x = 2, t_x = 30.43, T = 38.86 is expected to buy 1.226 times in 39 weeks."""
    one = [np.array([value]) for value in (2.0, 30.43, 38.86)]
    assert PUBLISHED.expected_purchases(39, *one)[0] == pytest.approx(1.226, abs=5e-4)


@pytest.mark.parametrize(
    ("model", "x", "t_x", "T", "later"),
    [
        (BgNbd(1.5, 20.0, 0.8, 3.0, 0.0), 6.0, 50.0, 60.0, 90.0),
        (BgNbd(0.3, 20.0, 4.0, 6.0, 0.0), 0.0, 0.0, 1.0, 365.0),
        (BgNbd(0.5, 10.0, 1000.0, 5000.0, 0.0), 1.0, 5.0, 10.0, 365.0),
        (BgNbd(2.0, 30.0, 90000.0, 1e6, 0.0), 3.0, 20.0, 40.0, 365.0),
    ],
    ids=["faithful", "began yesterday", "all leave alike", "dropout at the bound"],
)
def test_expected_purchases_are_what_simulated_customers_go_on_to_buy(
    model: BgNbd, x: float, t_x: float, T: float, later: float
) -> None:
    """The closed form, once more by brute force: draw from the posterior and let them live on."""
    dice, n = np.random.default_rng(3), 200_000
    rates, leaves = dice.gamma(model.r + x, 1 / (model.alpha + T), n), dice.beta(model.a, model.b + x, n)
    expected_if_alive = np.mean((1 - np.exp(-rates * leaves * later)) / leaves)
    alive = model.p_alive(np.array([x]), np.array([t_x]), np.array([T]))[0]
    told = model.expected_purchases(later, np.array([x]), np.array([t_x]), np.array([T]))[0]
    assert told == pytest.approx(alive * expected_if_alive, rel=0.01)


@pytest.mark.parametrize(
    ("model", "x", "T", "later"),
    [
        (BgNbd(0.47, 1.06, 4.03, 373.9, 0.0), 5.0, 1.0, 3650.0),
        (BgNbd(0.015, 3.9, 4.77, 221.0, 0.0), 5.0, 0.0, 3650.0),
        (BgNbd(3.0, 0.22, 8.2, 43_600.0, 0.0), 5.0, 0.0, 365.0),
        (BgNbd(0.45, 1.2, 2.1, 82_000.0, 0.0), 30.0, 1.0, 3650.0),
        (BgNbd(0.24, 31.0, 0.79, 2.4, 0.0), 4.0, 200.0, 365.0),
        (BgNbd(50.0, 2000.0, 3e5, 9e5, 0.0), 12.0, 900.0, 365.0),
    ],
)
def test_expected_purchases_where_the_closed_form_overflows(model: BgNbd, x: float, T: float, later: float) -> None:
    """Who began yesterday and buys fast: the mean over the chance to leave, once more by its quantiles."""
    nodes, weights = np.polynomial.legendre.leggauss(400)
    leaves = beta.ppf((nodes + 1) / 2, model.a, model.b + x)
    each = (1 - (1 + leaves * later / (model.alpha + T)) ** -(model.r + x)) / leaves
    one = [np.array([value]) for value in (x, T / 2, T)]
    told = model.expected_purchases(later, *one)[0] / model.p_alive(*one)[0]
    assert told == pytest.approx(np.dot(weights, each) / 2, rel=2e-3)


@pytest.mark.parametrize(
    ("r", "alpha", "a", "b", "x", "t_x", "T"),
    [(0.243, 4.414, 0.793, 2.426, 2, 30.43, 38.86), (1.5, 20, 1.2, 3, 7, 50, 300), (0.6, 6, 2, 5, 0, 0, 40)],
)
def test_the_likelihood_is_that_of_the_models_story(
    r: float, alpha: float, a: float, b: float, x: int, t_x: float, T: float
) -> None:
    """Summed up over everybody's rate and chance to leave, from the definition; no closed form is used."""
    points, weights = np.polynomial.legendre.leggauss(300)
    share = (points + 1) / 2
    rate = gamma.ppf(share, r, scale=1 / alpha)[:, None]
    leaves = beta.ppf(share, a, b)[None, :]
    still = (1 - leaves) ** x * np.exp(-rate * T)
    left = leaves * (1 - leaves) ** (x - 1) * np.exp(-rate * t_x) if x else 0.0
    mean = weights / 2 @ (rate**x * (still + left)) @ weights / 2
    told, _ = purchases_model.log_likelihood(np.array([r, alpha, a, b]), Purchases.of([x], [t_x], [T]))
    assert told == pytest.approx(np.log(mean), abs=1e-3)


def test_whoever_left_long_ago_is_gone_without_a_warning() -> None:
    """Odds beyond any double are odds of one."""
    told = BgNbd(50.0, 0.1, 0.5, 2.0, 0.0).p_alive(np.array([3000.0]), np.array([1.0]), np.array([5000.0]))
    assert told[0] == 0


def test_a_tail_too_heavy_for_a_mean_gives_none_instead_of_a_negative_one() -> None:
    """With q below one nobody's mean is known before they have bought again."""
    told = GammaGamma(2.0, 0.8, 10.0, 0.0).expected_mean(np.array([0.0, 2.0]), np.array([0.0, 30.0]))
    assert np.isnan(told[0])
    assert told[1] == pytest.approx(2.0 * (10 + 60) / 3.8)


def test_very_frequent_buyers_do_not_overflow() -> None:
    """The published form is infinity times zero at a thousand purchases; a grocer has such customers."""
    model = BgNbd(0.9, 12.0, 0.02, 10.0, 0.0)
    expected = model.expected_purchases(365, np.array([3000.0]), np.array([1000.0]), np.array([1001.0]))[0]
    assert expected == pytest.approx(3000 / 1000 * 365, rel=0.2)


def test_data_that_cannot_tell_are_refused() -> None:
    """No number is better than a number made of nothing."""
    with pytest.raises(NoFit, match="nobody bought again"):
        purchases_model.fit(Purchases.of([0, 0], [0, 0], [10, 20]))
    with pytest.raises(NoFit, match="t_x <= T"):
        Purchases.of([1], [20], [10])
    with pytest.raises(NoFit, match="2 customers with a spend"):
        spend_model.fit([1, 1, 0, 1], [5, 7, 5, 0])


def test_where_everybody_pays_the_same_that_is_what_they_are_expected_to_pay() -> None:
    """A subscription has a value, too, although its likelihood has no maximum."""
    x = np.array([1.0, 2.0, 30.0, 3.0])
    model = spend_model.fit(x, np.array([0.1, 0.1, 0.1, (0.1 + 0.1 + 0.1) / 3]) * 49900)
    assert model.expected_mean(np.array([0.0, 1.0, 400.0]), np.array([0.0, 4990.0, 4990.0])) == pytest.approx(4990)
    # One of 37 purchases at another price.
    assert model.expected_mean(np.array([1.0]), np.array([8690.0]))[0] == pytest.approx(4990 + 3700 / 37)
    some = Customers(x, x, x + 9, np.full(4, 4990.0), np.full(4, 2.0))
    told = fitting.doubts(BgNbd(1, 1, 0.8, 2, 0), model, fitting.BackTest(90, 10.0, 11.0, ()), some)
    assert "Everybody pays the same for a purchase: it is what everybody is expected to pay." in told


@pytest.mark.slow
def test_the_published_estimates_of_the_cdnow_sample() -> None:
    """2,357 customers to 1997-09-30, in weeks; the figures every implementation is judged by."""
    try:
        listed = files("lifetimes") or []
    except PackageNotFoundError:
        pytest.fail("install the published data: make test-all does it (requirements/test-data.txt, --no-deps)")
    path = next(file for file in listed if file.name == "CDNOW_sample.txt").locate()
    lines = pd.read_csv(str(path), sep=r"\s+", header=None, names=["_", "customer", "day", "cds", "amount"], dtype=str)
    lines["day"] = pd.to_datetime(lines["day"], format="%Y%m%d")
    lines["amount"] = lines["amount"].astype(float)
    end = pd.Timestamp("1997-09-30")
    days = lines[lines["day"] <= end].groupby(["customer", "day"])["amount"].sum().reset_index()
    spans = days.groupby("customer").agg(
        first=("day", "min"), last=("day", "max"), n=("day", "size"), total=("amount", "sum"), start=("amount", "first")
    )
    x = spans["n"] - 1
    found = purchases_model.fit(
        Purchases.of(x, (spans["last"] - spans["first"]).dt.days / 7, (end - spans["first"]).dt.days / 7)
    )
    assert len(spans) == 2357
    assert (round(found.r, 3), round(found.alpha, 3), round(found.a, 3), round(found.b, 3)) == (
        0.243,
        4.414,
        0.793,
        2.426,
    )
    assert round(found.log_likelihood, 1) == -9582.4

    repeated = x > 0
    spent = spend_model.fit(x[repeated], ((spans["total"] - spans["start"]) / x)[repeated])
    assert (round(spent.p, 2), round(spent.q, 2), round(spent.gamma, 2)) == (6.25, 3.74, 15.44)
