"""Gain: what sets one prediction off from another of the same scans."""

from typing import NamedTuple

import numpy as np

from tools.stats.agreement import agreement
from tools.stats.bootstrap import mean_interval
from tools.stats.correlation import compare_correlations
from tools.stats.estimate import Estimate, no_estimate


class Gain(NamedTuple):
    """A prediction less its reference.

    rho: Spearman's. better: how probably its rho is the larger one. mae: mean absolute error, in
    the unit of the truth.
    """

    rho: Estimate
    better: float
    mae: Estimate


def gain_over(truth: np.ndarray, prediction: np.ndarray, reference: np.ndarray) -> Gain:
    """Return the gain of a prediction over a reference, (n,) each as the truth.

    Intervals and probability from paired, seeded bootstrap resamples.
    """
    rhos = compare_correlations(truth, prediction, reference)
    mae = agreement(truth, prediction).mae
    if mae.is_number:
        mae = mean_interval(np.abs(prediction - truth) - np.abs(reference - truth))
    else:
        mae = no_estimate(mae.why)
    return Gain(rhos.difference, rhos.a_stronger, mae)
