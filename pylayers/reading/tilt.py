"""Tilt of the gantry: slices that lean against the way in which they follow each other."""

from typing import NamedTuple

import numpy as np

from pylayers.errors import ScanRefused
from pylayers.reading.orientation import nearest_axes

TILT_DEG, MOST_TILT_DEG = 1.0, 35.0  # reported from, refused above
MAX_SHEAR = 0.01  # cosine between axes that should be at right angles


class Geometry(NamedTuple):
    """How a volume lies: spacing_mm, origin_mm and direction as in Header; warnings about it."""

    spacing_mm: tuple[float, float, float]
    origin_mm: tuple[float, float, float]
    direction: np.ndarray
    warnings: tuple[str, ...] = ()


def tilt_warnings(degrees: float) -> list[str]:
    """Return warnings about a tilt; ScanRefused (geometry) when no gantry goes so far."""
    if degrees > MOST_TILT_DEG:
        raise ScanRefused(
            "geometry", f"slices are tilted by {degrees:.0f} degrees; gantries go to 30"
        )
    if degrees > TILT_DEG:
        return [f"the gantry is tilted by {degrees:.0f} degrees; slices are taken as they lie"]
    return []


def as_they_lie(stated: Geometry, shape: tuple[int, int, int]) -> Geometry:
    """Return a volume with its slices taken as they lie, as in a DICOM series of a tilted gantry.

    Converters (dcm2niix, dicom2nifti) make a sheared volume of such a series: the way from slice to
    slice is not at right angles to the slices. It gets the geometry that the series has: slices
    that follow each other along their normal. A volume without such a tilt, or with an axis of a
    wrong length, is returned as it is. shape: voxels per stored axis, fastest first.
    """
    direction, spacing = stated.direction, np.array(stated.spacing_mm)
    if not (np.isfinite(direction).all() and (spacing > 0).all()):
        return stated
    along = int(nearest_axes(direction)[2])
    way = direction[:, along]
    first, second = np.delete(direction, along, axis=1).T
    lengths = np.linalg.norm(direction, axis=0)
    lean = max(abs(first @ way), abs(second @ way))
    wrong_length = np.abs(lengths - 1).max() > MAX_SHEAR / 2
    if wrong_length or abs(first @ second) > MAX_SHEAR or lean <= MAX_SHEAR:
        return stated
    normal = np.cross(first, second)
    normal *= np.copysign(1, normal @ way) / np.linalg.norm(normal)
    upright = min(1.0, float(normal @ way))
    warnings = tilt_warnings(np.degrees(np.arccos(upright)))
    step, spacing[along] = way * spacing[along], upright * spacing[along]
    direction = direction.copy()
    direction[:, along] = normal
    origin = np.array(stated.origin_mm)
    if normal[2] < 0:  # stored from head to feet: the lowest slice stays where it is
        origin = origin + (step - normal * spacing[along]) * (shape[along] - 1)
    return Geometry(
        tuple(spacing.tolist()),
        tuple(origin.tolist()),
        direction,
        (*stated.warnings, *warnings),
    )
