"""Views: the lungs' crop in coronal and sagittal planes, and which of them are kept.

Planes are the crop's own voxels: nothing is resampled here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pylayers.errors import ScanRefused, UsageError

# Planes of a view that a store keeps, evenly spaced. With 16 slices a scan that leaves four
# different starts, as axial slices of 5 mm have; both views take some 40 % of the disk space of all
# axial slices of 2 mm. Stores and scores must agree in it: it changes with PREPROCESSING_VERSION.
MOST_PLANES = 64
# A plane's rows are slices. Emphysema shows by what is lost within secondary lobules, which measure
# 10 to 25 mm (Webb 2006, doi 10.1148/radiol.2392041968): slices more than half of 10 mm apart
# cannot show that along z.
MOST_SLICE_MM = 5.0
# LUNA16 left out scans with thicker slices (Setio et al. 2017, doi 10.1016/j.media.2017.06.015).
USUAL_SLICE_MM = 2.5
ROUNDING = 1.01  # headers round


@dataclass(frozen=True)
class View:
    """A direction.

    name: of VIEW= and of the store's planes. axis: of a volume (z, y, x), along which the planes
    follow each other. letter: of that axis. way: how positions along it grow.
    """

    name: str
    axis: int
    letter: str
    way: str

    @property
    def across(self) -> int:
        """The axis of a volume (z, y, x) that is a plane's columns; its rows are z."""
        return 3 - self.axis


VIEWS = {
    view.name: view
    for view in (
        View("coronal", 1, "y", "from front to back"),
        View("sagittal", 2, "x", "from right to left"),
    )
}


def views_named(names: str) -> tuple[View, ...]:
    """Return the views of a list with commas; UsageError lists the names for an unknown one."""
    wanted = names.split(",")
    for name in wanted:
        if name not in VIEWS:
            raise UsageError(f"view {name!r} is not known; it is one of {', '.join(VIEWS)}")
    return tuple(view for name, view in VIEWS.items() if name in wanted)


def kept_planes(count: int) -> np.ndarray:
    """Return which of a view's `count` planes are kept, int (at most MOST_PLANES,), rising."""
    if count <= MOST_PLANES:
        return np.arange(count)
    return (np.arange(MOST_PLANES) * 2 + 1) * count // (2 * MOST_PLANES)


def planes_along(hu: np.ndarray, view: View) -> np.ndarray:
    """Return the planes of a crop (n, h, w) that are kept, (planes, n, w) or (planes, n, h)."""
    planes = np.moveaxis(hu, view.axis, 0)
    return np.ascontiguousarray(planes[kept_planes(len(planes))])


def check_slices(spacing_mm: Sequence[float]) -> list[str]:
    """Return what is doubtful about planes of a crop of that spacing (z, y, x), a sentence each.

    Raises ScanRefused (thick-slices) where they cannot show what emphysema looks like.
    """
    mm = spacing_mm[0]
    if mm > MOST_SLICE_MM * ROUNDING:
        raise ScanRefused(
            "thick-slices",
            f"slices {mm:.3g} mm apart; coronal and sagittal planes need at most "
            f"{MOST_SLICE_MM:g} mm",
        )
    if mm > USUAL_SLICE_MM * ROUNDING:
        return [
            f"slices {mm:.3g} mm apart are coarse rows of coronal and sagittal planes; at most "
            f"{USUAL_SLICE_MM:g} mm suit them"
        ]
    return []
