"""How far two measurements of the same subjects differ, and which change can be detected."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from tools.stats.agreement import agreement
from tools.stats.estimate import ROUNDING, Estimate, Z, columns


@dataclass(frozen=True)
class MeasurementError:
    """Differences second - first of n subjects, in the measurement's unit.

    shift: mean difference. lower_limit, upper_limit: of agreement. within_sd: s_w, the
    within-subject standard deviation. smallest_change: that a single pair of scans tells from no
    change. relative: smallest_change over the sd between the subjects, a number without a unit.
    NaN where the subjects are too few.
    """

    n: int
    shift: Estimate
    lower_limit: Estimate
    upper_limit: Estimate
    within_sd: float
    smallest_change: float
    relative: float


def measurement_error(first: ArrayLike, second: ArrayLike, seed: int = 1) -> MeasurementError:
    """Return the error of two measurements, (n,) each, of one subject a place.

    Shift and limits as in agreement(), Bland & Altman (1986). s_w = sqrt(sum d^2 / 2n) holds a
    systematic shift, too: of a scan in another kernel, that is error. 1.96 sqrt(2) s_w is the
    repeatability of Bland & Altman (1996), BMJ 313:744, doi 10.1136/bmj.313.7059.744. Between
    subjects is the sd of the two measurements' means.
    """
    (first, second), why = columns(first=first, second=second)
    errors = agreement(first, second, seed)
    if why:
        return MeasurementError(
            len(first), errors.bias, errors.lower_limit, errors.upper_limit, *[math.nan] * 3
        )
    within = math.sqrt(np.mean((second - first) ** 2) / 2)
    smallest = Z * math.sqrt(2) * within
    between = float(np.std((first + second) / 2, ddof=1))
    relative = smallest / between if between > ROUNDING else math.nan
    return MeasurementError(
        len(first),
        errors.bias,
        errors.lower_limit,
        errors.upper_limit,
        within,
        smallest,
        relative,
    )
