"""From slices' outputs to a scan's score, and Caffe's loss of it."""

import numpy as np
import pytest

from tools.scoring.score_head import Grades, Regression


@pytest.mark.parametrize("seed", range(5))
def test_the_mean_contribution_of_grades_is_the_expected_grade(seed):
    rng = np.random.default_rng(seed)
    outputs = rng.normal(0, 3, (16, 6))
    weights = rng.uniform(0, 2, 16)
    weights /= weights.mean()
    mean = (outputs * weights[:, None]).mean(axis=0)
    p = np.exp(mean) / np.exp(mean).sum()
    contributions = Grades().contributions(outputs, weights)
    assert contributions.mean() == pytest.approx(p @ np.arange(6), abs=1e-12)
    assert 0 <= contributions.mean() <= 5


def test_a_slice_moves_grades_as_its_contribution_says():
    rng = np.random.default_rng(1)
    outputs, ones = rng.normal(0, 1e-4, (16, 6)), np.ones(16)  # small: the first order is all
    score = Grades().contributions(outputs, ones).mean()
    own = [Grades().contributions(one[None], ones[:1])[0] for one in outputs]
    np.testing.assert_allclose(Grades().contributions(outputs, ones), own, atol=1e-7)
    assert np.std(own) > 1e-5 > abs(score - 2.5)


def test_losses_are_those_of_caffes_layers():
    logits = np.array([0.0, 1.0, 3.0, 0.0, 0.0, 0.0])
    p = np.exp(logits) / np.exp(logits).sum()
    assert Grades().loss(logits + 700, 2.0) == pytest.approx(-np.log(p[2]))
    assert Regression(5.0).loss(np.array([0.5]), 2.0) == pytest.approx(0.1**2 / 2)
    np.testing.assert_array_equal(
        Regression(5.0).contributions(np.array([[0.5], [0.1]]), np.array([1.5, 0.5])),
        [3.75, 0.25],
    )
