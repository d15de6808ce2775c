"""The air around the patient: outside air that is clear of the body, its blur and its covers."""

import math

import cv2
import numpy as np

from pylayers.lungs.gas import SQUARE
from pylayers.reading.air_level import FEWEST
from pylayers.reading.histogram import LOWEST, histogram

CLEAR_MM = 4.0  # of body and border, whose blur is no air
# Air is the darkest large peak outside: a mattress had -955 and a third more voxels than air.
AROUND_RANGE_HU = (-1100, -500)
PEAK_BIN_HU, PEAK_SMOOTH, PEAK_SHARE = 4, 3.0, 0.2  # smoothing in bins; height by the largest


def air_around(coarse: np.ndarray, outside: np.ndarray, pixel_mm: float) -> np.ndarray:
    """Return the air around the patient, bool of the coarse grid, clear of body and border.

    coarse: block means of the HU (z, y, x); outside: bool, what is neither body nor frame.
    """
    outside = eroded(outside, pixel_mm)
    if not outside.any():
        return outside
    peaks = peaks_of(coarse[outside], AROUND_RANGE_HU)
    if not peaks.size:
        return np.zeros_like(outside)
    # its noise, as seen on the side where nothing else is
    below = peaks[0] - coarse[outside & (coarse <= math.floor(peaks[0]))]
    near = PEAK_BIN_HU + 1.5 * float(np.sqrt(np.mean(np.square(below, dtype=float))))
    low, high = math.floor(peaks[0] - near) + 1, math.ceil(peaks[0] + near) - 1
    return outside & (low <= coarse) & (coarse <= high)  # whole HU: fast


def peaks_of(values: np.ndarray, range_hu: tuple[int, int]) -> np.ndarray:
    """Return the large peaks of HU, int16 1D, in ascending order; blank for too few values."""
    low, high = range_hu
    counts = histogram(values)
    last = counts[high - LOWEST]
    counts = counts[low - LOWEST : high - LOWEST].reshape(-1, PEAK_BIN_HU).sum(axis=1)
    counts[-1] += last  # the last bin has both its ends
    counts = np.pad(counts.astype(float), 1)
    counts = smoothed(counts)
    if counts.sum() < FEWEST:
        return np.empty(0)
    inner = counts[1:-1]
    peaks = (inner >= counts[:-2]) & (inner > counts[2:]) & (inner > PEAK_SHARE * counts.max())
    return low + PEAK_BIN_HU * (np.flatnonzero(peaks) + 0.5)


def smoothed(counts: np.ndarray) -> np.ndarray:
    """Return a histogram, float 1D, blurred by a Gaussian of PEAK_SMOOTH bins; 0 beyond its ends.

    In the order of scipy.ndimage.gaussian_filter1d, whose import takes longer than all of this.
    """
    reach, n = int(4 * PEAK_SMOOTH + 0.5), len(counts)
    weights = np.exp(-0.5 / PEAK_SMOOTH**2 * np.arange(-reach, reach + 1) ** 2)
    weights /= weights.sum()
    padded = np.pad(counts, reach)
    blurred = padded[reach : reach + n] * weights[reach]
    for low, high in zip(range(reach), range(2 * reach, reach, -1), strict=True):
        blurred += (padded[low : low + n] + padded[high : high + n]) * weights[low]
    return blurred


def eroded(mask: np.ndarray, pixel_mm: float) -> np.ndarray:
    """Return what of a mask, bool (z, y, x), lies CLEAR_MM inside it, slice by slice."""
    inner = np.empty_like(mask)
    steps = max(1, int(CLEAR_MM / pixel_mm + 0.5))
    for source, target in zip(mask.view(np.uint8), inner.view(np.uint8), strict=True):
        cv2.erode(source, SQUARE, target, None, steps, cv2.BORDER_CONSTANT, 0)
    return inner
