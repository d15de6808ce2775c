"""Air level: air has -1000 HU by definition; numbers that put it lower are reported or refused."""

import numpy as np

from pylayers.errors import ScanRefused

AIR_HU = -1000
# what calibrated scanners give around a patient: within some 30 HU in ten real chests
# (docs/scans.md)
AROUND_OK = (-1050, -960)
REFUSED_HU = 60  # further off: four times what those chests' air is off
FEWEST = 20  # values: their median is within a third of the noise
DARK_HU, DARK_SHARE = (-1500, -900), 0.05
LUNG_HU, END_SHARE = -600, 0.001  # a cut piles up what lay below; noise leaves single voxels
CONSTANT_SHARE = 0.2  # of them with one value: noise gives none a tenth


def check_low_end(name: str, hu: np.ndarray) -> list[str]:
    """Return a warning when air lies well below -1000 HU; for numbers not yet cut off at -1024.

    hu: 1D, thinned, without padding. Raises ScanRefused (not-hu) when it lies so far down that no
    scanner is meant (nothing in a body or around it is less dense than air), and when numbers end
    where lungs still have some.
    """
    lowest = int(hu.min()) if hu.size else AIR_HU
    if AROUND_OK[1] < lowest < LUNG_HU and np.mean(hu == lowest) > END_SHARE:
        raise ScanRefused(
            "not-hu",
            f"nothing in {name} is below {lowest} HU: the numbers were cut off there, or an offset "
            "was added",
        )
    dark = hu[(hu > DARK_HU[0]) & (hu < DARK_HU[1])]
    values, counts = np.unique(dark, return_counts=True)
    dark = dark[~np.isin(dark, values[counts > CONSTANT_SHARE * dark.size])]  # padding, a mask
    if dark.size < max(FEWEST, DARK_SHARE * hu.size) or np.median(dark) >= AROUND_OK[0]:
        return []
    level = float(np.median(dark))
    finding = f"air has {level:.0f} HU in {name}, not {AIR_HU}"
    if level < AIR_HU - REFUSED_HU:
        raise ScanRefused("not-hu", f"{finding}: an offset or a wrong scale")
    return [f"{finding}; the calibration may be off"]
