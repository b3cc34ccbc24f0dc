"""The statistics against published or independently computed figures, and against simulation."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.experiments.stats import (
    Sums,
    cuped,
    detectable_difference,
    ratio_difference,
    ratio_of_sums,
    relative_lift,
    sample_ratio,
    welch,
)


def sums_of(y: Sequence[int], x: Sequence[int] | None = None) -> Sums:
    y = [int(v) for v in y]
    if x is None:
        return Sums(len(y), sum(y), sum(v * v for v in y))
    x = [int(v) for v in x]
    return Sums(
        len(y),
        sum(y),
        sum(v * v for v in y),
        sum(x),
        sum(v * v for v in x),
        sum(a * b for a, b in zip(x, y, strict=True)),
    )


def test_welch_agrees_with_a_published_example():
    """The worked example that Welch's test is usually checked with (two brands of pipettes, unequal variances)."""
    a = [275, 210, 190, 230, 170, 230, 190, 220, 190, 188, 224, 170, 210, 190]
    b = [282, 217, 199, 249, 201, 267, 201, 257, 190, 283]
    result = welch(sums_of(a), sums_of(b))
    from scipy.stats import ttest_ind

    expected = ttest_ind(b, a, equal_var=False)
    assert result.p_value == pytest.approx(expected.pvalue, rel=1e-12)
    interval = expected.confidence_interval(0.95)
    assert (result.low, result.high) == (pytest.approx(interval.low), pytest.approx(interval.high))


def test_sums_beyond_doubles_keep_their_variance():
    """Two values that differ by 2 around 10^12: in doubles the variance formula gives 0 or rubbish."""
    base = 10**12
    assert sums_of([base - 1, base + 1]).var_y == 2.0
    assert sums_of([base - 1, base + 1], [base - 1, base + 1]).cov_xy == 2.0


@given(
    st.lists(st.integers(0, 10**7), min_size=2, max_size=30),
    st.lists(st.integers(0, 10**7), min_size=2, max_size=30),
)
def test_swapping_the_arms_turns_the_sign_and_nothing_else(a, b):
    """The difference is antisymmetric; a hidden asymmetry would favour whoever is called control."""
    one, other = welch(sums_of(a), sums_of(b)), welch(sums_of(b), sums_of(a))
    assert (one.problem is None) == (other.problem is None)
    if one.problem is None and other.problem is None:
        assert one.value == pytest.approx(-other.value)
        assert one.p_value == pytest.approx(other.p_value)
        assert one.low == pytest.approx(-other.high)


@pytest.mark.parametrize("function", [welch, relative_lift, cuped])
def test_too_few_customers_give_words_and_no_figures(function):
    """n < 2 has no variance: the answer is a reason, never inf or nan."""
    result = function(Sums(1, 5, 25), Sums(10, 50, 300))
    assert result.value is None
    assert "fewer than two" in result.problem


def test_arms_without_variance_give_words_and_no_division_by_zero():
    """Nobody bought anything in either arm: that is common on the first days."""
    for function in (welch, cuped):
        assert function(Sums(10, 0, 0), Sums(10, 0, 0)).z is None
    assert relative_lift(Sums(10, 0, 0), Sums(10, 0, 0)).problem == "the control arm's mean is 0"
    assert ratio_of_sums(Sums(10, 0, 0, 0, 0, 0)).problem == "the denominator is 0"
    assert ratio_of_sums(Sums(10, 5, 5, 5, 5, 5)).problem == "the ratio does not vary"
    assert ratio_of_sums(Sums(10, 5, 5)).problem == "the metric has no denominator"


def test_cuped_recovers_the_effect_with_less_uncertainty():
    """x explains most of y: the interval shrinks by about √(1 − ρ²), and the estimate stays unbiased."""
    random = np.random.default_rng(20260101)
    x = random.integers(0, 100_000, 4_000)
    y = x + random.integers(0, 20_000, 4_000)
    y[2_000:] += 1_000
    control, treatment = sums_of(y[:2_000], x[:2_000]), sums_of(y[2_000:], x[2_000:])
    plain, adjusted = welch(control, treatment), cuped(control, treatment)
    assert adjusted.standard_error < plain.standard_error / 4
    assert adjusted.low < 1_000 < adjusted.high
    assert adjusted.p_value < 0.001


def test_cuped_with_a_constant_covariate_is_welch():
    """New customers bought nothing before: x says nothing and must change nothing."""
    control, treatment = sums_of([1, 2, 3, 9], [0] * 4), sums_of([2, 5, 8, 9], [0] * 4)
    assert cuped(control, treatment) == welch(control, treatment)


def test_pooled_ratio_keeps_its_false_positive_rate():
    """Clicks per open vary by person; a binomial test would cry wolf at 9 %, the delta method stays near 5 %."""
    random = np.random.default_rng(7)
    hits, runs = 0, 1_500
    for _ in range(runs):
        arms = []
        for _ in range(2):
            opens = random.poisson(4, 300)
            clicks = random.binomial(opens, random.beta(2, 6, 300))
            arms.append(sums_of(clicks, opens))
        hits += ratio_difference(*arms).p_value < 0.05
    assert 0.035 < hits / runs < 0.066


def test_welch_keeps_its_false_positive_rate_on_revenue():
    """Revenue is mostly zeros with a long tail; at 400 customers per arm 5 % must still mean about 5 %."""
    random = np.random.default_rng(11)
    runs, n = 2_000, 400
    spent = np.where(random.random((runs, 2, n)) < 0.15, random.lognormal(10, 0.8, (runs, 2, n)), 0).astype(np.int64)
    hits = sum(welch(sums_of(a), sums_of(b)).p_value < 0.05 for a, b in spent)
    assert 0.033 < hits / runs < 0.066


def test_sample_ratio_finds_a_broken_split_and_leaves_a_good_one():
    """5,000 against 5,300 at 50:50 happens once in 300 tests; 5,000 against 5,400 hardly ever."""
    half = {"a": 0.5, "b": 0.5}
    good, bad = sample_ratio({"a": 5_000, "b": 5_100}, half), sample_ratio({"a": 5_000, "b": 5_400}, half)
    assert good is not None
    assert bad is not None
    assert (good.is_mismatch, bad.is_mismatch) == (False, True)
    assert bad.chi_square == pytest.approx(15.385, abs=1e-3)
    assert bad.p_value == pytest.approx(8.77e-5, rel=0.01)
    assert sample_ratio({}, half) is None
    assert sample_ratio({"a": 3}, {"a": 1.0, "b": 0.0}).is_mismatch is False
    assert sample_ratio({"b": 3}, {"a": 1.0, "b": 0.0}).is_mismatch is True


def test_sample_ratio_refuses_an_arm_that_nobody_planned():
    """An arm missing from the plan would otherwise vanish from the check."""
    with pytest.raises(ValueError, match="No planned share for: c"):
        sample_ratio({"a": 1, "c": 1}, {"a": 1.0})


def test_what_the_universal_holdout_can_detect():
    """10 % of 100,000 customers at 4 % conversion: 14.5 % relative, the figure of the method's description."""
    holdout, rest = Sums(10_000, 400, 400), Sums(90_000, 3_600, 3_600)
    assert detectable_difference(holdout, rest) / 0.04 == pytest.approx(0.145, abs=0.0005)
    assert detectable_difference(Sums(1, 0, 0), rest) is None


def test_relative_lift_agrees_with_simulation():
    """The delta method's standard error against the spread of many simulated lifts."""
    random = np.random.default_rng(3)
    lifts, errors = [], []
    for _ in range(800):
        result = relative_lift(sums_of(random.poisson(5, 200)), sums_of(random.poisson(6, 200)))
        lifts.append(result.value)
        errors.append(result.standard_error)
    assert np.mean(lifts) == pytest.approx(0.2, abs=0.01)
    assert np.mean(errors) == pytest.approx(np.std(lifts), rel=0.08)


def test_no_figure_is_ever_infinite_or_not_a_number():
    """Whatever comes in, a report can print what comes out."""
    arms = [Sums(0, 0, 0, 0, 0, 0), Sums(2, 0, 0, 0, 0, 0), Sums(3, 5, 9, 1, 1, 2)]
    for function in (welch, relative_lift, cuped, ratio_difference):
        for a in arms:
            for b in arms:
                result = function(a, b)
                figures = (result.value, result.standard_error, result.low, result.high, result.z, result.p_value)
                assert all(figure is None or math.isfinite(figure) for figure in figures)
