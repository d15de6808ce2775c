"""Lung density adjusted for how deeply the subject breathed in.

The volume that a chest of that size is expected to hold is the reference: without it, large
subjects would pass for deep breaths.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from tools.stats.estimate import columns, constant
from tools.stats.fits import linear_fit

AIR_HU = -1000  # HU + 1000 is the density in g/l


@dataclass(frozen=True)
class ExpectedVolume:
    """Litres of lung that a chest of a width is expected to hold: factor * width_mm ^ exponent.

    NaN for the reason `why`.
    """

    factor: float
    exponent: float
    why: str = ""

    def __call__(self, width_mm: ArrayLike) -> np.ndarray:
        """Return the expected volume in litres, of the widths' shape."""
        return self.factor * np.asarray(width_mm, float) ** self.exponent


def fit_expected_volume(width_mm: ArrayLike, volume_l: ArrayLike) -> ExpectedVolume:
    """Return the power of the lungs' width that lung volumes follow, (n,) each; fit on training.

    Width, not depth or height: a deeper breath lowers the diaphragm and lifts the ribs forwards.
    Least squares of the logarithms; no label is used. Where all widths are equal it is the
    geometric mean of the volumes.
    """
    (width, volume), why = columns(width=width_mm, volume=volume_l)
    if not why and min(width.min(), volume.min()) <= 0:
        why = "a width or volume is not above 0"
    if why:
        return ExpectedVolume(math.nan, math.nan, why)
    if constant(width=width):
        return ExpectedVolume(float(np.exp(np.log(volume).mean())), 0.0)
    offset, exponent = linear_fit(np.log(width), np.log(volume)).coefficients
    return ExpectedVolume(math.exp(offset), exponent)


def sponge_density(density_hu: ArrayLike, volume_l: ArrayLike, expected_l: ArrayLike) -> np.ndarray:
    """Return densities in HU as they would be at the expected volume, (n,) each.

    The lung as a dry sponge: breathing in adds air to the same tissue, so (HU + 1000) * volume
    stays. Sponge model of Dirksen and of Stoel et al., Proceedings of the American Thoracic
    Society 5 (2008), for repeat scans of one subject; here the reference is the volume expected of
    the subject instead of the first scan's. What disease itself adds to the volume is taken for
    breath, which hides a part of it.
    """
    ratio = np.asarray(volume_l, float) / np.asarray(expected_l, float)
    return (np.asarray(density_hu, float) - AIR_HU) * ratio + AIR_HU


@dataclass(frozen=True)
class BreathSlope:
    """HU by which density changes with the logarithm of volume / expected volume.

    NaN for the reason `why`.
    """

    slope: float
    why: str = ""

    def __call__(
        self, density_hu: ArrayLike, volume_l: ArrayLike, expected_l: ArrayLike
    ) -> np.ndarray:
        """Return densities in HU as expected at the expected volume, (n,) each."""
        ratio = np.asarray(volume_l, float) / np.asarray(expected_l, float)
        return np.asarray(density_hu, float) - self.slope * np.log(ratio)


def fit_breath_slope(
    density_hu: ArrayLike, volume_l: ArrayLike, expected_l: ArrayLike, label: ArrayLike
) -> BreathSlope:
    """Return the slope of density over relative volume among subjects of equal label, (n,) each.

    Regression of density on volume as Parr et al. (2008), doi 10.1186/1465-9921-9-21, have it, with
    the volume relative to what body size predicts and the label as second regressor: a slope
    without it would hold the disease, which enlarges the lungs and thins them. Fit on training.
    """
    named = {"density": density_hu, "volume": volume_l, "expected": expected_l, "label": label}
    (density, volume, expected, label), why = columns(**named)
    if why:
        return BreathSlope(math.nan, why)
    log_ratio = np.log(volume / expected)
    why = constant(volume=log_ratio + 1)
    if why:
        return BreathSlope(0.0, why)
    terms = np.stack([np.ones(len(label)), log_ratio, label], axis=1)
    return BreathSlope(float(np.linalg.lstsq(terms, density)[0][1]))
