"""Density of the lungs adjusted for how deeply the subject breathed in, and its 15th percentile."""

import math
from dataclasses import dataclass

import numpy as np

from tools.stats.estimate import columns
from tools.stats.fits import linear_fit

PERCENTILE = 15  # Perc15: Parr et al. (2008), doi 10.1186/1465-9921-9-21
WATER_G_PER_L = 1000  # HU of air and of water are -1000 and 0, so density in g/l is HU + 1000


@dataclass(frozen=True)
class VolumeAdjustment:
    """Percent of LAA-950 per litre of lung, and the volume (l) that values are adjusted to.

    NaN for the reason `why`.
    """

    slope: float
    reference_l: float
    why: str = ""

    def __call__(self, laa950, volume_l) -> np.ndarray:
        """Return LAA-950 (percent, (n,)) as expected at the reference volume; may fall below 0."""
        (laa950, volume_l), _ = columns(fewest=0, laa950=laa950, volume_l=volume_l)
        return laa950 - self.slope * (volume_l - self.reference_l)


@dataclass(frozen=True)
class Perc15:
    """The 15th percentile of lung density: in HU, and as a density in g/l (HU + 1000)."""

    hu: float
    density_g_per_l: float
    why: str = ""


def fit_volume_adjustment(laa950, volume_l) -> VolumeAdjustment:
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


def perc15(lung_hu) -> Perc15:
    """Return Perc15 of the lungs' voxels, HU of any shape: 15 % of them are less dense.

    Between voxels the percentile is interpolated. No number for no voxel, or a missing one.
    """
    hu = np.asarray(lung_hu)
    if hu.size == 0 or not np.isfinite(hu).all():
        why = "no lung voxel" if hu.size == 0 else "a lung voxel has no value"
        return Perc15(math.nan, math.nan, why)
    found = float(np.percentile(hu, PERCENTILE))
    return Perc15(found, found + WATER_G_PER_L)
