"""Whether a probability means what it says: Brier score and reliability curve."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from tools.stats.bootstrap import mean_interval
from tools.stats.estimate import Estimate, columns, no_estimate, two_classes
from tools.stats.proportion import proportion


@dataclass(frozen=True)
class ReliabilityBin:
    """Scans whose probability is in [low, high): the last bin holds 1 too.

    mean_probability: NaN for an empty bin. observed: part that is positive, with Wilson's interval.
    """

    low: float
    high: float
    count: int
    mean_probability: float
    observed: Estimate


def brier_score(positive: ArrayLike, probability: ArrayLike, seed: int = 1) -> Estimate:
    """Return the mean squared difference of probabilities and classes 0 and 1, (n,) each.

    0 is best; always saying the part of positives p gives p (1 - p). Interval by seeded bootstrap.
    Brier (1950), doi 10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2, in its form for two classes.
    ValueError for probabilities outside 0..1.
    """
    (positive, probability), why = _checked(positive, probability)
    return no_estimate(why) if why else mean_interval((probability - positive) ** 2, seed)


def reliability_curve(
    positive: ArrayLike, probability: ArrayLike, bins: int = 10
) -> tuple[tuple[ReliabilityBin, ...], str]:
    """Return the bins of equal width over 0..1 for classes 0 and 1 and probabilities, (n,) each.

    The second value says why there are no bins, else it is empty. ValueError for probabilities
    outside 0..1.
    """
    (positive, probability), why = _checked(positive, probability)
    if why:
        return (), why
    edges = np.linspace(0, 1, bins + 1)
    place = np.minimum(np.searchsorted(edges, probability, side="right") - 1, bins - 1)
    curve = []
    for i in range(bins):
        inside = place == i
        count = int(inside.sum())
        mean = float(probability[inside].mean()) if count else math.nan
        observed = proportion(positive[inside].sum(), count, "scans in this bin")
        curve.append(ReliabilityBin(float(edges[i]), float(edges[i + 1]), count, mean, observed))
    return tuple(curve), ""


def _checked(positive: ArrayLike, probability: ArrayLike) -> tuple[list[np.ndarray], str]:
    arrays, why = columns(positive=positive, probability=probability)
    if not why and (arrays[1].min() < 0 or arrays[1].max() > 1):
        raise ValueError("a probability is in 0..1")
    return arrays, why or two_classes(arrays[0])
