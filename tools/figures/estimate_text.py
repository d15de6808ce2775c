"""An estimate with its interval as figures print it, or the reason why there is none."""

import math
import textwrap
from typing import NamedTuple

import numpy as np


class Estimate(NamedTuple):
    """A number, the bounds of its 95 % interval (NaN: none), and why the number is NaN.

    Figures take any sequence of these two to four fields in this order.
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    reason: str = ""

    @property
    def is_number(self) -> bool:
        """Whether there is a number to print."""
        return math.isfinite(self.value)

    @property
    def has_interval(self) -> bool:
        """Whether there is a number with both bounds."""
        return all(map(math.isfinite, self[:3]))


def number_text(value: float, decimals: int = 2) -> str:
    """Return a number with a true minus sign."""
    return f"{value:.{decimals}f}".replace("-", "\N{MINUS SIGN}")


def estimate_text(estimate, decimals: int = 2, interval: str = "") -> str:
    """Return '0.82 [0.77, 0.86]', '0.82' without bounds, or 'not computable: the reason'.

    interval: words before the bracket, such as ', 95 % CI'.
    """
    estimate = Estimate(*estimate)
    if not estimate.is_number:
        return "not computable" + (f": {estimate.reason}" if estimate.reason else "")
    text = number_text(estimate.value, decimals)
    if estimate.has_interval:
        low, high = (number_text(bound, decimals) for bound in estimate[1:3])
        text += f"{interval} [{low}, {high}]"
    return text


def explained(estimate, truth, values) -> Estimate:
    """Return the estimate; where it is NaN without a reason, with what is wrong with its data."""
    estimate = Estimate(*estimate)
    if estimate.is_number or estimate.reason:
        return estimate
    if len(truth) < 3:
        return estimate._replace(reason="fewer than 3 scans")
    for which, numbers in (("predictions", values), ("true values", truth)):
        if np.ptp(numbers) == 0:
            return estimate._replace(reason=f"all {which} are the same")
    return estimate


def wrapped(text: str, width: int) -> str:
    """Return a text broken into lines of at most `width` characters, long names included."""
    return "\n".join(
        line for part in text.split("\n") for line in textwrap.wrap(part, width) or [""]
    )
