"""Lung density adjusted for how deeply the subject breathed in.

The volume that a rib cage of that size is expected to hold is the reference: without it, large
subjects would pass for deep breaths.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from tools.stats.estimate import columns, constant

AIR_HU = -1000  # HU + 1000 is the density in g/l


@dataclass(frozen=True)
class ExpectedVolume:
    """Litres that a rib cage is expected to hold: factor * width ^ of_width * depth ^ of_depth, mm.

    NaN for the reason `why`.
    """

    factor: float
    of_width: float
    of_depth: float
    why: str = ""

    def __call__(self, width_mm: ArrayLike, depth_mm: ArrayLike) -> np.ndarray:
        """Return the expected volumes in litres, (n,) each."""
        width, depth = np.asarray(width_mm, float), np.asarray(depth_mm, float)
        return self.factor * width**self.of_width * depth**self.of_depth


def fit_expected_volume(
    width_mm: ArrayLike, depth_mm: ArrayLike, volume_l: ArrayLike
) -> ExpectedVolume:
    """Return how lung volumes follow width and depth of the lungs, (n,) each; fit on training.

    Not their height: a breath moves the diaphragm most. The rib cage, which years of hyperinflation
    make deeper, is taken as it is, so that this part of the disease is not taken for breath. Least
    squares of the logarithms; no label is used.
    """
    (width, depth, volume), why = columns(width=width_mm, depth=depth_mm, volume=volume_l)
    if not why and min(width.min(), depth.min(), volume.min()) <= 0:
        why = "a width, depth or volume is not above 0"
    if why:
        return ExpectedVolume(*[math.nan] * 3, why)
    logs = np.log(np.stack([width, depth], axis=1))
    terms = logs - logs.mean(axis=0)  # a side that is the same for all has no part
    exponents = np.linalg.lstsq(terms, np.log(volume) - np.log(volume).mean())[0]
    factor = math.exp(np.log(volume).mean() - logs.mean(axis=0) @ exponents)
    return ExpectedVolume(factor, *map(float, exponents))


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
