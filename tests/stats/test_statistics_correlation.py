"""Spearman's rho against scipy's, its interval, and two predictors on the same scans."""

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import bootstrap, pearsonr, spearmanr

from tools.stats.correlation import (
    compare_correlations,
    pearson_interval,
    spearman,
    spearman_interval,
)
from tools.stats.readers import readers_against_system


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


def pairs(count=60, noise=0.7, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=count)
    return x, x + noise * rng.normal(size=count)


def test_the_interval_holds_rho_and_narrows_with_more_scans():
    few, many = spearman_interval(*pairs(40)), spearman_interval(*pairs(160))
    for found in (few, many):
        assert -1 <= found.low < found.value < found.high <= 1
    assert many.high - many.low < few.high - few.low


def test_the_interval_is_seeded():
    assert spearman_interval(*pairs(), seed=2) == spearman_interval(*pairs(), seed=2)
    assert spearman_interval(*pairs(), seed=2) != spearman_interval(*pairs(), seed=3)


def test_the_interval_is_near_fishers():
    """For rho ~ .8 of 60 normal pairs the two agree to a few hundredths."""
    found = spearman_interval(*pairs())
    half = 1.96 * math.sqrt((1 + found.value**2 / 2) / 57)
    for bound, sign in ((found.low, -1), (found.high, 1)):
        assert bound == pytest.approx(math.tanh(math.atanh(found.value) + sign * half), abs=0.06)


def test_the_interval_is_scipys_percentile_bootstrap():
    x, y = pairs()
    found = spearman_interval(x, y)
    theirs = bootstrap(
        (x, y),
        lambda x, y: spearmanr(x, y).statistic,
        paired=True,
        vectorized=False,
        n_resamples=1000,
        method="percentile",
        rng=4,
    ).confidence_interval
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=0.02)


def test_200_scans_take_less_than_a_second():
    x, y = pairs(200)
    start = time.process_time()
    spearman_interval(x, y)
    assert time.process_time() - start < 1


def test_a_large_cohort_is_resampled_in_blocks(monkeypatch):
    x, y = pairs()
    whole = spearman_interval(x, y)
    monkeypatch.setattr("tools.stats.bootstrap.BLOCK", 1000)
    assert spearman_interval(x, y).low == pytest.approx(whole.low, abs=0.02)


def test_pearson_is_scipys():
    x, y = pairs()
    found, theirs = pearson_interval(x, y), pearsonr(x, y)
    assert found.value == pytest.approx(theirs.statistic)
    half = 1.959964 / math.sqrt(57)
    assert found.low == pytest.approx(math.tanh(math.atanh(found.value) - half))
    assert found.high == pytest.approx(math.tanh(math.atanh(found.value) + half))


@pytest.mark.parametrize("interval", [spearman_interval, pearson_interval])
@pytest.mark.parametrize(
    ("x", "y", "why"),
    [
        ([1, 2, 3], [1, 3, 2], "3 scans, at least 4 are needed"),
        ([], [], "0 scans"),
        ([1, 2, 3, math.nan], [1, 2, 3, 4], "x is missing for 1 of 4 scans"),
        ([1, 2, 3, 4], [1, math.inf, 3, math.nan], "y is missing for 2 of 4 scans"),
        ([1, 2, 3, 4], [7, 7, 7, 7], "y is the same for all 4 scans"),
        ([1, 2, 3, 4], [0.3, 0.1 + 0.2, 0.3, 0.3], "y is the same for all 4 scans"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_without_a_number_it_says_why(interval, x, y, why):
    found = interval(x, y)
    assert np.isnan([found.value, found.low, found.high]).all()
    assert why in found.why


@pytest.mark.filterwarnings("error")
def test_a_value_without_an_interval_says_why():
    rare = spearman_interval([0, 0, 0, 1], [1, 2, 3, 4])
    assert rare.value > 0.7 and math.isnan(rare.low)
    assert "resamples have no value" in rare.why
    for interval in (spearman_interval, pearson_interval):
        perfect = interval(range(9), range(9))
        assert perfect.value == pytest.approx(1) and math.isnan(perfect.high)
        assert perfect.why.startswith("no interval")


def test_a_mistake_of_the_caller_is_an_error():
    with pytest.raises(ValueError, match=r"x \(5,\), y \(4,\)"):
        spearman_interval(range(5), range(4))
    with pytest.raises(ValueError, match="one value a scan"):
        spearman_interval(np.zeros((4, 1)), np.zeros((4, 1)))


def three(noise_a, noise_b, count=80, seed=5):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=count)
    noisy = (truth + sd * rng.normal(size=count) for sd in (noise_a, noise_b))
    return truth, *noisy


def test_the_stronger_predictor_is_named_whatever_its_sign():
    truth, good, bad = three(0.3, 0.9, count=60)
    for sign_a, sign_b in ((1, 1), (-1, 1), (1, -1)):
        found = compare_correlations(truth, sign_a * good, sign_b * bad)
        assert found.a_stronger > 0.99
        assert found.difference.low > 0
        assert found.a.value == pytest.approx(sign_a * spearman(truth, good))
        assert found.b == spearman_interval(truth, sign_b * bad)
    expected = spearman(truth, good) - spearman(truth, bad)
    assert found.difference.value == pytest.approx(expected)


def test_swapping_the_predictors_turns_the_comparison_round():
    truth, a, b = three(0.6, 0.65, count=50)
    one, other = compare_correlations(truth, a, b), compare_correlations(truth, b, a)
    assert 0.01 < one.a_stronger < 0.99
    assert one.a_stronger == pytest.approx(1 - other.a_stronger)
    assert one.difference.low == pytest.approx(-other.difference.high)
    assert (one.a, one.b) == (other.b, other.a)


def test_a_predictor_of_no_use_is_not_made_strong_by_its_sign():
    """|rho| of each resample would put a useless predictor's strength far above 0."""
    truth, a, noise = three(0.4, 0)[0], three(0.4, 0)[1], pairs(80, seed=9)[0]
    found = compare_correlations(truth, a, noise)
    assert abs(found.b.value) < 0.15
    assert found.difference.high > found.a.high


def test_pairing_matters():
    """Two predictors with one error in common differ less than their intervals suggest."""
    rng = np.random.default_rng(2)
    truth = rng.normal(size=150)
    common = truth + rng.normal(size=150)
    a, b = common + 0.1 * rng.normal(size=150), common + 0.4 * rng.normal(size=150)
    found = compare_correlations(truth, a, b)
    unpaired = math.hypot(found.a.high - found.a.low, found.b.high - found.b.low)
    assert found.difference.high - found.difference.low < 0.6 * unpaired


@pytest.mark.filterwarnings("error")
def test_predictors_that_rank_alike_have_no_interval():
    truth, a, _ = three(0.5, 0.5)
    found = compare_correlations(truth, a, np.exp(a))
    assert found.difference.value == 0 and math.isnan(found.a_stronger)
    assert "same value" in found.difference.why
    missing = compare_correlations(truth, a, np.full(80, math.nan))
    assert "b is missing for 80" in missing.difference.why and math.isnan(missing.a_stronger)


def test_readers_agree_more_than_a_reader_and_a_worse_system():
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 6, 100)
    first, second = (np.clip(np.rint(truth + rng.normal(0, 0.6, 100)), 0, 5) for _ in range(2))
    found = readers_against_system(first, second, truth + rng.normal(0, 2, 100))
    assert found.a_stronger > 0.99 and found.difference.low > 0
    assert found.a.value == pytest.approx(spearmanr(first, second).statistic)
    better = readers_against_system(first, second, first + rng.normal(0, 0.1, 100))
    assert better.a_stronger < 0.01
