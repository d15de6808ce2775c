"""Lungs: the mask computed from the scan, and the bounding box of any mask."""

from typing import NamedTuple

import cv2
import numpy as np
from scipy import ndimage

from pylayers.errors import ScanRefused

AIR_HU = -500  # halfway between lung (about -850) and soft tissue (about 0), on block means
COARSE_MM = 2.0  # grid of the computed mask: finer gains nothing, block means remove noise
AIRWAY_MM2 = 900.0  # a larger component of one slice is lung, not trachea (2-4 cm2) or bronchus
AIRWAY_MIDLINE_MM = 30.0  # the trachea lies this close to the middle of the body
LUNG_SHARE = 0.1  # a component this small beside the largest is bowel gas or a bulla, not a lung
LUNGS_MIN_L = 0.4  # less air inside the body is no pair of lungs
CLOSING_MM = 6.0  # vessels and bronchi up to this wide belong to the lung


class Box(NamedTuple):
    """Half-open bounds in voxels."""

    z0: int
    z1: int
    y0: int
    y1: int
    x0: int
    x1: int

    def of(self, volume: np.ndarray) -> np.ndarray:
        """Return the part of a (z, y, x) volume inside the box, as a view."""
        return volume[self.z0 : self.z1, self.y0 : self.y1, self.x0 : self.x1]


def bounding_box(mask: np.ndarray) -> Box:
    """Return the smallest box that holds every set voxel of a mask with at least one."""
    bounds = []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        hit = np.flatnonzero(mask.any(axis=others))
        bounds += [int(hit[0]), int(hit[-1]) + 1]
    return Box(*bounds)


def lung_mask(hu: np.ndarray, spacing_mm) -> np.ndarray:
    """Return the computed lungs, bool (z, y, x): air inside the body, without the large airways.

    Work is done on a coarse grid of block means: air that does not touch the slice's border,
    minus the trachea followed from the top to where it enters a lung, then the largest
    components in 3D, closed and filled slice by slice. Raises ScanRefused (no-lungs).
    """
    step_z, step_yx = _steps(spacing_mm)
    coarse = _block_means(hu[::step_z], step_yx)
    spacing = np.array(spacing_mm) * (step_z, step_yx, step_yx)

    body, air = _air_inside_body(coarse)
    airways = _airways(air, body, spacing)
    lungs = _largest_components(air & ~airways, spacing)
    lungs = _close_and_fill(lungs, spacing) & ~airways  # closing took the trachea beside a lung
    return _refine(lungs, hu.shape, step_z, step_yx)


def _steps(spacing_mm) -> tuple[int, int]:
    step_z = max(1, int(COARSE_MM / spacing_mm[0] + 0.5))
    return step_z, max(1, int(COARSE_MM / spacing_mm[2] + 0.5))


def _block_means(hu: np.ndarray, step: int) -> np.ndarray:
    """Average blocks of step x step pixels of each slice; int16 (z, ceil(y/step), ceil(x/step))."""
    n, rows, columns = hu.shape
    pad_y, pad_x = -rows % step, -columns % step
    size = ((columns + pad_x) // step, (rows + pad_y) // step)
    coarse = np.empty((n, size[1], size[0]), np.int16)
    for source, target in zip(hu, coarse, strict=True):
        if pad_y or pad_x:
            source = cv2.copyMakeBorder(source, 0, pad_y, 0, pad_x, cv2.BORDER_REPLICATE)
        cv2.resize(np.ascontiguousarray(source), size, target, interpolation=cv2.INTER_AREA)
    return coarse


def _air_inside_body(coarse: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the body (with its air) and the air inside it, slice by slice."""
    air = coarse < AIR_HU
    body = np.empty_like(air)
    for z, plane in enumerate(air):
        components, labels = cv2.connectedComponents(plane.astype(np.uint8), connectivity=4)
        border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
        outside = np.zeros(components, bool)
        outside[border] = True
        outside[0] = False
        body[z] = _largest_area(~outside[labels])  # a table's foam is air inside a shell, too
    return body, air & body


def _largest_area(plane: np.ndarray) -> np.ndarray:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        plane.astype(np.uint8), connectivity=4
    )
    if count <= 2:
        return plane
    return labels == 1 + np.argmax(stats[1:, cv2.CC_STAT_AREA])


def _airways(air: np.ndarray, body: np.ndarray, spacing) -> np.ndarray:
    """Follow trachea and main bronchi from the head down, as long as they stay small in a slice.

    Slices are eroded by a pixel before they fall into components: the wall between trachea and
    lung is about one pixel thick.
    """
    airways = np.zeros_like(air)
    filled = np.flatnonzero(air.any(axis=(1, 2)))
    if not filled.size:
        return airways
    seeds_above = filled.mean()  # the trachea starts in the upper half of all air
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    core_above = np.zeros(air.shape[1:], np.uint8)
    for z in filled[::-1]:
        core = cv2.erode(air[z].astype(np.uint8), cross)
        count, labels, stats, centres = cv2.connectedComponentsWithStats(core, connectivity=4)
        followed = set(np.unique(labels[cv2.dilate(core_above, cross) > 0]))
        middle = np.flatnonzero(body[z].any(axis=0)).mean()
        core_above = np.zeros_like(core)
        for label in range(1, count):
            small = stats[label, cv2.CC_STAT_AREA] * spacing[1] * spacing[2] < AIRWAY_MM2
            near = abs(centres[label][0] - middle) * spacing[2] < AIRWAY_MIDLINE_MM
            if small and (label in followed or (near and z > seeds_above)):
                core_above[labels == label] = 1
        airways[z] = cv2.dilate(core_above, cross).astype(bool) & air[z]
    return airways


def _largest_components(air: np.ndarray, spacing) -> np.ndarray:
    labels, _ = ndimage.label(air)
    sizes = np.bincount(labels.ravel(), minlength=2)
    sizes[0] = 0
    litres = sizes.max() * np.prod(spacing) / 1e6
    if litres < LUNGS_MIN_L:
        raise ScanRefused(
            "no-lungs",
            f"the largest air space inside the body holds {litres:.2f} L; a chest CT has lungs",
        )
    # at most two lungs; they may be one component where they touch
    order = np.argsort(sizes)[::-1][:2]
    return np.isin(labels, [label for label in order if sizes[label] >= LUNG_SHARE * sizes.max()])


def _close_and_fill(lungs: np.ndarray, spacing) -> np.ndarray:
    radius = max(1, int(CLOSING_MM / spacing[2] + 0.5))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    closed = np.empty_like(lungs)
    for z, plane in enumerate(lungs):
        # the border of the closing must not count as lung
        padded = cv2.copyMakeBorder(
            plane.astype(np.uint8), radius, radius, radius, radius, cv2.BORDER_CONSTANT, value=0
        )
        padded = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, disc)
        closed[z] = ndimage.binary_fill_holes(padded[radius:-radius, radius:-radius])
    return closed


def _refine(coarse: np.ndarray, shape, step_z: int, step_yx: int) -> np.ndarray:
    fine = coarse.repeat(step_z, axis=0).repeat(step_yx, axis=1).repeat(step_yx, axis=2)
    return np.ascontiguousarray(fine[: shape[0], : shape[1], : shape[2]])
