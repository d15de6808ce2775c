"""Lung mask: the lungs computed from the scan."""

from collections.abc import Sequence

import numpy as np

from pylayers.errors import ScanRefused
from pylayers.lungs.air_map import AirMap, map_air
from pylayers.lungs.closing import close_and_fill
from pylayers.lungs.coarse_grid import refine
from pylayers.lungs.lung_regions import lung_regions
from pylayers.reading.air_level import FEWEST

# Tissue of 10 g/l: of real lungs darkened to a median of -970 HU the air around was 25 HU lower.
THINNEST_HU = 10
CLOSING_MM = 6.0  # vessels and bronchi up to this wide belong to the lung


def lung_mask(hu: np.ndarray, spacing_mm: Sequence[float]) -> np.ndarray:
    """Return the computed lungs, bool (z, y, x): air inside the body, without the large airways.

    hu: int16 (z, y, x) HU. Raises ScanRefused as find_lungs does.
    """
    return find_lungs(map_air(hu, spacing_mm), hu.shape)[0]


def refuse_air(air: AirMap, lungs: np.ndarray) -> None:
    """Raise ScanRefused (no-lungs) when what looks like lung is as thin as the air around.

    Both are block means, which noise cut off at -1024 lifts alike.
    """
    outside = air.coarse[air.around]
    if outside.size < FEWEST:
        return
    level, density = np.median(outside), np.median(air.coarse[lungs])
    if density < level + THINNEST_HU:
        litres = np.count_nonzero(lungs) * air.voxel_ml / 1e3
        raise ScanRefused(
            "no-lungs",
            f"{litres:.2f} L with a median of {density:.0f} HU are as thin as the air around "
            f"({level:.0f} HU): a hollow object",
        )


def find_lungs(air: AirMap, shape: tuple[int, int, int]) -> tuple[np.ndarray, list[str]]:
    """Return the lungs, bool of the scan's shape (z, y, x), and warnings about them.

    Work is done on the coarse grid: the parts of the air in the body that hang on the windpipe,
    closed and filled slice by slice. Raises ScanRefused (no-lungs, several-lungs).
    """
    lungs, warnings = lung_regions(air)
    refuse_air(air, lungs)
    pixel_mm = air.spacing[2]
    closed = close_and_fill(lungs, max(1, int(CLOSING_MM / pixel_mm + 0.5)), pixel_mm)
    return refine(closed, shape, *air.steps), warnings
