"""Relevance: Caffe's backward pass against finite differences, and what the maps add up to."""

import numpy as np
import pytest
from chest import make_chest

from pylayers.batch.stack import SIDE
from tools.scoring.relevance import PLAIN_LUNG_HU, RelevanceNet, plain_lung, stack_of
from tools.training.trained_run import load_trained

pytestmark = pytest.mark.caffe


@pytest.fixture(scope="module")
def net(random_run):
    return RelevanceNet(load_trained(random_run))


@pytest.fixture(scope="module")
def lungs():
    """Two slices of a chest and their lungs."""
    chest = make_chest(seed=2)
    return chest.hu[[18, 24]], chest.lungs[[18, 24]]


def test_scores_are_the_scorers(net, random_run, lungs):
    from tools.scoring.scorer import Scorer

    scorer = Scorer(load_trained(random_run))
    scores, _ = net.gradient(stack_of(lungs[0]))
    expected = scorer.score(np.repeat(lungs[0], 8, axis=0)).contributions
    np.testing.assert_allclose(scores, expected[[0, 8]], rtol=1e-5)


def test_the_gradient_is_that_of_finite_differences(net):
    """On noise: where the window clips, maxima tie and there is no gradient to compare with.

    Along patterns, since a single pixel is lost in float32; what float32 and the kinks of ReLU
    leave of a difference is a few percent of a pattern's usual effect.
    """
    rng = np.random.default_rng(5)
    stack = rng.uniform(-0.75, 0.75, (1, 1, SIDE, SIDE)).astype(np.float32)
    _, gradient = net.gradient(stack)
    patch, step = 24, np.float32(1e-3)
    expected, seen = [], []
    for _ in range(16):
        y, x = rng.integers(100, 380, 2)
        pattern = np.zeros_like(stack)
        pattern[0, 0, y : y + patch, x : x + patch] = rng.normal(size=(patch, patch))
        ahead, behind = (net.gradient(stack + side * pattern)[0][0] for side in (step, -step))
        expected.append((gradient[0].astype(float) * pattern[0, 0]).sum())
        seen.append((ahead - behind) / (2 * float(step)))
    assert np.corrcoef(expected, seen)[0, 1] > 0.995
    assert np.polyfit(expected, seen, 1)[0] == pytest.approx(1, abs=0.03)


def test_the_parts_add_up_to_the_difference_from_plain_lung(net):
    chest = make_chest(seed=2, lung_hu=-960, noise_hu=1.0)
    planes, mask = chest.hu[[18, 24]], chest.lungs[[18, 24]]
    stack, reference = stack_of(planes), stack_of(plain_lung(planes, mask))
    parts = net.relevance(stack, reference, steps=16)
    assert parts.shape == (2, SIDE, SIDE)
    whole = net.gradient(stack)[0] - net.gradient(reference)[0]
    assert parts.sum((1, 2)) == pytest.approx(whole, rel=0.1)


def test_only_lung_has_a_part(net, lungs):
    planes, mask = lungs
    parts = net.relevance(stack_of(planes), stack_of(plain_lung(planes, mask)), steps=1)
    marked = (
        stack_of(np.where(mask, -800, -1000).astype(np.int16))[:, 0]
        > stack_of(np.full_like(planes, -1000))[:, 0]
    )
    assert np.abs(parts[marked]).sum() > 0
    assert not parts[~marked].any()


def test_plain_lung_changes_lung_only(lungs):
    planes, mask = lungs
    plain = plain_lung(planes, mask)
    assert (plain[mask] == PLAIN_LUNG_HU).all() and plain.dtype == planes.dtype
    np.testing.assert_array_equal(plain[~mask], planes[~mask])


def test_the_same_slices_have_the_same_map(net, lungs):
    planes, mask = lungs
    pair = stack_of(planes), stack_of(plain_lung(planes, mask))
    np.testing.assert_array_equal(net.relevance(*pair, steps=2), net.relevance(*pair, steps=2))
