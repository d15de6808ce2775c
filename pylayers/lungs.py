"""Lungs: the mask computed from the scan, and the bounding box of any mask."""

import cv2
import numpy as np
from scipy import ndimage

from pylayers.airways import find_airways
from pylayers.closing import close_and_fill
from pylayers.coarse_grid import block_means, frame, refine, steps_of
from pylayers.crop import Box
from pylayers.errors import ScanRefused
from pylayers.gas import GAS_HU, SQUARE, is_foam, is_gas, pockets_below_lung

AIR_HU = -400  # block means: lets fibrosis in; -500 loses a tenth of such lungs
LUNG_SHARE = 0.1  # of the largest component: as large is a lung
PIECE_SHARE = 0.03  # as large is a piece of lung where it lies among lungs
PIECE_ML = 30.0
LUNGS_MIN_L = 0.4  # less air inside the body is no pair of lungs
IN_HULL = 0.7  # share of a cut lung inside its body's hull; foam lies outside
CLOSING_MM = 6.0  # vessels and bronchi up to this wide belong to the lung


def bounding_box(mask: np.ndarray) -> Box:
    """Return the smallest box that holds every set voxel of a mask with at least one."""
    plane = mask.any(axis=0)
    bounds = []
    for hit in (mask.any(axis=(1, 2)), plane.any(axis=1), plane.any(axis=0)):
        hit = np.flatnonzero(hit)
        bounds += [int(hit[0]), int(hit[-1]) + 1]
    return Box(*bounds)


def lung_mask(hu: np.ndarray, spacing_mm) -> np.ndarray:
    """Return the computed lungs, bool (z, y, x): air inside the body, without the large airways.

    Work is done on a coarse grid of block means: air that the outside air does not reach within a
    slice, minus the trachea followed from the top to where it enters a lung, then the components
    in 3D that are lung, closed and filled slice by slice. Raises ScanRefused (no-lungs).
    """
    step_z, step_yx = steps_of(spacing_mm)
    coarse = block_means(hu[::step_z], step_yx)
    spacing = np.array(spacing_mm) * (step_z, step_yx, step_yx)

    body, air = _air_inside_body(coarse)
    airways = find_airways(coarse, air, body, spacing)
    lungs = _lung_components(coarse, air & ~airways, spacing)
    pockets = pockets_below_lung(coarse, lungs, spacing)
    if pockets.any():
        lungs = _lung_components(coarse, lungs & ~pockets, spacing)
    radius = max(1, int(CLOSING_MM / spacing[2] + 0.5))
    lungs = close_and_fill(lungs, radius, spacing[2])
    return refine(lungs, hu.shape, step_z, step_yx)


def _air_inside_body(coarse: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return all that is not outside air, and the air in it, slice by slice.

    Outside air reaches the frame. So does a lung that the frame cuts.
    """
    edge = frame(coarse)
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


def _lung_components(coarse: np.ndarray, air: np.ndarray, spacing) -> np.ndarray:
    """Return the components of air that are lung: neither gas nor foam nor small beside a lung."""
    labels, _ = ndimage.label(air)
    litres = np.bincount(labels.ravel()) * np.prod(spacing) / 1e6
    litres[0] = 0
    boxes = ndimage.find_objects(labels)
    lungs, among = np.zeros_like(air), None
    largest = total = seen_gas = 0.0
    for label in np.argsort(litres)[::-1]:
        if litres[label] < max(PIECE_ML / 1e3, PIECE_SHARE * largest):
            break
        box = boxes[label - 1]
        component = labels[box] == label
        middle = [(side.start + side.stop) / 2 for side in box]
        small = litres[label] < LUNG_SHARE * largest
        if small and not np.all((among[:, 0] < middle) & (middle < among[:, 1])):
            continue
        if is_foam(component) or is_gas(coarse[box], component, spacing):
            seen_gas += litres[label]
            continue
        lungs[box] |= component
        total += litres[label]
        largest = largest or litres[label]
        if not small:
            among = np.reshape(bounding_box(lungs), (3, 2))
    if total < LUNGS_MIN_L:
        gas = f" and {seen_gas:.2f} L of gas" if seen_gas else ""
        raise ScanRefused(
            "no-lungs", f"the body holds {total:.2f} L of lung{gas}; a chest CT has lungs"
        )
    return lungs
