"""Calibration: whether air has -1000 HU, judged by several witnesses inside the scan.

Air around the patient and in the windpipe, and soft tissue as a second point, are what the
literature corrects lung density by: Stoel et al. 1999 (doi:10.1097/00004424-199904000-00008), Parr
et al. 2004 (doi:10.1164/rccm.200403-326OC), Judy et al. 2012 (Am J Respir Crit Care Med
185:A2037). Each alone can be wrong: a patient fills the view, a narrow windpipe
is blurred, fat outweighs muscle. So a scan is refused only where two agree, and named where one is
odd. Medians are used throughout: noise cut off at -1024 lifts a mean, but not a median.
"""

from typing import NamedTuple

import cv2
import numpy as np
from scipy import ndimage

from pylayers.errors import ScanRefused
from pylayers.lungs.air_map import AirMap
from pylayers.lungs.gas import SQUARE
from pylayers.reading.air_level import AIR_HU, AROUND_OK, FEWEST, REFUSED_HU

# What calibrated scanners give: air is -1000 by definition and within some 30 HU of it in the ten
# real chests of docs/scans.md; a windpipe reads up to 40 more (Judy 2012: above -1000 in current
# scanners; blur). Muscle, blood and organs have 20 to 80, with contrast medium up to 200.
WINDPIPE_OK, TISSUE_OK = (-1050, -900), (-30, 200)
TISSUE_HU = 50
AGREE_HU, AGREE_SHARE = 50, 0.3  # what witnesses may differ by: a scale moves them unequally
CLEAR_MM = 4.0  # of body and border, whose blur is no air
SAMPLE = 40_000
# Air is the darkest large peak outside: a mattress had -955 and a third more voxels than air.
AROUND_RANGE_HU, SOFT_RANGE_HU = (-1100, -500), (-500, 500)
PEAK_BIN_HU, PEAK_SMOOTH, PEAK_SHARE = 4, 3.0, 0.2  # smoothing in bins; height by the largest


class Witness(NamedTuple):
    """One level seen; off_hu: how far from what it should be; odd: outside what scanners give."""

    name: str
    level: float
    off_hu: float
    odd: bool

    def __str__(self) -> str:
        return f"{self.name} has {self.level:.0f} HU"


def check_calibration(hu: np.ndarray, air: AirMap) -> list[str]:
    """Return a warning when air or soft tissue is not where HU have it.

    hu: int16 (z, y, x) HU; air: its map. An offset or a wrong scale moves all of the lung against
    the network's input window. Raises ScanRefused (not-hu) when two witnesses agree on one.
    """
    airs, tissue = air_witnesses(hu, air), soft_tissue(air)
    odd = [witness for witness in airs if witness.odd]
    if not odd:
        return []
    seen = "; ".join(str(witness) for witness in (*airs, tissue) if witness is not None)
    far = [witness.off_hu for witness in airs if abs(witness.off_hu) > REFUSED_HU]
    if len(far) == 2 and agree(*far):
        raise ScanRefused("not-hu", f"{seen}: air should have {AIR_HU}; an offset or a wrong scale")
    if len(airs) == len(far) == 1 and tissue is not None and agree(far[0], tissue.off_hu):
        raise ScanRefused("not-hu", f"{seen}: both are about {abs(far[0]):.0f} HU off; an offset")
    return [f"{seen}; air should have {AIR_HU}, the calibration may be off"]


def agree(one: float, other: float) -> bool:
    """Return whether two witnesses are off by about as much, in HU."""
    return abs(one - other) < max(AGREE_HU, AGREE_SHARE * min(abs(one), abs(other)))


def air_witnesses(hu: np.ndarray, air: AirMap) -> list[Witness]:
    """Return the levels of the air around the patient and in the windpipe, where there is any."""
    witnesses = []
    for name, where, usual in (
        ("the air around the patient", around(air), AROUND_OK),
        ("the air in the windpipe", _eroded(air.airways, air), WINDPIPE_OK),
    ):
        values = voxels_of(hu, air, where)
        # a constant is no measurement: padding, a mask, or the end of the scale
        if values.size >= FEWEST and values.min() < values.max():
            level = float(np.median(values))
            odd = not usual[0] <= level <= usual[1]
            witnesses.append(Witness(name, level, level - AIR_HU, odd))
    return witnesses


def around(air: AirMap) -> np.ndarray:
    """Return the air around the patient, bool of the coarse grid, clear of body and border."""
    outside = _eroded(~air.body & ~air.frame, air)
    if not outside.any():
        return outside
    peaks = peaks_of(air.coarse[outside], AROUND_RANGE_HU)
    if not peaks.size:
        return np.zeros_like(outside)
    # its noise, as seen on the side where nothing else is
    below = peaks[0] - air.coarse[outside & (air.coarse <= peaks[0])]
    near = PEAK_BIN_HU + 1.5 * float(np.sqrt(np.mean(np.square(below, dtype=float))))
    return outside & (np.abs(air.coarse - peaks[0]) < near)


def voxels_of(hu: np.ndarray, air: AirMap, where: np.ndarray) -> np.ndarray:
    """Return the HU at the middle of coarse voxels, 1D, evenly thinned to SAMPLE."""
    z, y, x = np.nonzero(where)
    thin = slice(None, None, 1 + len(z) // SAMPLE)
    step_z, step_yx = air.steps
    rows, columns = (
        np.minimum(at[thin] * step_yx + step_yx // 2, size - 1)
        for at, size in zip((y, x), hu.shape[1:], strict=True)
    )
    return hu[z[thin] * step_z, rows, columns]


def soft_tissue(air: AirMap) -> Witness | None:
    """Return the level of muscle, blood and organs: the densest large peak of soft tissue."""
    peaks = peaks_of(air.coarse[air.body & ~air.air], SOFT_RANGE_HU)
    if not peaks.size:
        return None
    level = float(peaks[-1])
    odd = not TISSUE_OK[0] <= level <= TISSUE_OK[1]
    return Witness("soft tissue", level, level - TISSUE_HU, odd)


def peaks_of(values: np.ndarray, range_hu: tuple[int, int]) -> np.ndarray:
    """Return the large peaks of a histogram of HU, in ascending order; blank for too few values."""
    bins = np.arange(range_hu[0], range_hu[1] + 1, PEAK_BIN_HU)
    counts = np.pad(np.histogram(values, bins)[0].astype(float), 1)
    counts = ndimage.gaussian_filter1d(counts, PEAK_SMOOTH, mode="constant")
    if counts.sum() < FEWEST:
        return np.empty(0)
    inner = counts[1:-1]
    peaks = (inner >= counts[:-2]) & (inner > counts[2:]) & (inner > PEAK_SHARE * counts.max())
    return bins[:-1][peaks] + PEAK_BIN_HU / 2


def _eroded(where: np.ndarray, air: AirMap) -> np.ndarray:
    """Return what of a mask lies CLEAR_MM inside it, slice by slice."""
    inner = np.empty_like(where)
    steps = max(1, int(CLEAR_MM / air.spacing[2] + 0.5))
    for source, target in zip(where.view(np.uint8), inner.view(np.uint8), strict=True):
        cv2.erode(source, SQUARE, target, None, steps, cv2.BORDER_CONSTANT, 0)
    return inner
