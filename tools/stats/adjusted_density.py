"""LAA-950 adjusted for the lung volume, that is, for how deeply the subject breathed in."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from tools.stats.estimate import columns
from tools.stats.fits import linear_fit


@dataclass(frozen=True)
class VolumeAdjustment:
    """Percent of LAA-950 per litre of lung, and the volume (l) that values are adjusted to.

    NaN for the reason `why`.
    """

    slope: float
    reference_l: float
    why: str = ""

    def __call__(self, laa950: ArrayLike, volume_l: ArrayLike) -> np.ndarray:
        """Return LAA-950 (percent, (n,)) as expected at the reference volume; may fall below 0."""
        (laa950, volume_l), _ = columns(fewest=0, laa950=laa950, volume_l=volume_l)
        return laa950 - self.slope * (volume_l - self.reference_l)


def fit_volume_adjustment(laa950: ArrayLike, volume_l: ArrayLike) -> VolumeAdjustment:
    """Return the least-squares line of LAA-950 (percent) over lung volume (litres), (n,) each.

    LAA-950 grows with inspiration. Subtracting slope * (volume - mean volume) leaves the residual
    at the mean volume: the linear regression of densitometry on CT lung volume of Parr et al.
    (2008), doi 10.1186/1465-9921-9-21, between subjects instead of between visits; the paper names
    volume correction in section 1.1 (its reference 7). Emphysema itself enlarges the lungs, so
    part of the disease goes with the volume. Fit on training or validation scans.
    """
    fit = linear_fit(volume_l, laa950)
    if not np.isfinite(fit.coefficients[1]):
        why = fit.why.replace("x is", "the lung volume is").replace("y is", "LAA-950 is")
        return VolumeAdjustment(math.nan, math.nan, why)
    return VolumeAdjustment(fit.coefficients[1], float(np.mean(volume_l)))
