"""The ROC curve, and the area under it with two intervals.

A score is higher in the positive class: for FEV1/FVC, where COPD is low, pass the negative.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm, rankdata
from sklearn import metrics

from tools.stats.bootstrap import percentile_interval, resampled
from tools.stats.estimate import (
    ROUNDING,
    Estimate,
    Z,
    columns,
    constant,
    no_estimate,
    no_interval,
    two_classes,
)


@dataclass(frozen=True)
class RocCurve:
    """Points of the curve by falling threshold, from (0, 0), at infinity, to (1, 1).

    A scan is called positive when its score is at least the threshold. Without a curve the tuples
    are empty and `why` says why.
    """

    thresholds: tuple[float, ...]
    false_positive_rate: tuple[float, ...]
    sensitivity: tuple[float, ...]
    why: str = ""


@dataclass(frozen=True)
class Area:
    """The area under one ROC curve, 0..1, with DeLong's and with the bootstrap interval."""

    delong: Estimate
    bootstrap: Estimate


def roc_curve(positive: ArrayLike, score: ArrayLike) -> RocCurve:
    """Return the ROC curve of scores for classes 0 and 1, (n,) each (paper, Figure 3)."""
    (positive, score), why = _checked(positive, score)
    if why:
        return RocCurve((), (), (), why)
    false, true, thresholds = metrics.roc_curve(positive, score, drop_intermediate=False)
    return RocCurve(*(tuple(map(float, part)) for part in (thresholds, false, true)))


def roc_area(positive: ArrayLike, score: ArrayLike, seed: int = 1) -> Area:
    """Return the area under the ROC curve of scores for classes 0 and 1, (n,) each (Table 4).

    DeLong's interval is normal and cut off at 0 and 1; the bootstrap resamples scans of both
    classes together, seeded.
    """
    (positive, score), why = _checked(positive, score)
    if why:
        return Area(no_estimate(why), no_estimate(why))
    area, variance = _area(_components(positive, score))
    drawn = resampled(_row_areas, positive, score, seed=seed)
    return Area(_normal(area, variance), percentile_interval(area, drawn))


@dataclass(frozen=True)
class AreaComparison:
    """Two areas on the same scans by DeLong: a, b, a less b, and the two-sided p of no difference.

    p: NaN with the reason in difference.why.
    """

    a: Estimate
    b: Estimate
    difference: Estimate
    p: float


def compare_areas(positive: ArrayLike, a: ArrayLike, b: ArrayLike) -> AreaComparison:
    """Return how the areas under two ROC curves of the same classes 0 and 1 differ, (n,) each.

    The paired test of DeLong, DeLong & Clarke-Pearson (1988), doi 10.2307/2531595.
    """
    (positive, a), why = _checked(positive, a)
    (_, b), why_b = _checked(positive, b)
    why = why or why_b
    if why:
        return AreaComparison(*[no_estimate(why)] * 3, math.nan)
    of_a, of_b = _components(positive, a), _components(positive, b)
    areas = [_normal(*_area(components)) for components in (of_a, of_b)]
    difference, variance = _area(tuple(x - y for x, y in zip(of_a, of_b, strict=True)))
    if variance < ROUNDING:
        same = no_interval(difference, "DeLong's variance of the difference is 0")
        return AreaComparison(*areas, same, math.nan)
    half = Z * math.sqrt(variance)
    interval = Estimate(difference, difference - half, difference + half)
    p = 2 * float(norm.sf(abs(difference) / math.sqrt(variance)))
    return AreaComparison(*areas, interval, p)


def _checked(positive: ArrayLike, score: ArrayLike) -> tuple[list[np.ndarray], str]:
    """The columns as floats; 2 scans of each class are what a variance needs."""
    arrays, why = columns(positive=positive, score=score)
    why = why or two_classes(arrays[0], fewest=2)
    return arrays, why or constant(score=arrays[1])


def _normal(area: float, variance: float) -> Estimate:
    if variance < ROUNDING:
        return no_interval(area, "DeLong's variance is 0: the score separates the classes")
    half = Z * math.sqrt(variance)
    return Estimate(float(area), float(max(0, area - half)), float(min(1, area + half)))


def _components(positive: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The structural components of the area, of the positives and of the negatives.

    Those of DeLong, DeLong & Clarke-Pearson (1988), doi 10.2307/2531595, from
    mid-ranks in O(n log n): Sun & Xu (2014), doi 10.1109/LSP.2014.2337313. A positive's component
    is the part of negatives below it (ties by half): its rank among all, less its rank among the
    positives, over the number of negatives.
    """
    high, low = score[positive == 1], score[positive == 0]
    ranks = rankdata(score)
    of_high = (ranks[positive == 1] - rankdata(high)) / len(low)
    of_low = 1 - (ranks[positive == 0] - rankdata(low)) / len(high)
    return of_high, of_low


def _area(components: tuple[np.ndarray, np.ndarray]) -> tuple[float, float]:
    """The mean of structural components, which is the area, and its variance.

    Of the differences of two scores' components it is the difference of their areas.
    """
    of_high, of_low = components
    variance = np.cov(of_high) / len(of_high) + np.cov(of_low) / len(of_low)
    return float(of_high.mean()), float(variance)


def _row_areas(positive: np.ndarray, score: np.ndarray) -> np.ndarray:
    """The area of each row (resamples, n) by the rank sum; NaN where a class is missing."""
    high = positive.sum(axis=1)
    rank_sum = (rankdata(score, axis=1) * positive).sum(axis=1)
    with np.errstate(invalid="ignore"):
        return (rank_sum - high * (high + 1) / 2) / (high * (positive.shape[1] - high))
