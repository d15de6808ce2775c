"""Padding: what lies outside the reconstruction circle becomes air, whatever number it has."""

import cv2
import numpy as np

# Below the CT scale lies only padding outside the reconstruction circle (-2048, -3024): air.
HU_MIN = -1024
HU_MAX = 3071  # 12 bits above HU_MIN, the common CT scale
SOMETHING_HU = -900  # padding above is not air yet
MOST_CORNERS = 0.5  # share of the slices' corners that have one value when that is padding


def corner_value(hu: np.ndarray) -> int | None:
    """Return the value that most corners of the slices have; None when they differ, as air does."""
    corners = hu[:, [0, 0, -1, -1], [0, -1, 0, -1]].ravel()
    values, counts = np.unique(corners, return_counts=True)
    most = counts.argmax()
    return int(values[most]) if counts[most] >= MOST_CORNERS * corners.size else None


def to_scale(hu: np.ndarray) -> None:
    """Bring int16 (z, y, x) to HU_MIN..HU_MAX in place, and padding at the corners to HU_MIN."""
    padding = corner_value(hu)
    if padding is not None and padding > SOMETHING_HU:
        for plane in hu:
            plane[outside(plane, padding)] = HU_MIN
    np.clip(hu, HU_MIN, HU_MAX, out=hu)


def outside(plane: np.ndarray, padding: int) -> np.ndarray:
    """Return the part of a slice that has the padding's value and reaches a corner of it."""
    _, labels = cv2.connectedComponents((plane == padding).astype(np.uint8), connectivity=4)
    corners = labels[[0, 0, -1, -1], [0, -1, 0, -1]]
    return np.isin(labels, corners[corners > 0])
