"""Rank and linear correlation with intervals, and two predictors compared on the same scans."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import pearsonr, rankdata

from tools.stats.bootstrap import percentile_interval, resampled
from tools.stats.estimate import (
    CONFIDENCE,
    ROUNDING,
    Estimate,
    columns,
    constant,
    no_estimate,
    no_interval,
)


def spearman(x: ArrayLike, y: ArrayLike) -> float:
    """Return Spearman's rho of x and y, (n,) each: Pearson's correlation of the mean ranks.

    NaN for fewer than 2 scans, a missing value, or a column with one value only.
    """
    (x, y), why = columns(x=x, y=y, fewest=2)
    return math.nan if why or constant(x=x, y=y) else _rho(x, y)


def spearman_interval(x: ArrayLike, y: ArrayLike, seed: int = 1) -> Estimate:
    """Return rho of x and y, (n,) each, with its seeded bootstrap interval.

    Paper, sections 4.1 and 4.2 and Figure 2.
    """
    (x, y), why = columns(x=x, y=y)
    why = why or constant(x=x, y=y)
    if why:
        return no_estimate(why)
    return percentile_interval(_rho(x, y), resampled(_row_rhos, x, y, seed=seed))


def pearson_interval(x: ArrayLike, y: ArrayLike) -> Estimate:
    """Return Pearson's r of x and y, (n,) each, with Fisher's interval (z = artanh r).

    Fisher (1921), Metron 1:3-32, as scipy.stats.pearsonr has it.
    """
    (x, y), why = columns(x=x, y=y)
    why = why or constant(x=x, y=y)
    if why:
        return no_estimate(why)
    result = pearsonr(x, y)
    if 1 - abs(result.statistic) < ROUNDING:
        return no_interval(result.statistic, "all scans lie on one line")
    return Estimate(float(result.statistic), *map(float, result.confidence_interval(CONFIDENCE)))


@dataclass(frozen=True)
class Comparison:
    """Two correlations with one truth on the same scans, by the paired bootstrap.

    a, b: rho of each, with the sign it has. difference: strength of a less strength of b.
    a_stronger: part of the resamples in which a is the stronger, ties counted by half, in 0..1; NaN
    with the reason in difference.why.
    """

    a: Estimate
    b: Estimate
    difference: Estimate
    a_stronger: float


def compare_correlations(truth: ArrayLike, a: ArrayLike, b: ArrayLike, seed: int = 1) -> Comparison:
    """Return how Spearman's rho of a and of b with truth, (n,) each, differ.

    The strength is |rho|, since LAA-950 falls where FEV1/FVC rises. The sign is that in all scans,
    not that in each resample: the absolute value of a rho around 0 would never be small enough.
    The probability is that of the paper, section 4.1, from resamples that keep a scan's values
    together.
    """
    (truth, a, b), why = columns(truth=truth, a=a, b=b)
    why = why or constant(truth=truth, a=a, b=b)
    if why:
        return Comparison(*[no_estimate(why)] * 3, math.nan)

    def rhos(truth: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        truth, a, b = (_row_ranks(values) for values in (truth, a, b))
        return np.stack([_row_correlations(truth, a), _row_correlations(truth, b)], axis=1)

    values = np.array([_rho(truth, a), _rho(truth, b)])
    drawn = resampled(rhos, truth, a, b, seed=seed)
    signs = np.where(values < 0, -1, 1)
    difference = (drawn * signs) @ [1, -1]
    left = difference[np.isfinite(difference)]
    interval = percentile_interval(float((values * signs) @ [1, -1]), difference)
    stronger = math.nan if interval.why else float(np.mean(left > 0) + np.mean(left == 0) / 2)
    return Comparison(
        percentile_interval(values[0], drawn[:, 0]),
        percentile_interval(values[1], drawn[:, 1]),
        interval,
        stronger,
    )


def _rho(x: np.ndarray, y: np.ndarray) -> float:
    return float(_row_rhos(x[None], y[None])[0])


def _row_rhos(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Spearman's rho of each row (resamples, n)."""
    return _row_correlations(_row_ranks(x), _row_ranks(y))


def _row_ranks(values: np.ndarray) -> np.ndarray:
    """Ranks within each row, about their mean, scaled to a length of 1 (NaN: a single value)."""
    ranks = rankdata(values, axis=1)
    ranks -= ranks.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        return ranks / np.sqrt((ranks**2).sum(axis=1, keepdims=True))


def _row_correlations(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Inner products of the rows of _row_ranks."""
    return np.clip((x * y).sum(axis=1), -1, 1)
