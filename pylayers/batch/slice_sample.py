"""Slice sample: which slices score a scan from one or more start offsets, and what each weighs.

With K offsets, many slices are scored as if K times as many were asked for. The features of a scan
are the mean over its slices and all that follows is linear, so the mean over the offsets is the
mean over all slices that they visit.
"""

from typing import NamedTuple

import numpy as np

from pylayers.batch.stack import slice_indices
from pylayers.errors import UsageError

MOST_OFFSETS = 64


class SliceSample(NamedTuple):
    """The slices that score a scan, from base to apex.

    indices: int (listed,), into the slices through the lungs. weights: float64 (listed,), their
    mean is 1: a slice's own score times its weight is its contribution, the mean of the
    contributions is the scan's score. second: the slice of the second scan that each is scored
    with, int (listed,); None where there is no second scan.
    """

    indices: np.ndarray
    weights: np.ndarray
    second: np.ndarray | None = None


def checked_offsets(count: int) -> int:
    """Return a number of start offsets; UsageError unless it is in 1..MOST_OFFSETS."""
    if not 1 <= count <= MOST_OFFSETS:
        raise UsageError(f"--offsets {count} is not in 1..{MOST_OFFSETS}")
    return count


def start_offsets(count: int) -> np.ndarray:
    """Return evenly spread start offsets, float64 (count,) in [0, 1), symmetric about 0.5.

    (k + 0.5) / count for k = 0..count-1: one is the middle, which validation and test use. Paper,
    section 5: "One could offset the location of the start slice and run the same analysis multiple
    times." UsageError as in checked_offsets.
    """
    return (np.arange(checked_offsets(count)) + 0.5) / count


def sample_slices(n: int, slices: int, offsets: int = 1) -> SliceSample:
    """Return the sample of n slices with `slices` from each of so many start offsets.

    One offset lists its slices as they come, a slice of a thin scan perhaps twice, each with the
    weight 1. Several offsets list each slice once; its weight is how often it is visited, divided
    by the mean of that over the listed slices. UsageError as in checked_offsets.
    """
    visits = _visits(n, slices, offsets)
    if offsets == 1:
        return SliceSample(visits, np.ones(len(visits)))
    indices, times = np.unique(visits, return_counts=True)
    return SliceSample(indices, times * len(indices) / len(visits))


def sample_pairs(n: int, second_n: int, slices: int, offsets: int = 1) -> SliceSample:
    """Return the sample of n slices, each with the one of a second scan of second_n.

    The i-th slice of the first goes with the i-th of the second, from each offset. A pair, not a
    slice, is listed once then, and is weighted as in sample_slices. UsageError as there.
    """
    pairs = np.stack([_visits(count, slices, offsets) for count in (n, second_n)], axis=1)
    if offsets == 1:
        return SliceSample(pairs[:, 0], np.ones(len(pairs)), pairs[:, 1])
    listed, times = np.unique(pairs, axis=0, return_counts=True)
    return SliceSample(listed[:, 0], times * len(listed) / len(pairs), listed[:, 1])


def _visits(n: int, slices: int, offsets: int) -> np.ndarray:
    return np.concatenate([slice_indices(n, slices, offset) for offset in start_offsets(offsets)])
