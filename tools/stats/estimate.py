"""A number with its 95 % confidence interval, or the reason why there is none."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

CONFIDENCE = 0.95
Z = float(norm.ppf(0.5 + CONFIDENCE / 2))
FEWEST_SCANS = 4  # Fisher's interval of a correlation has n - 3 in its denominator
# Spread below this part of the size is rounding: scipy calls inputs like that nearly constant
ROUNDING = 1e-12


@dataclass(frozen=True)
class Estimate:
    """A value with the bounds of its 95 % interval.

    Without a value all three are NaN and `why` says why. Where there is a value but no interval,
    `low` and `high` are NaN and `why` begins with "no interval". Otherwise `why` is empty.
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    why: str = ""

    @property
    def is_number(self) -> bool:
        """Whether there is a value."""
        return math.isfinite(self.value)

    @property
    def has_interval(self) -> bool:
        """Whether there is a value with both bounds."""
        return all(map(math.isfinite, (self.value, self.low, self.high)))

    def absolute(self) -> "Estimate":
        """Return the estimate mirrored where its value is below 0: |rho| of rho."""
        if not self.value < 0:
            return self
        return Estimate(-self.value, -self.high, -self.low, self.why)


def no_estimate(why: str) -> Estimate:
    """Return the Estimate without a number, for that reason."""
    return Estimate(math.nan, why=why)


def no_interval(value: float, why: str) -> Estimate:
    """Return the Estimate of a value whose interval does not exist, for that reason."""
    return Estimate(float(value), why=f"no interval: {why}")


def around(value: float, half: float, why: str = "no variation") -> Estimate:
    """Return value -+ half; where half is 0 there is no interval, for that reason."""
    if not half > 0:
        return no_interval(value, why)
    return Estimate(float(value), float(value - half), float(value + half))


def columns(fewest: int = FEWEST_SCANS, **named: ArrayLike) -> tuple[list[np.ndarray], str]:
    """Return the named columns, (n,) each, as floats, and why they are no basis for a number.

    The reason is empty when there are at least `fewest` scans and all values are finite. ValueError
    for columns of another shape or of different lengths: that is a mistake of the caller.
    """
    arrays = [np.asarray(values, float) for values in named.values()]
    shapes = {array.shape for array in arrays}
    if len(shapes) > 1 or len(next(iter(shapes))) != 1:
        shown = ", ".join(f"{name} {a.shape}" for name, a in zip(named, arrays, strict=True))
        raise ValueError(f"columns need one value a scan: {shown}")
    for name, array in zip(named, arrays, strict=True):
        missing = len(array) - int(np.isfinite(array).sum())
        if missing:
            return arrays, f"{name} is missing for {missing} of {len(array)} scans"
    if len(arrays[0]) < fewest:
        return arrays, f"{len(arrays[0])} scans, at least {fewest} are needed"
    return arrays, ""


def constant(**named: np.ndarray) -> str:
    """Return which column (n,) has one value for all scans, as a reason, or "" if none has."""
    for name, values in named.items():
        if np.ptp(values) <= ROUNDING * np.abs(values).max():
            return f"{name} is the same for all {len(values)} scans"
    return ""


def two_classes(positive: np.ndarray, fewest: int = 1) -> str:
    """Return why a column (n,) of 0 and 1 has not `fewest` scans of each class, or "".

    ValueError for other values than 0 and 1.
    """
    if not np.isin(positive, (0, 1)).all():
        raise ValueError("a class is 0 or 1")
    for name, count in (("positive", positive.sum()), ("negative", (1 - positive).sum())):
        if count < fewest:
            return f"{int(count)} of {len(positive)} scans are {name}, at least {fewest} needed"
    return ""
