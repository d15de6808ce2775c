"""A CT that is an array already: checked and brought to the CT scale as one read from disk is."""

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from pylayers.errors import ScanRefused
from pylayers.reading.header import Header, checked
from pylayers.reading.scan import Scan, scan_of

NAME = "the array"


def scan_of_array(hu: ArrayLike, spacing_mm: ArrayLike) -> Scan:
    """Return an array as a scan; it is copied, never changed.

    hu: integers or floats (z, y, x) in HU, with x to the patient's left, y to the back and z to the
    head (LPS). spacing_mm: three numbers (z, y, x). Raises ScanRefused with the slugs of files:
    not-3d, voxel-type, unreadable, too-large, geometry, not-finite and those of the numbers.
    """
    try:
        voxels = np.asarray(hu)
    except (TypeError, ValueError):  # rows of unequal lengths; memory of another device
        raise ScanRefused("not-3d", f"{NAME} cannot be read as numbers (z, y, x)") from None
    if voxels.ndim != 3:
        raise ScanRefused("not-3d", f"{NAME} has {voxels.ndim} axes; a scan has 3, (z, y, x)")
    if voxels.dtype.kind not in "iuf":
        raise ScanRefused("voxel-type", f"{NAME} holds {voxels.dtype}; HU are integers or floats")
    z, y, x = _three_numbers(spacing_mm)
    header = checked(
        Header(
            name=NAME,
            shape=voxels.shape[::-1],
            dtype=voxels.dtype,
            spacing_mm=(x, y, z),
            origin_mm=(0.0, 0.0, 0.0),
            direction=np.eye(3),
            body=Path(),
        )
    )
    return scan_of(header, ((plane.ravel(), 1.0, 0.0) for plane in voxels))


def _three_numbers(spacing_mm: ArrayLike) -> tuple[float, ...]:
    try:
        spacing = np.asarray(spacing_mm, float)
    except (TypeError, ValueError):
        spacing = np.empty(0)
    if spacing.shape != (3,):
        raise ScanRefused(
            "geometry", f"the spacing of {NAME} is not three numbers, (z, y, x) in mm"
        )
    return tuple(spacing.tolist())
