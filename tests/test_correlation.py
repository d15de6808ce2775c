"""Spearman's rho against scipy's, and its interval."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from tools.correlation import spearman, spearman_interval


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=40))
def test_rho_is_scipys_ties_included(pairs):
    x, y = np.array(pairs, float).T
    if len(set(x)) > 1 and len(set(y)) > 1:
        assert spearman(x, y) == pytest.approx(spearmanr(x, y).statistic, abs=1e-12)
    else:
        assert math.isnan(spearman(x, y))


def test_rho_of_a_rising_and_of_a_falling_curve_is_one_and_minus_one():
    x = np.linspace(0.1, 3, 20)
    assert spearman(x, np.exp(x)) == pytest.approx(1)
    assert spearman(x, 1 / x) == pytest.approx(-1)


def pairs(count=60, noise=0.7):
    rng = np.random.default_rng(0)
    x = rng.normal(size=count)
    return x, x + noise * rng.normal(size=count)


def test_the_interval_holds_rho_and_narrows_with_more_scans():
    few, many = spearman_interval(*pairs(40)), spearman_interval(*pairs(160))
    for found in (few, many):
        assert -1 <= found.low < found.rho < found.high <= 1
    assert many.high - many.low < few.high - few.low


def test_the_interval_is_seeded():
    assert spearman_interval(*pairs(), seed=2) == spearman_interval(*pairs(), seed=2)
    assert spearman_interval(*pairs(), seed=2) != spearman_interval(*pairs(), seed=3)


def test_the_interval_is_near_fishers():
    """For rho ~ .8 of 60 normal pairs the two agree to a few hundredths."""
    found = spearman_interval(*pairs())
    half = 1.96 * math.sqrt((1 + found.rho**2 / 2) / 57)
    for bound, sign in ((found.low, -1), (found.high, 1)):
        assert bound == pytest.approx(math.tanh(math.atanh(found.rho) + sign * half), abs=0.06)


def test_resamples_of_a_single_value_do_not_spoil_the_interval():
    found = spearman_interval([0, 0, 0, 1], [1, 2, 3, 4])
    assert math.isfinite(found.low) and math.isfinite(found.high)
