"""Seeded bootstrap over scans: resamples of a statistic, and their percentile interval.

The percentile interval is that of Efron & Tibshirani (1993), chapter 13.
"""

from collections.abc import Callable

import numpy as np

from tools.stats.estimate import CONFIDENCE, ROUNDING, Estimate, no_estimate, no_interval

RESAMPLES = 10_000  # paper, section 4.1: "bootstrapping with 10k samples"
MOST_WITHOUT_VALUE = 0.05  # an interval of what is left of the resamples would be another one
BLOCK = 2_000_000  # values at once, to bound memory in large cohorts


def resampled(
    statistic: Callable[..., np.ndarray], *arrays: np.ndarray, seed: int = 1
) -> np.ndarray:
    """Return a statistic of RESAMPLES resamples of the scans, drawn together from all arrays.

    arrays: (n,) each. statistic: takes as many arrays (resamples, n), returns (resamples, ...).
    """
    rng = np.random.default_rng(seed)
    count = len(arrays[0])
    rows = max(1, BLOCK // count)
    parts = []
    for start in range(0, RESAMPLES, rows):
        drawn = rng.integers(count, size=(min(rows, RESAMPLES - start), count))
        parts.append(statistic(*(array[drawn] for array in arrays)))
    return np.concatenate(parts)


def percentile_interval(value: float, resamples: np.ndarray) -> Estimate:
    """Return a value with the 2.5th and 97.5th percentile of its resamples (any number,).

    Resamples without a value (NaN: one class, one value) are left out, up to MOST_WITHOUT_VALUE.
    """
    if not np.isfinite(value):
        return no_estimate("the statistic is not defined for these scans")
    left = resamples[np.isfinite(resamples)]
    if len(left) < (1 - MOST_WITHOUT_VALUE) * len(resamples):
        return no_interval(value, f"{len(resamples) - len(left)} resamples have no value")
    if np.ptp(left) <= ROUNDING * abs(value):
        return no_interval(value, "all resamples have the same value")
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(left, [tail, 100 - tail])
    return Estimate(float(value), float(low), float(high))


def mean_interval(values: np.ndarray, seed: int = 1) -> Estimate:
    """Return the mean of values (n,) with its bootstrap interval."""
    means = resampled(lambda drawn: drawn.mean(axis=1), values, seed=seed)
    return percentile_interval(float(values.mean()), means)
