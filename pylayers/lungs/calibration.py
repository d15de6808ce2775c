"""Calibration: whether air has -1000 HU, judged by several witnesses inside the scan.

Air around the patient and in the windpipe, and soft tissue as a second point, are what the
literature corrects lung density by: Stoel et al. 1999 (doi:10.1097/00004424-199904000-00008), Parr
et al. 2004 (doi:10.1164/rccm.200403-326OC), Judy et al. 2012 (Am J Respir Crit Care Med
185:A2037). Each alone can be wrong: a patient fills the view, a narrow windpipe
is blurred, fat outweighs muscle. So a scan is refused only where two agree, and named where one is
odd. Medians are used throughout: noise cut off at -1024 lifts a mean, but not a median.
"""

from typing import NamedTuple

import numpy as np

from pylayers.errors import ScanRefused
from pylayers.lungs.air_around import eroded, peaks_of
from pylayers.lungs.air_map import AirMap
from pylayers.reading.air_level import AIR_HU, AROUND_OK, FEWEST, REFUSED_HU

# What calibrated scanners give: air is -1000 by definition and within some 30 HU of it in the ten
# real chests of docs/scans.md; a windpipe reads up to 40 more (Judy 2012: above -1000 in current
# scanners; blur). Muscle, blood and organs have 20 to 80, with contrast medium up to 200.
WINDPIPE_OK, TISSUE_OK = (-1050, -900), (-30, 200)
TISSUE_HU = 50
AGREE_HU, AGREE_SHARE = 50, 0.3  # what witnesses may differ by: a scale moves them unequally
SAMPLE = 40_000
SOFT_RANGE_HU = (-500, 500)


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
    levels = "; ".join(str(witness) for witness in (*airs, tissue) if witness is not None)
    far = [witness.off_hu for witness in airs if abs(witness.off_hu) > REFUSED_HU]
    if len(far) == 2 and agree(*far):
        raise ScanRefused(
            "not-hu", f"{levels}: air should have {AIR_HU}; an offset or a wrong scale"
        )
    if len(airs) == len(far) == 1 and tissue is not None and agree(far[0], tissue.off_hu):
        raise ScanRefused("not-hu", f"{levels}: both are about {abs(far[0]):.0f} HU off; an offset")
    return [f"{levels}; air should have {AIR_HU}, the calibration may be off"]


def agree(one: float, other: float) -> bool:
    """Return whether two witnesses are off by about as much, in HU."""
    return abs(one - other) < max(AGREE_HU, AGREE_SHARE * min(abs(one), abs(other)))


def air_witnesses(hu: np.ndarray, air: AirMap) -> list[Witness]:
    """Return the levels of the air around the patient and in the windpipe, where there is any."""
    witnesses = []
    for name, where, usual in (
        ("the air around the patient", air.around, AROUND_OK),
        ("the air in the windpipe", eroded(air.airways, air.spacing[2]), WINDPIPE_OK),
    ):
        values = voxels_of(hu, air, where)
        # a constant is no measurement: padding, a mask, or the end of the scale
        if values.size >= FEWEST and values.min() < values.max():
            level = float(np.median(values))
            odd = not usual[0] <= level <= usual[1]
            witnesses.append(Witness(name, level, level - AIR_HU, odd))
    return witnesses


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
