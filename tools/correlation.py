"""Spearman's rank correlation and its bootstrap interval."""

from typing import NamedTuple

import numpy as np
from scipy.stats import rankdata

RESAMPLES = 10_000  # paper, section 4.1: "bootstrapping with 10k samples"
CONFIDENCE = 0.95


class Correlation(NamedTuple):
    """Spearman's rho with the bounds of its 95 % percentile bootstrap interval."""

    rho: float
    low: float
    high: float


def spearman(x, y) -> float:
    """Return Spearman's rho: Pearson's correlation of the ranks, ties by their mean rank.

    NaN when either has a single value only.
    """
    return float(_row_correlations(np.asarray(x, float)[None], np.asarray(y, float)[None])[0])


def spearman_interval(x, y, seed: int = 1) -> Correlation:
    """Return rho with its interval over RESAMPLES seeded resamples of the pairs."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    pairs = np.random.default_rng(seed).integers(len(x), size=(RESAMPLES, len(x)))
    rhos = _row_correlations(x[pairs], y[pairs])
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.nanpercentile(rhos, [tail, 100 - tail])
    return Correlation(spearman(x, y), float(low), float(high))


def _row_correlations(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Spearman's rho of each row (resamples, n)."""
    x, y = (rankdata(values, axis=1) for values in (x, y))
    x, y = (ranks - ranks.mean(axis=1, keepdims=True) for ranks in (x, y))
    with np.errstate(invalid="ignore"):
        return (x * y).sum(axis=1) / np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
