"""Air map: where a scan holds air - inside the body or outside, and which of it is airways."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from pylayers.lungs.air_around import air_around
from pylayers.lungs.airways import find_airways
from pylayers.lungs.coarse_grid import block_means, frame, steps_of
from pylayers.lungs.gas import GAS_HU, SQUARE

AIR_HU = -400  # block means: lets fibrosis in; -500 loses a tenth of such lungs
IN_HULL = 0.7  # share of a cut lung inside its body's hull; foam lies outside


@dataclass(frozen=True, eq=False)
class AirMap:
    """A scan on the coarse grid, and its air.

    coarse: block means of the HU, int16 (z, y, x). spacing: (z, y, x) of a coarse voxel in mm.
    steps: slices, and rows or columns, in one. frame: bool (y, x), the border and any padding.
    body: bool, all that is neither frame nor outside air, with the air in it. air: bool, the air in
    the body. airways: bool, the part of it in the windpipe and the main bronchi.
    """

    coarse: np.ndarray
    spacing: np.ndarray
    steps: tuple[int, int]
    frame: np.ndarray
    body: np.ndarray
    air: np.ndarray
    airways: np.ndarray

    @cached_property
    def around(self) -> np.ndarray:
        """The air around the patient, bool, clear of body and border."""
        return air_around(self.coarse, ~self.body & ~self.frame, self.spacing[2])

    @property
    def voxel_ml(self) -> float:
        """Millilitres of a coarse voxel."""
        return float(np.prod(self.spacing) / 1e3)


def map_air(hu: np.ndarray, spacing_mm: Sequence[float]) -> AirMap:
    """Return the air of a scan; hu: int16 (z, y, x) HU, spacing_mm: (z, y, x)."""
    step_z, step_yx = steps_of(spacing_mm)
    coarse = block_means(hu[::step_z], step_yx)
    spacing = np.array(spacing_mm) * (step_z, step_yx, step_yx)
    edge = frame(coarse)
    body, air = _air_inside_body(coarse, edge)
    airways = find_airways(coarse, air, body, spacing)
    return AirMap(coarse, spacing, (step_z, step_yx), edge, body, air, airways)


def _air_inside_body(coarse: np.ndarray, edge: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return all that is not outside air, and the air in it, slice by slice.

    Outside air reaches the frame, `edge`. So does a lung that the frame cuts.
    """
    beside_edge = cv2.dilate(edge.view(np.uint8), SQUARE).view(bool)
    air = (coarse < AIR_HU) & ~edge
    body = np.empty_like(air)
    for z, plane in enumerate(air):
        _, labels = cv2.connectedComponents(plane.view(np.uint8), connectivity=4)
        touching = np.unique(labels[beside_edge & plane])
        outside = [label for label in touching if not _cut_lung(coarse[z], labels == label)]
        body[z] = ~np.isin(labels, outside) & ~edge
    return body, air & body


def _cut_lung(plane: np.ndarray, air: np.ndarray) -> bool:
    """Return whether air at the frame is lung: too dense for air, and enclosed by the body."""
    core = cv2.erode(air.view(np.uint8), SQUARE, iterations=2).view(bool)
    tissue = (plane >= AIR_HU).view(np.uint8)
    if not core.any() or plane[core].mean() < GAS_HU or not tissue.any():
        return False
    _, labels, stats, _ = cv2.connectedComponentsWithStats(tissue, connectivity=4)
    body = labels == 1 + np.argmax(stats[1:, cv2.CC_STAT_AREA])
    hull = cv2.convexHull(np.argwhere(body)[:, ::-1].astype(np.int32))
    inside = cv2.fillConvexPoly(np.zeros_like(tissue), hull, 1)
    return np.count_nonzero(inside[core]) > IN_HULL * np.count_nonzero(core)
