"""Vessels, bronchi and nodules inside a mask of air: closed and filled, slice by slice."""

import cv2
import numpy as np


def close_and_fill(air: np.ndarray, radius: int) -> np.ndarray:
    """Close a mask, bool (z, y, x), with a disc of `radius` voxels and fill its holes."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    margin = radius + 1  # so that the border does not close anything, and outside is one piece
    closed = np.zeros_like(air)
    for z in np.flatnonzero(air.any(axis=(1, 2))):
        plane = np.pad(air[z], margin).view(np.uint8)
        plane = cv2.morphologyEx(plane, cv2.MORPH_CLOSE, disc)
        cv2.floodFill(plane, None, (0, 0), 2)
        closed[z] = plane[margin:-margin, margin:-margin] != 2
    return closed
