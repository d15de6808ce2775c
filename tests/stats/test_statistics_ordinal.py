"""Ordered classes and GOLD stages against scikit-learn, by hand, and at their edges."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from pylayers.cohort.gold import gold_stage
from tools.stats.ordinal import agreement_of_counts, ordinal_agreement, ve_class
from tools.stats.staging import STAGES, gold_stages, staging

VE = range(6)
pairs = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=4, max_size=40)


def quick(truth, prediction, classes=VE):
    """The agreement with few resamples: hypothesis asks often."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tools.stats.ordinal.RESAMPLES", 50)
        return ordinal_agreement(truth, prediction, classes)


@settings(max_examples=40)
@given(pairs)
@pytest.mark.filterwarnings("error")
def test_kappas_are_scikit_learns_and_symmetric(pairs):
    truth, prediction = np.array(pairs).T
    found, turned = quick(truth, prediction), quick(prediction, truth)
    for weights, name in (("linear", "kappa_linear"), ("quadratic", "kappa_quadratic")):
        value, other = getattr(found, name), getattr(turned, name).value
        if len({*truth, *prediction}) == 1:
            assert math.isnan(value.value) and "one and the same class" in value.why
            continue
        theirs = cohen_kappa_score(truth, prediction, weights=weights, labels=list(VE))
        assert value.value == pytest.approx(theirs, abs=1e-12) == other
        assert value.value <= 1


@settings(max_examples=40)
@given(pairs)
def test_accuracies_are_counted(pairs):
    truth, prediction = np.array(pairs).T
    found = quick(truth, prediction)
    assert found.accuracy.value == pytest.approx(np.mean(truth == prediction))
    assert found.within_one.value == pytest.approx(np.mean(abs(truth - prediction) <= 1))
    assert 0 <= found.accuracy.low <= found.accuracy.value <= found.accuracy.high <= 1
    assert np.array(found.counts).T.tolist() == np.array(quick(prediction, truth).counts).tolist()


def test_rows_are_actual_and_columns_predicted():
    found = ordinal_agreement([0, 0, 1, 3], [1, 1, 0, 2], VE)
    assert found.counts[0] == (0, 2, 0, 0, 0, 0) and found.counts[3][2] == 1
    assert found.accuracy.value == 0 and found.within_one.value == 1


def test_the_interval_of_kappa_is_that_of_resampled_scans():
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 6, 100)
    prediction = np.clip(truth + rng.integers(-1, 2, 100), 0, 5)
    found = ordinal_agreement(truth, prediction, VE).kappa_quadratic
    kappas = [
        cohen_kappa_score(truth[drawn], prediction[drawn], weights="quadratic")
        for drawn in rng.integers(100, size=(400, 100))
    ]
    expected = np.percentile(kappas, [2.5, 97.5])
    assert (found.low, found.high) == pytest.approx(tuple(expected), abs=0.012)


def test_visual_classes_are_the_nearest_of_0_to_5():
    scores = [-0.8, 0.49, 0.51, 1.5, 2.5, 4.6, 6.2, math.nan]
    np.testing.assert_array_equal(ve_class(scores), [0, 0, 1, 2, 2, 5, 5, math.nan])


@pytest.mark.filterwarnings("error")
def test_without_numbers_each_says_why():
    for truth, why in (([0, 1, 2], "3 scans"), ([0, 1, math.nan, 2], "missing for 1 of 4")):
        found = ordinal_agreement(truth, np.zeros(len(truth)), VE)
        for estimate in (found.accuracy, found.within_one, found.kappa_linear):
            assert math.isnan(estimate.value) and why in estimate.why
        assert found.counts == ()
    empty = agreement_of_counts(np.zeros((6, 6)), VE)
    assert "0 scans" in empty.kappa_linear.why
    same = ordinal_agreement([2, 2, 2, 2], [2, 2, 2, 2], VE)
    assert same.accuracy.value == 1 and same.accuracy.low < 1
    assert math.isnan(same.kappa_quadratic.value) and same.kappa_quadratic.why


@pytest.mark.filterwarnings("error")
def test_a_constant_prediction_agrees_as_by_chance():
    found = ordinal_agreement([0, 1, 2, 3, 4], [1, 1, 1, 1, 1], VE)
    assert found.kappa_linear.value == pytest.approx(0, abs=1e-12)
    assert math.isnan(found.kappa_linear.low) and "same value" in found.kappa_linear.why


def test_a_value_that_is_no_class_is_a_mistake():
    with pytest.raises(ValueError, match=r"1\.5 is none of the classes"):
        ordinal_agreement([0, 1, 2, 3], [0, 1.5, 2, 3], VE)
    with pytest.raises(ValueError, match="6"):
        ordinal_agreement([0, 1, 2, 6], [0, 1, 2, 3], VE)


def test_stages_follow_both_values_and_stay_missing():
    fev1fvc, fev1pp = [0.7, 0.69, 0.5, 0.5, 0.5, math.nan, 0.5], [40, 85, 79, 49, 29, 50, math.nan]
    expected = [0, 1, 2, 3, 4, math.nan, math.nan]
    np.testing.assert_array_equal(gold_stages(fev1fvc, fev1pp), expected)
    assert tuple(range(gold_stage(0.1, 1) + 1)) == STAGES
    with pytest.raises(ValueError, match="zip"):
        gold_stages([0.5, 0.5], [50])


def test_staging_uses_both_predictions():
    """A predicted FEV1/FVC of 0.7 is stage 0 whatever the predicted FEV1."""
    found = staging([0.8, 0.6, 0.6, 0.4], [90, 85, 60, 25], [0.8, 0.71, 0.6, 0.4], [30, 40, 60, 35])
    assert [(i, j) for i in STAGES for j in STAGES if found.counts[i][j]] == [
        (0, 0),
        (1, 0),
        (2, 2),
        (4, 3),
    ]
    assert found.accuracy.value == 0.5 and found.within_one.value == 1
    missing = staging([0.8, 0.6, 0.6, 0.4], [90, 85, 60, 25], [math.nan] * 4, [90] * 4)
    assert "prediction is missing for 4 of 4" in missing.accuracy.why
