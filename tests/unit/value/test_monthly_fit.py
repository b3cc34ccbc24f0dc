"""The month's fit: back-test, hazard of the second purchase, warnings, and that a version is written once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from assets.value import fitting, parameters
from assets.value.fitting import BackTest, Customers, Fit
from assets.value.purchases_model import BgNbd
from assets.value.search import NoFit
from assets.value.spend_model import GammaGamma
from orchestration.settings import Settings
from tests.unit.value import simulated

NAN = float("nan")


def customers(x: list[float], T: list[float], second_gap: list[float]) -> Customers:
    arrays = [np.array(values, dtype=float) for values in (x, x, T, x, second_gap)]
    return Customers(*arrays)


def a_fit(**changed: object) -> Fit:
    values = {
        "purchases": BgNbd(0.5, 30.0, 0.8, 2.5, -1.0),
        "spend": GammaGamma(6.0, 4.0, 1500.0, -1.0),
        "test": BackTest(90, 80.0, 100.0, ()),
        "survival": (1.0, 0.5),
        "warnings": ("mind",),
        "n_customers": 10,
        "n_repeat_customers": 5,
    }
    return Fit(**(values | changed))


def test_the_hazard_of_the_second_purchase_counts_people_only_as_long_as_they_were_seen() -> None:
    """Who was seen for three days says nothing about the fourth: 1 of 4 on day 2, then 1 of 2 on day 5."""
    drawn = customers([1, 1, 0, 0], [10, 10, 3, 10], [2, 5, NAN, NAN])
    survival = fitting.second_purchase_survival(drawn, days=6)
    assert survival == pytest.approx([1, 1, 0.75, 0.75, 0.75, 0.375, 0.375])


def test_a_back_test_on_customers_of_the_model_comes_out_even() -> None:
    """Customers who live by the model must be predicted without a factor; otherwise the factor mends a bug."""
    whole = simulated.purchases(11, 4000, 0.8, 8.0, 0.3, 3.0)
    earlier = Customers(whole.x, whole.t_x, whole.T, whole.x, np.full_like(whole.x, NAN))
    model = BgNbd(0.8, 8.0, 0.3, 3.0, 0.0)
    dice = np.random.default_rng(12)
    later = dice.poisson(model.expected_purchases(20, whole.x, whole.t_x, whole.T))
    test = fitting.back_test(earlier, later.astype(float), 20)
    assert test.factor == pytest.approx(1, abs=0.06)
    assert sum(group.n_customers for group in test.groups) == 4000
    assert [group.label for group in test.groups][:3] == ["0", "1", "2-3"]


def test_little_dropout_and_a_bad_back_test_are_said() -> None:
    """When a goes to nothing, p_alive is a number without meaning; a reader must be told."""
    some = customers([1, 2, 3, 4], [9, 9, 9, 9], [1, 1, 1, 1])
    sentences = " ".join(
        fitting.doubts(BgNbd(1, 1, 0.001, 10, 0), GammaGamma(1, 0.9, 1, 0), BackTest(90, 10.0, 20.0, ()), some)
    )
    for word in (
        "Dropout per purchase",
        "3 customers bought a third time",
        "not finite",
        "independent",
        "back-test was off: 2.00",
    ):
        assert word in sentences
    quiet = customers([1, 2, 1, 2] * 5, [9] * 20, [1] * 20)
    quiet.mean[:] = [3, 3, 1, 1] * 5
    assert fitting.doubts(BgNbd(1, 1, 0.8, 2, 0), GammaGamma(1, 4, 1, 0), BackTest(90, 10.0, 11.0, ()), quiet) == []
    assert "not calibrated" in " ".join(
        fitting.doubts(BgNbd(1, 1, 0.8, 2, 0), GammaGamma(1, 4, 1, 0), BackTest(0, 0, 0, ()), quiet)
    )


def test_a_test_that_was_far_off_calibrates_nothing() -> None:
    """A prediction of nothing, and a million times that, are no predictions; the plain one stands, with a warning."""
    assert BackTest(90, 10.0, 50.0, ()).factor == 5.0
    assert BackTest(90, 50.0, 10.0, ()).factor == 0.2
    absurd = BackTest(90, 1e-9, 500.0, ())
    assert absurd.factor == BackTest(90, 51.0, 10.0, ()).factor == BackTest(90, 0.0, 10.0, ()).factor == 1.0
    quiet = customers([1, 2, 1, 2], [9, 9, 9, 9], [1, 1, 1, 1])
    said = fitting.doubts(BgNbd(1, 1, 0.8, 2, 0), GammaGamma(1, 4, 1, 0), absurd, quiet)
    assert "too far to calibrate by" in " ".join(said)


@pytest.mark.parametrize("kind", ["everybody bought twice", "nobody ever leaves", "everybody leaves alike"])
def test_data_of_one_sort_are_fitted_with_a_warning(kind: str) -> None:
    """A young shop's customers differ little; that must be said, and may neither stop the day nor give no numbers."""
    dice, n = np.random.default_rng(4), 400
    T = dice.integers(60, 800, n).astype(float)
    x = {
        "everybody bought twice": np.ones(n),
        "nobody ever leaves": dice.integers(5, 20, n).astype(float),
        "everybody leaves alike": dice.poisson(dice.gamma(0.5, 2, n)).astype(float),
    }[kind]
    t_x = np.where(x > 0, T if kind == "nobody ever leaves" else np.maximum(1, np.floor(T * dice.uniform(0, 1, n))), 0)
    spent = np.where(x > 0, dice.gamma(2, 500, n) + 1, 0)
    some = Customers(x, t_x, T, spent, np.where(x > 0, np.ceil(t_x / np.maximum(x, 1)), NAN))
    fit = fitting.fit_month(some, some, np.ones(n), 90)
    expected = fit.purchases.expected_purchases(365.0, x, t_x, T)
    assert np.isfinite(expected).all()
    assert expected.min() >= 0
    assert any(word in " ".join(fit.warnings) for word in ("not how people differ", "who has left can hardly"))


def test_too_few_customers_are_no_fit() -> None:
    """A shop's first weeks say nothing about its customers' lives."""
    few = customers([1] * 50, [9] * 50, [1] * 50)
    with pytest.raises(NoFit, match="at least 100"):
        fitting.fit_month(few, few, np.zeros(50), 3)


def test_a_version_is_written_once(tmp_path: Path) -> None:
    """A prediction must move because of what a customer did, not because the fit was made again."""
    settings = Settings(home=tmp_path)
    path = parameters.write(settings, date(2026, 11, 1), a_fit())
    row = pq.read_table(path, schema=parameters.SCHEMA).to_pylist()[0]
    assert (row["version"], row["calibration_factor"], row["warnings"]) == ("2026-11", 1.25, ["mind"])
    with pytest.raises(FileExistsError, match="frozen"):
        parameters.write(settings, date(2026, 11, 1), a_fit(n_customers=11))
