"""Linear weights: least squares without any below 0."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.stats.linear_weights import LinearWeights, fit_weights

SEEDS = st.integers(0, 2**32 - 1)


@given(SEEDS, st.integers(1, 4))
def test_what_is_a_linear_combination_is_found(seed, count):
    rng = np.random.default_rng(seed)
    predictions, weights = rng.normal(0, 1, (30, count)), rng.random(count)
    fitted = fit_weights(predictions @ weights + 3, predictions)
    np.testing.assert_allclose((fitted.intercept, *fitted.weights), (3, *weights), atol=1e-8)
    np.testing.assert_allclose(fitted(predictions), predictions @ weights + 3, atol=1e-8)


@given(SEEDS)
def test_no_weight_is_below_zero_and_none_of_the_predictions_fits_better(seed):
    rng = np.random.default_rng(seed)
    truth = rng.normal(60, 20, 25)
    predictions = truth[:, None] + rng.normal(0, (5, 10, 30), (25, 3))
    fitted = fit_weights(truth, predictions)
    assert min(fitted.weights) >= 0
    error = np.square(fitted(predictions) - truth).sum()
    alone = [*predictions.T, LinearWeights.equal(3)(predictions), np.full(25, truth.mean())]
    assert all(error <= np.square(other - truth).sum() + 1e-6 for other in alone)


def test_a_prediction_that_runs_backwards_gets_nothing():
    truth = np.linspace(0, 1, 20)
    fitted = fit_weights(truth, np.stack([truth + 0.1, -truth], axis=1))
    assert fitted.weights[1] == 0
    assert fitted.weights[0] == pytest.approx(1)


def test_predictions_without_variation_leave_the_mean():
    fitted = fit_weights([1.0, 2.0, 6.0], np.ones((3, 2)))
    np.testing.assert_allclose(fitted(np.ones((4, 2))), 3.0)
