"""Probabilities, recalibration and volume-adjusted densitometry."""

import inspect
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.calibration import calibration_curve
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import brier_score_loss

from tools.stats import recalibration
from tools.stats.brier import brier_score, reliability_curve
from tools.stats.recalibration import fit_isotonic, fit_linear, fit_probability


def split(count=120, seed=0, scale=0.1):
    """Predictions of FEV1/FVC and whether the measured value is COPD."""
    rng = np.random.default_rng(seed)
    prediction = rng.normal(0.7, scale, count)
    return prediction, (prediction + rng.normal(0, scale, count) < 0.7).astype(float)


def test_brier_is_scikit_learns_with_an_interval():
    prediction, positive = split()
    probability = fit_probability(prediction, positive)(prediction)
    found = brier_score(positive, probability)
    assert found.value == pytest.approx(brier_score_loss(positive, probability))
    squared = (positive - probability) ** 2
    half = 1.96 * squared.std() / math.sqrt(len(squared))
    assert found.high - found.low == pytest.approx(2 * half, rel=0.05)


def test_the_reliability_curve_is_scikit_learns():
    rng = np.random.default_rng(1)
    probability = rng.uniform(0, 0.85, 300)
    positive = (rng.uniform(size=300) < probability).astype(float)
    bins, why = reliability_curve(positive, probability, bins=10)
    observed, mean = calibration_curve(positive, probability, n_bins=10)
    filled = [b for b in bins if b.count]
    assert [b.observed.value for b in filled] == pytest.approx(observed)
    assert [b.mean_probability for b in filled] == pytest.approx(mean)
    assert sum(b.count for b in bins) == 300 and why == "" and len(bins) == 10
    empty = bins[-1]
    assert empty.count == 0 and math.isnan(empty.observed.value) and "bin" in empty.observed.why


def test_a_bin_holds_its_lower_bound_and_the_last_holds_one():
    bins, _ = reliability_curve([0, 1, 0, 1, 1], [0, 0.5, 0.499, 1, 1], bins=2)
    assert [b.count for b in bins] == [2, 3]
    assert bins[1].observed.value == 1 and bins[1].observed.low < 1


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("positive", "probability", "why"),
    [
        ([0, 0, 0, 0], [0.1, 0.2, 0.3, 0.4], "0 of 4 scans are positive"),
        ([0, 1, 0], [0.1, 0.2, 0.3], "3 scans"),
        ([0, 1, 0, 1], [0.1, 0.2, 0.3, math.nan], "probability is missing"),
    ],
)
def test_without_numbers_they_say_why(positive, probability, why):
    found = brier_score(positive, probability)
    assert math.isnan(found.value) and why in found.why
    bins, reason = reliability_curve(positive, probability)
    assert bins == () and why in reason


def test_what_is_no_probability_is_a_mistake():
    for value in (-0.01, 1.01):
        with pytest.raises(ValueError, match=r"0\.\.1"):
            brier_score([0, 1, 0, 1], [0.1, 0.2, 0.3, value])


@pytest.mark.parametrize("unit", [1, 100, 1e-4])
def test_the_probability_is_the_maximum_of_the_likelihood(unit):
    prediction, positive = split()
    found = fit_probability(prediction * unit, positive)

    def loss(parameters):
        logit = parameters[0] + parameters[1] * prediction
        return np.logaddexp(0, logit).sum() - positive @ logit

    best = minimize(loss, [0, 0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
    expected = 1 / (1 + np.exp(-best.x[0] - best.x[1] * prediction))
    assert found(prediction * unit) == pytest.approx(expected, abs=1e-4)
    assert found.slope < 0  # COPD is low
    assert found(prediction * unit).mean() == pytest.approx(positive.mean(), abs=1e-6)


@pytest.mark.filterwarnings("error")
def test_a_probability_far_out_is_zero_or_one():
    found = fit_probability(*split())
    assert found([-1e9, 1e9]).tolist() == [1, 0]


@pytest.mark.filterwarnings("error")
def test_without_a_probability_it_says_why():
    for prediction, positive, why in (
        ([0.1, 0.2, 0.3, 0.4], [1, 1, 0, 0], "a threshold separates"),
        ([0.1, 0.2, 0.2, 0.4], [0, 0, 1, 1], "a threshold separates"),
        ([0.1, 0.2, 0.3, 0.4], [0, 0, 0, 0], "0 of 4 scans are positive"),
        ([0.1, 0.1, 0.1, 0.1], [0, 1, 0, 1], "prediction is the same"),
        ([0.1, math.nan, 0.3, 0.4], [1, 1, 0, 0], "missing for 1"),
        ([0.1, 0.2, 0.3], [1, 0, 1], "3 scans"),
    ):
        found = fit_probability(prediction, positive)
        assert why in found.why and np.isnan(found([0.5])).all()


def test_the_linear_map_takes_slope_and_offset_away():
    truth = np.linspace(0, 5, 30)
    found = fit_linear(1.75 + 0.5 * (truth - 1.75), truth)
    assert (found.slope, found.intercept) == pytest.approx((2, -1.75))
    assert found([1.75, 2.25]) == pytest.approx([1.75, 2.75]) and found.why == ""


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=4, max_size=30))
@pytest.mark.filterwarnings("error")
def test_the_isotonic_map_is_scikit_learns_and_rises(pairs):
    prediction, truth = np.array(pairs, float).T
    found, new = fit_isotonic(prediction, truth), np.linspace(-2, 10, 49)
    if np.ptp(prediction) == 0:
        assert "same for all" in found.why and np.isnan(found(new)).all()
        return
    theirs = IsotonicRegression(out_of_bounds="clip").fit(prediction, truth)
    assert found(new) == pytest.approx(theirs.predict(new))
    assert (np.diff(found(new)) >= 0).all()
    assert np.mean((found(prediction) - truth) ** 2) <= np.var(truth) + 1e-9


@pytest.mark.filterwarnings("error")
def test_maps_without_a_fit_say_why_and_keep_missing_missing():
    for fit in (fit_linear, fit_isotonic):
        found = fit([1, 2, 3], [1, 2, 3])
        assert "3 scans" in found.why and np.isnan(found([1.0, 2.0])).all()
        good = fit([1, 2, 3, 4], [1, 3, 2, 4])
        assert np.isnan(good([math.nan, 1.0])).tolist() == [True, False]


def test_each_map_is_fitted_on_what_is_named_validation():
    fits = {name: of for name, of in vars(recalibration).items() if name.startswith("fit_")}
    assert len(fits) == 3
    for fit in fits.values():
        assert all(name.startswith("validation_") for name in inspect.signature(fit).parameters)
