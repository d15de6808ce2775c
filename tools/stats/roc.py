"""The ROC curve, its area with two intervals, and DeLong's test of two areas.

A score is higher in the positive class: for FEV1/FVC, where COPD is low, pass the negative.
"""

import math
from dataclasses import dataclass

import numpy as np
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


@dataclass(frozen=True)
class AreaComparison:
    """Two areas on the same scans: each, a - b, and DeLong's z with its two-sided p.

    z and p are NaN for the reason in difference.why.
    """

    a: Estimate
    b: Estimate
    difference: Estimate
    z: float
    p: float


def roc_curve(positive, score) -> RocCurve:
    """Return the ROC curve of scores for classes 0 and 1, (n,) each (paper, Figure 3)."""
    (positive, score), why = _checked(positive, score=score)
    if why:
        return RocCurve((), (), (), why)
    false, true, thresholds = metrics.roc_curve(positive, score, drop_intermediate=False)
    return RocCurve(*(tuple(map(float, part)) for part in (thresholds, false, true)))


def roc_area(positive, score, seed: int = 1) -> Area:
    """Return the area under the ROC curve of scores for classes 0 and 1, (n,) each (Table 4).

    DeLong's interval is normal and cut off at 0 and 1; the bootstrap resamples scans of both
    classes together, seeded.
    """
    (positive, score), why = _checked(positive, score=score)
    if why:
        return Area(no_estimate(why), no_estimate(why))
    areas, covariance = _delong(positive, score[None])
    drawn = resampled(_row_areas, positive, score, seed=seed)
    return Area(_normal(areas[0], covariance[0, 0]), percentile_interval(float(areas[0]), drawn))


def compare_areas(positive, a, b) -> AreaComparison:
    """Return DeLong's test of the areas of scores a and b for classes 0 and 1, (n,) each.

    DeLong, DeLong & Clarke-Pearson (1988), doi 10.2307/2531595: z = (A_a - A_b) / sqrt(var A_a +
    var A_b - 2 cov).
    """
    (positive, a, b), why = _checked(positive, a=a, b=b)
    if why:
        return AreaComparison(*[no_estimate(why)] * 3, math.nan, math.nan)
    areas, covariance = _delong(positive, np.stack([a, b]))
    difference = float(areas[0] - areas[1])
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    a, b = (_normal(areas[i], covariance[i, i]) for i in (0, 1))
    if variance < ROUNDING:
        why = "the two scores order each pair of scans alike"
        return AreaComparison(a, b, no_interval(difference, why), math.nan, math.nan)
    error = math.sqrt(variance)
    z = difference / error
    interval = Estimate(difference, difference - Z * error, difference + Z * error)
    return AreaComparison(a, b, interval, z, float(2 * norm.sf(abs(z))))


def _checked(positive, **scores) -> tuple[list[np.ndarray], str]:
    """The columns as floats; 2 scans of each class are what a variance needs."""
    arrays, why = columns(positive=positive, **scores)
    why = why or two_classes(arrays[0], fewest=2)
    return arrays, why or constant(**dict(zip(scores, arrays[1:], strict=True)))


def _normal(area: float, variance: float) -> Estimate:
    if variance < ROUNDING:
        return no_interval(area, "DeLong's variance is 0: the score separates the classes")
    half = Z * math.sqrt(variance)
    return Estimate(float(area), float(max(0, area - half)), float(min(1, area + half)))


def _delong(positive: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Areas (k,) and their covariance (k, k) for scores (k, n).

    The structural components of DeLong (1988) from mid-ranks in O(n log n): Sun & Xu (2014), doi
    10.1109/LSP.2014.2337313. A positive's component is the part of negatives below it (ties by
    half): its rank among all, less its rank among the positives, over the number of negatives.
    """
    high, low = scores[:, positive == 1], scores[:, positive == 0]
    ranks = rankdata(scores, axis=1)
    of_high = (ranks[:, positive == 1] - rankdata(high, axis=1)) / low.shape[1]
    of_low = 1 - (ranks[:, positive == 0] - rankdata(low, axis=1)) / high.shape[1]
    covariance = np.cov(of_high) / high.shape[1] + np.cov(of_low) / low.shape[1]
    return of_high.mean(axis=1), np.atleast_2d(covariance)


def _row_areas(positive: np.ndarray, score: np.ndarray) -> np.ndarray:
    """The area of each row (resamples, n) by the rank sum; NaN where a class is missing."""
    high = positive.sum(axis=1)
    rank_sum = (rankdata(score, axis=1) * positive).sum(axis=1)
    with np.errstate(invalid="ignore"):
        return (rank_sum - high * (high + 1) / 2) / (high * (positive.shape[1] - high))
