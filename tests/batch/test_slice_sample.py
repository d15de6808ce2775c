"""Slice samples: where the offsets lie, which slices they meet and what those weigh."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pylayers.batch.slice_sample import MOST_OFFSETS, checked_offsets, sample_slices, start_offsets
from pylayers.batch.stack import TEST_OFFSET, slice_indices
from pylayers.errors import UsageError

COUNTS = st.integers(1, MOST_OFFSETS)
SCANS = {"n": st.integers(1, 600), "slices": st.integers(1, 32)}


def met(n, slices, count):
    """Every slice that the offsets meet, one offset after the other."""
    return np.concatenate([slice_indices(n, slices, (k + 0.5) / count) for k in range(count)])


@given(count=COUNTS)
def test_offsets_are_evenly_spread_and_symmetric_about_the_middle(count):
    offsets = start_offsets(count)
    assert offsets.shape == (count,)
    assert offsets.min() >= 0 and offsets.max() < 1
    np.testing.assert_allclose(np.diff(offsets), 1 / count, rtol=1e-12)
    np.testing.assert_allclose(offsets + offsets[::-1], 1, rtol=1e-15)
    assert offsets.mean() == pytest.approx(TEST_OFFSET, rel=1e-14)


def test_offsets_worked_out_by_hand():
    assert start_offsets(1).tolist() == [TEST_OFFSET] == [0.5]
    assert start_offsets(2).tolist() == [0.25, 0.75]
    assert start_offsets(4).tolist() == [0.125, 0.375, 0.625, 0.875]


@pytest.mark.parametrize("count", [-1, 0, MOST_OFFSETS + 1])
def test_a_number_out_of_range_is_named(count):
    for function in (checked_offsets, start_offsets):
        with pytest.raises(UsageError, match=rf"--offsets {count} is not in 1\.\.64$"):
            function(count)
    with pytest.raises(UsageError):
        sample_slices(100, 16, count)


@given(**SCANS)
def test_one_offset_is_the_middle_with_all_weights_1(n, slices):
    indices, weights, _ = sample_slices(n, slices)
    np.testing.assert_array_equal(indices, slice_indices(n, slices, TEST_OFFSET))
    assert weights.tolist() == [1.0] * slices


@given(count=st.integers(2, MOST_OFFSETS), **SCANS)
def test_several_offsets_list_each_slice_once_in_order(n, slices, count):
    indices, weights, _ = sample_slices(n, slices, count)
    assert indices.tolist() == sorted(set(met(n, slices, count).tolist()))
    assert len(weights) == len(indices) and weights.min() > 0
    assert weights.mean() == pytest.approx(1, rel=1e-12)


@given(count=COUNTS, seed=st.integers(0, 9), **SCANS)
def test_the_mean_of_the_contributions_is_the_mean_over_the_offsets(n, slices, count, seed):
    own = np.random.default_rng(seed).normal(70, 20, n)
    indices, weights, _ = sample_slices(n, slices, count)
    alone = [own[slice_indices(n, slices, offset)].mean() for offset in start_offsets(count)]
    assert (own[indices] * weights).mean() == pytest.approx(np.mean(alone), rel=1e-12)


@given(parts=st.integers(1, 20), count=st.integers(2, 16), slices=st.integers(1, 24))
def test_k_offsets_are_k_times_as_many_slices(parts, count, slices):
    n = (2 * parts + 1) * count * slices  # odd: no position is a whole number, which might round
    indices, weights, _ = sample_slices(n, slices, count)
    np.testing.assert_array_equal(indices, slice_indices(n, slices * count, TEST_OFFSET))
    assert weights.tolist() == [1.0] * (slices * count)


def test_weights_worked_out_by_hand():
    # offsets 1/4 and 3/4 of 4 parts of 6 slices: 0 1 3 4 and 1 2 4 5
    indices, weights, _ = sample_slices(6, 4, 2)
    assert indices.tolist() == [0, 1, 2, 3, 4, 5]
    np.testing.assert_allclose(weights, np.array([1, 2, 1, 1, 2, 1]) * 6 / 8)
    # a scan of fewer slices than the net takes: all of them, each as often
    indices, weights, _ = sample_slices(5, 10, 4)
    assert indices.tolist() == [0, 1, 2, 3, 4] and weights.tolist() == [1.0] * 5
