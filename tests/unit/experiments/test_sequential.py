"""Boundaries for running experiments against tables and simulation."""

import math

import numpy as np
import pytest

from assets.experiments import sequential


@pytest.mark.parametrize(
    ("looks", "constant"), [(1, 1.960), (2, 1.977), (3, 2.004), (4, 2.024), (5, 2.040), (10, 2.087), (20, 2.126)]
)
def test_the_constants_are_those_of_the_printed_tables(looks, constant):
    """Jennison and Turnbull, Group Sequential Methods (2000), table 2.3, alpha = .05."""
    assert sequential.obrien_fleming_constant(looks) == pytest.approx(constant, abs=0.001)


def test_fourteen_daily_looks_need_the_known_boundary():
    """The figure of the method's description: |z| > 2.105·√(14/k)."""
    assert sequential.boundary(14, 14) == pytest.approx(2.105, abs=0.002)
    assert sequential.boundary(1, 14) == pytest.approx(2.105 * math.sqrt(14), abs=0.01)


def test_looking_every_day_keeps_five_per_cent_false_winners():
    """The reason for the boundary: with a fixed threshold the same looks give more than 20 %."""
    random = np.random.default_rng(14)
    z = random.standard_normal((20_000, 14)).cumsum(axis=1) / np.sqrt(np.arange(1, 15))
    bounds = np.array([sequential.boundary(k, 14) for k in range(1, 15)])
    assert 0.045 < (np.abs(z) > bounds).any(axis=1).mean() < 0.055
    assert (np.abs(z) > 1.96).any(axis=1).mean() > 0.20


def test_the_confidence_sequence_holds_at_every_single_customer():
    """Unplanned looks: over 2,000 looks at most 5 % of null experiments may ever leave the band."""
    random = np.random.default_rng(5)
    n = np.arange(1, 2_001)
    z = random.standard_normal((2_000, 2_000)).cumsum(axis=1) / np.sqrt(n)
    bounds = np.array([sequential.confidence_sequence_z(int(k)) for k in n])
    assert (np.abs(z) > bounds).any(axis=1).mean() < 0.05
    assert sequential.confidence_sequence_z(0) == math.inf


def test_test_and_roll_gives_the_authors_own_case():
    """Feit and Berman 2019: N = 100,000, conversion .68, sd of effects .03 gives 2,284 per arm."""
    assert sequential.test_and_roll_size(100_000, math.sqrt(0.68 * 0.32), 0.03) == pytest.approx(2_284, abs=1)
    assert sequential.test_and_roll_size(100, 10.0, 0.1) == 17


def test_unplanned_looks_and_empty_campaigns_are_refused():
    """A look that was not planned has no boundary; pretending otherwise would break the 5 %."""
    with pytest.raises(ValueError, match="not one of the 14 planned looks"):
        sequential.boundary(15, 14)
    with pytest.raises(ValueError, match="At least one look"):
        sequential.obrien_fleming_constant(0)
    with pytest.raises(ValueError, match="positive deviation"):
        sequential.test_and_roll_size(100, 1.0, 0.0)


def test_adjusted_p_values_agree_with_hand_computed_ones():
    """Textbook example for both procedures; order of the input must not matter."""
    p = [0.01, 0.04, 0.03, 0.005]
    assert sequential.holm(p) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert sequential.benjamini_hochberg(p) == pytest.approx([0.02, 0.04, 0.04, 0.02])
    assert sequential.holm([]) == sequential.benjamini_hochberg([]) == []
