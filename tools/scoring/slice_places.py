"""Slice places: where scored slices lie in the scan, along z or along a view's axis."""

from typing import NamedTuple

import numpy as np

from pylayers.lungs.crop import LungCrop
from pylayers.lungs.views import View, kept_planes


class SlicePlaces(NamedTuple):
    """Slices of a scan. indices: int (n,), from 0 along the axis. mm: float (n,), LPS."""

    indices: np.ndarray
    mm: np.ndarray


def places_of(crop: LungCrop, view: View | None, listed: np.ndarray) -> SlicePlaces:
    """Return where slices lie; listed: of the planes that a network chooses from, int (n,).

    view: None for axial slices. The crop is a scan's: one from a store does not know its corner.
    """
    if view is None:
        return SlicePlaces(crop.box.z0 + listed, crop.bottom_mm + listed * crop.spacing_mm[0])
    inside = kept_planes(crop.hu.shape[view.axis])[listed]
    first = (crop.box.z0, crop.box.y0, crop.box.x0)[view.axis]
    corner_mm = crop.corner_mm[view.axis - 1]
    return SlicePlaces(first + inside, corner_mm + inside * crop.spacing_mm[view.axis])


def position_name(view: View | None) -> str:
    """Return the name of a slice's position in outputs: z_mm, y_mm or x_mm."""
    return f"{'z' if view is None else view.letter}_mm"
