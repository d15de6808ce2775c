"""The large airways: trachea and main bronchi, which are air inside the body but no lung."""

import cv2
import numpy as np

LARGEST_MM2 = 900.0  # a larger component of one slice is lung, not trachea (2-4 cm2) or bronchus
MIDLINE_MM = 30.0  # the trachea lies this close to the middle of the body
LUMEN_HU = -600  # the thin walls between airways, mixed with air, are denser
CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))


def find_airways(coarse: np.ndarray, air: np.ndarray, body: np.ndarray, spacing) -> np.ndarray:
    """Follow trachea and main bronchi from the head down, as long as they stay small in a slice.

    coarse: block means of the HU (z, y, x); air, body (with its air): bool; spacing: (z, y, x) in
    mm. Slices are eroded by a voxel before they fall into components: the wall between trachea and
    lung is about one thick.
    """
    lumen = air & (coarse < LUMEN_HU)
    airways = np.zeros_like(air)
    filled = np.flatnonzero(air.any(axis=(1, 2)))
    if not filled.size:
        return airways
    seeds_above = filled.mean()  # the trachea starts in the upper half of all air
    core_above = np.zeros(air.shape[1:], np.uint8)
    for z in filled[::-1]:
        core = cv2.erode(lumen[z].view(np.uint8), CROSS)
        count, labels, stats, centres = cv2.connectedComponentsWithStats(core, connectivity=4)
        followed = set(np.unique(labels[cv2.dilate(core_above, CROSS) > 0]))
        core_above = np.zeros_like(core)
        for label in range(1, count):
            if stats[label, cv2.CC_STAT_AREA] * spacing[1] * spacing[2] > LARGEST_MM2:
                continue
            if label in followed or (
                z > seeds_above and _off_middle(body[z], centres[label]) * spacing[2] < MIDLINE_MM
            ):
                core_above[labels == label] = 1
        # one voxel more than was eroded: the lumen's blurred edge
        airways[z] = cv2.dilate(core_above, CROSS, iterations=2).view(bool) & air[z]
    return airways


def _off_middle(body: np.ndarray, centre) -> float:
    """Return how far a point lies from the body's middle in its own row: no table is there."""
    return abs(centre[0] - np.median(np.flatnonzero(body[round(centre[1])])))
