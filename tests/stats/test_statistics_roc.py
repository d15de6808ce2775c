"""COPD or not, ROC areas and DeLong's interval: against scikit-learn and brute force."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from tools.stats.binary import binary_of_counts, copd_agreement, has_copd
from tools.stats.roc import compare_areas, roc_area, roc_curve

Z = 1.959964


def cohort(count=150, noise=0.8, seed=0, digits=1):
    """Classes and scores with an error; rounding makes ties."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=count)
    score = truth + noise * rng.normal(size=count) + 0.3 * rng.normal(size=count)
    return (truth > 0.2).astype(float), score.round(digits)


def naive_delong(positive, score):
    """The area and its variance by the structural components of DeLong (1988), pair by pair."""
    high, low = score[positive == 1], score[positive == 0]
    above = [[1.0 if x > y else 0.5 if x == y else 0.0 for y in low] for x in high]
    of_high, of_low = np.mean(above, axis=1), np.mean(above, axis=0)
    variance = np.var(of_high, ddof=1) / len(high) + np.var(of_low, ddof=1) / len(low)
    return np.mean(of_high), variance


def area_of(positive, score):
    """The area pair by pair: scikit-learn's is too slow for a thousand resamples."""
    apart = np.subtract.outer(score[positive == 1], score[positive == 0])
    return np.mean(apart > 0) + np.mean(apart == 0) / 2


def error(estimate):
    """The standard error behind a normal interval that is not cut off."""
    return (estimate.high - estimate.low) / (2 * Z)


@pytest.mark.parametrize("digits", [0, 1, 8])
def test_the_area_and_its_variance_are_those_of_the_naive_components(digits):
    positive, score = cohort(digits=digits)
    area, variance = naive_delong(positive, score)
    found = roc_area(positive, score).delong
    assert found.value == pytest.approx(area)
    assert found.value == pytest.approx(roc_auc_score(positive, score))
    assert error(found) == pytest.approx(math.sqrt(variance))


def test_delongs_interval_is_near_the_bootstraps():
    found = roc_area(*cohort(200))
    assert (found.delong.low, found.delong.high) == pytest.approx(
        (found.bootstrap.low, found.bootstrap.high), abs=0.01
    )


def test_the_bootstrap_of_the_area_is_that_of_resampled_scans():
    positive, a = cohort(60)
    found = roc_area(positive, a).bootstrap
    rng = np.random.default_rng(5)
    areas = [area_of(positive[i], a[i]) for i in rng.integers(60, size=(1000, 60))]
    expected = tuple(np.percentile(areas, [2.5, 97.5]))
    assert (found.low, found.high) == pytest.approx(expected, abs=0.015)


few = st.lists(st.tuples(st.booleans(), st.integers(-5, 5)), min_size=4, max_size=25)


@given(few)
@pytest.mark.filterwarnings("error")
def test_the_area_turns_round_with_the_score_and_with_the_classes(pairs):
    positive, score = np.array(pairs, float).T
    found, turned = roc_area(positive, score).delong, roc_area(positive, -score).delong
    if math.isnan(found.value):
        assert found.why and turned.why == found.why
        return
    assert found.value == pytest.approx(1 - turned.value)
    other_classes = roc_area(1 - positive, score**3).delong
    assert other_classes.value == pytest.approx(turned.value)
    assert roc_area(positive, score**3).delong.value == pytest.approx(found.value)
    for estimate in (found, turned):
        assert math.isnan(estimate.low) or 0 <= estimate.low <= estimate.value <= estimate.high <= 1


def test_the_curve_counts_scans_at_each_threshold_and_its_area_is_the_area():
    positive, a = cohort(80)
    curve = roc_curve(positive, a)
    assert (curve.false_positive_rate[0], curve.sensitivity[0]) == (0, 0)
    assert (curve.false_positive_rate[-1], curve.sensitivity[-1]) == (1, 1)
    assert curve.thresholds[1:] == tuple(sorted({*a}, reverse=True))
    for threshold, false, true in zip(
        curve.thresholds, curve.false_positive_rate, curve.sensitivity, strict=True
    ):
        assert true == pytest.approx(np.mean(a[positive == 1] >= threshold))
        assert false == pytest.approx(np.mean(a[positive == 0] >= threshold))
    area = np.trapezoid(curve.sensitivity, curve.false_positive_rate)
    assert area == pytest.approx(roc_area(positive, a).delong.value)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("positive", "score", "why"),
    [
        ([1, 1, 1, 1], [1, 2, 3, 4], "0 of 4 scans are negative"),
        ([0, 0, 0, 0], [1, 2, 3, 4], "0 of 4 scans are positive"),
        ([0, 0, 0, 1], [1, 2, 3, 4], "1 of 4 scans are positive, at least 2 needed"),
        ([0, 0, 1, 1], [2, 2, 2, 2], "score is the same for all 4 scans"),
        ([0, 0, 1, 1], [1, math.nan, 3, 4], "score is missing for 1 of 4"),
        ([0, math.nan, 1, 1], [1, 2, 3, 4], "positive is missing for 1 of 4"),
        ([0, 1, 1], [1, 2, 3], "3 scans"),
    ],
)
def test_without_an_area_it_says_why(positive, score, why):
    found = roc_area(positive, score)
    for estimate in (found.delong, found.bootstrap):
        assert math.isnan(estimate.value) and why in estimate.why
    curve = roc_curve(positive, score)
    assert curve.thresholds == () and why in curve.why


@pytest.mark.filterwarnings("error")
def test_a_perfect_score_has_no_interval():
    perfect = roc_area([0, 0, 0, 1, 1, 1], [1, 2, 3, 4, 5, 6])
    assert perfect.delong.value == perfect.bootstrap.value == 1
    assert "separates" in perfect.delong.why and "same value" in perfect.bootstrap.why


def test_a_class_of_neither_0_nor_1_is_a_mistake():
    with pytest.raises(ValueError, match="0 or 1"):
        roc_area([0, 1, 2, 1], [1, 2, 3, 4])


def test_copd_is_below_seven_tenths():
    fev1fvc = [0.6999, 0.7, 0.71, math.nan]
    np.testing.assert_array_equal(has_copd(fev1fvc), [1, 0, 0, math.nan])


def test_counts_are_those_of_the_scans():
    truth, prediction = [0.5, 0.6, 0.65, 0.8, 0.9, 0.7], [0.6, 0.75, 0.69, 0.65, 0.8, 0.7]
    found = copd_agreement(truth, prediction)
    assert (found.true_positive, found.false_negative) == (2, 1)
    assert (found.false_positive, found.true_negative) == (1, 2)
    assert found.sensitivity.value == 2 / 3 and found.accuracy.value == 4 / 6


@given(st.tuples(*[st.integers(0, 50)] * 4))
def test_proportions_lie_within_their_intervals_or_have_a_reason(counts):
    found = binary_of_counts(*counts)
    tp, fp, fn, tn = counts
    for name, of in {
        "sensitivity": (tp, tp + fn),
        "specificity": (tn, tn + fp),
        "ppv": (tp, tp + fp),
        "npv": (tn, tn + fn),
        "accuracy": (tp + tn, sum(counts)),
    }.items():
        estimate = getattr(found, name)
        if not of[1]:
            assert math.isnan(estimate.value) and estimate.why.startswith("there are no")
            continue
        assert estimate.value == of[0] / of[1]
        assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1
        assert estimate.low < estimate.high  # Wilson's, also for none and for all


@pytest.mark.filterwarnings("error")
def test_without_both_classes_copd_says_why():
    healthy, mixed = [0.8, 0.9, 0.75, 0.85], [0.8, 0.6, 0.75, 0.5]
    for truth, prediction in product((healthy, mixed), ([0.6] * 4, [0.8, 0.6, math.nan, 0.6])):
        found = copd_agreement(truth, prediction)
        assert math.isnan(found.accuracy.value) and found.accuracy.why == found.ppv.why != ""
    assert "0 of 4 scans are positive" in copd_agreement(healthy, mixed).sensitivity.why
    assert "no scans called COPD" in copd_agreement(mixed, healthy).ppv.why


def test_the_paired_difference_of_two_areas_is_delongs():
    rng = np.random.default_rng(8)
    positive = (np.arange(120) % 2).astype(float)
    a = positive + rng.normal(0, 0.8, 120)
    b = 0.6 * a + 0.4 * positive + rng.normal(0, 1.2, 120)
    found = compare_areas(positive, a, b)
    assert found.a.value == pytest.approx(roc_auc_score(positive, a))
    assert found.b.value == pytest.approx(roc_auc_score(positive, b))
    assert found.difference.value == pytest.approx(found.a.value - found.b.value)
    drawn = [
        roc_auc_score(positive[i], a[i]) - roc_auc_score(positive[i], b[i])
        for i in rng.integers(120, size=(500, 120))
    ]
    half = (found.difference.high - found.difference.low) / 2
    assert half / 1.96 == pytest.approx(np.std(drawn), rel=0.15)
    z = found.difference.value / (half / 1.96)
    assert found.p == pytest.approx(2 * norm.sf(abs(z)), rel=1e-3)


def test_a_score_is_not_better_than_itself():
    positive = (np.arange(40) % 2).astype(float)
    score = positive + np.random.default_rng(1).normal(size=40)
    found = compare_areas(positive, score, 3 * score)
    assert found.difference.value == 0 and np.isnan(found.p)
    assert "variance of the difference is 0" in found.difference.why
