"""How far predictions lie from the labels, in the label's unit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t

from tools.stats.bootstrap import mean_interval
from tools.stats.estimate import (
    CONFIDENCE,
    ROUNDING,
    Estimate,
    Z,
    around,
    columns,
    constant,
    no_estimate,
    no_interval,
)


@dataclass(frozen=True)
class Agreement:
    """Differences prediction - truth over the scans, in the label's unit (ccc: none, -1..1).

    mae: mean absolute difference. bias: mean difference. lower_limit, upper_limit: the limits of
    agreement, between which about 95 % of the differences lie. ccc: Lin's concordance correlation.
    """

    mae: Estimate
    bias: Estimate
    lower_limit: Estimate
    upper_limit: Estimate
    ccc: Estimate


def agreement(truth: ArrayLike, prediction: ArrayLike, seed: int = 1) -> Agreement:
    """Return how truth and prediction, (n,) each, agree.

    The interval of mae is a seeded bootstrap. Bias, d, with s / sqrt(n), and limits, d -+ 1.96 s,
    are those of Bland & Altman (1986), doi 10.1016/S0140-6736(86)90837-8, with Student's t of n - 1
    degrees. The variance of a limit is s^2 (1/n + 1.96^2 / (2 (n - 1))) as in Bland & Altman
    (1999), doi 10.1177/096228029900800204, section 2; the 3 s^2 / n of 1986 approximates it. It
    holds for normal differences.
    """
    (truth, prediction), why = columns(truth=truth, prediction=prediction)
    if why:
        return Agreement(*[no_estimate(why)] * 5)
    difference = prediction - truth
    count, bias, sd = len(difference), difference.mean(), difference.std(ddof=1)
    if constant(difference=difference):
        sd = 0.0
    quantile = float(t.ppf(0.5 + CONFIDENCE / 2, count - 1))
    same = "all differences are equal"
    limit_error = quantile * sd * np.sqrt(1 / count + Z**2 / (2 * (count - 1)))
    return Agreement(
        mean_interval(np.abs(difference), seed),
        around(bias, quantile * sd / np.sqrt(count), same),
        around(bias - Z * sd, limit_error, same),
        around(bias + Z * sd, limit_error, same),
        concordance(truth, prediction),
    )


def concordance(x: ArrayLike, y: ArrayLike) -> Estimate:
    """Return Lin's concordance correlation coefficient of x and y, (n,) each, with his z interval.

    2 s_xy / (s_x^2 + s_y^2 + (mean x - mean y)^2), moments divided by n: Lin (1989), doi
    10.2307/2532051. Variance of artanh: the same with the correction of Lin (2000), doi
    10.1111/j.0006-341X.2000.00324.x, n - 2 in its denominator. Where x and y do not correlate at
    all the variance has a zero in its denominator, and there is no interval.
    """
    (x, y), why = columns(x=x, y=y)
    why = why or constant(x=x, y=y)
    if why:
        return no_estimate(why)
    (xx, xy), (_, yy) = np.cov(x, y, bias=True)
    shift = x.mean() - y.mean()
    ccc = 2 * xy / (xx + yy + shift**2)
    r = xy / np.sqrt(xx * yy)
    if abs(r) < ROUNDING:
        return no_interval(ccc, "no correlation")
    if 1 - abs(ccc) < ROUNDING:
        return no_interval(ccc, "perfect concordance")
    u2 = shift**2 / np.sqrt(xx * yy)
    rest = 1 - ccc**2
    variance = (
        (1 - r**2) * ccc**2 / (rest * r**2)
        + 2 * ccc**3 * (1 - ccc) * u2 / (r * rest**2)
        - ccc**4 * u2**2 / (2 * r**2 * rest**2)
    ) / (len(x) - 2)
    if variance <= 0:
        return no_interval(ccc, "the variance is estimated as 0: all scans lie on one line")
    half = Z * np.sqrt(variance)
    low, high = np.tanh([np.arctanh(ccc) - half, np.arctanh(ccc) + half])
    return Estimate(float(ccc), float(low), float(high))
