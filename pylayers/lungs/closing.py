"""Vessels, bronchi and nodules inside a mask of air: closed and filled, slice by slice."""

import cv2
import numpy as np

from pylayers.lungs.crop import Box

HOLE_MM2 = 1000.0  # a larger hole is no vessel or nodule but the dome of the diaphragm


def close_and_fill(air: np.ndarray, radius: int, pixel_mm: float) -> np.ndarray:
    """Close a mask, bool (z, y, x), with a disc of `radius` voxels and fill its small holes.

    pixel_mm: width of a voxel in a slice.
    """
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    margin = radius + 1  # so that the border does not close anything, and outside is one piece
    closed = np.zeros_like(air)
    if not air.any():
        return closed
    box = Box.around(air).slices
    for source, target in zip(air[box], closed[box], strict=True):
        plane = np.pad(source, margin).view(np.uint8)
        plane = cv2.morphologyEx(plane, cv2.MORPH_CLOSE, disc)
        _, labels = cv2.connectedComponents(1 - plane, connectivity=4)
        filled = np.bincount(labels.ravel()) * pixel_mm**2 < HOLE_MM2
        filled[0], filled[labels[0, 0]] = True, False  # the mask itself, and what is around it
        target[:] = filled[labels][margin:-margin, margin:-margin]
    return closed
