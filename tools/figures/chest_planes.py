"""Planes of a chest with its lungs outlined, of which the documentation's pictures are made."""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes

from pylayers.lungs.crop import Box
from tools.figures.ct_image import show_slice
from tools.figures.style import VERMILION

WINDOW_HU = (-1100, 200)  # lung is grey, vessels and the chest's wall white


class Chest(NamedTuple):
    """A scan and its lungs.

    hu: int16 (z, y, x), HU, LPS. lungs: bool of that shape. spacing_mm: (z, y, x).
    """

    hu: np.ndarray
    lungs: np.ndarray
    spacing_mm: tuple[float, float, float]

    @property
    def box(self) -> Box:
        """The lungs' bounding box."""
        return Box.around(self.lungs)


class Plane(NamedTuple):
    """HU (rows, columns) with what of it is lung; spacing_mm of rows and columns."""

    hu: np.ndarray
    lungs: np.ndarray
    spacing_mm: tuple[float, float]

    @property
    def size_mm(self) -> tuple[float, float]:
        """Height and width."""
        return self.hu.shape[0] * self.spacing_mm[0], self.hu.shape[1] * self.spacing_mm[1]


def axial(chest: Chest, share: float, margin_mm: float) -> Plane:
    """Return the axial plane at a share of the lungs' height, 0 (base) to 1, around the lungs."""
    box = chest.box
    z = min(box.z1 - 1, box.z0 + int(share * (box.z1 - box.z0)))
    rows = _around(box.y0, box.y1, margin_mm / chest.spacing_mm[1])
    columns = _around(box.x0, box.x1, margin_mm / chest.spacing_mm[2])
    return Plane(chest.hu[z, rows, columns], chest.lungs[z, rows, columns], chest.spacing_mm[1:])


def coronal(chest: Chest, margin_mm: float) -> Plane:
    """Return the coronal plane through the middle of the lungs, apex up, around the lungs."""
    box = chest.box
    y = (box.y0 + box.y1) // 2
    part = (
        _around(box.z0, box.z1, margin_mm / chest.spacing_mm[0]),
        y,
        _around(box.x0, box.x1, margin_mm / chest.spacing_mm[2]),
    )
    spacing_mm = (chest.spacing_mm[0], chest.spacing_mm[2])
    return Plane(chest.hu[part][::-1], chest.lungs[part][::-1], spacing_mm)


def show_plane(
    axes: Axes, plane: Plane, outlined: bool = True, window_hu: tuple[int, int] = WINDOW_HU
) -> None:
    """Draw a plane, with the lungs' outline when that is wanted."""
    show_slice(axes, plane.hu, plane.spacing_mm, window_hu)
    if outlined and plane.lungs.any():
        axes.contour(plane.lungs, [0.5], colors=[VERMILION], linewidths=0.7)


def _around(low: int, high: int, margin: float) -> slice:
    return slice(max(0, low - round(margin)), high + round(margin))
