"""The coarse grid on which lungs are sought: block means of the scan, and the way back."""

from collections.abc import Sequence

import cv2
import numpy as np

COARSE_MM = 2.0  # finer gains nothing, block means remove noise


def steps_of(spacing_mm: Sequence[float]) -> tuple[int, int]:
    """Return how many slices, and rows or columns, of a (z, y, x) spacing make one coarse voxel."""
    return tuple(max(1, int(COARSE_MM / spacing_mm[axis] + 0.5)) for axis in (0, 2))


def block_means(hu: np.ndarray, step: int) -> np.ndarray:
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


def refine(
    coarse: np.ndarray, shape: tuple[int, int, int], step_z: int, step_yx: int
) -> np.ndarray:
    """Return a coarse mask on the scan's grid of `shape`; the only full-size array it makes."""
    fine = np.zeros(shape, bool)  # takes memory only where something is written
    size = (coarse.shape[2] * step_yx, coarse.shape[1] * step_yx)
    for z, plane in enumerate(coarse.view(np.uint8)):
        left, top, width, height = cv2.boundingRect(plane)
        if width:
            smooth = cv2.resize(plane * np.uint8(254), size, interpolation=cv2.INTER_LINEAR)
            # linear interpolation reaches one coarse voxel further
            rows, columns = (
                slice(max(0, start - 1) * step_yx, min((start + extent + 1) * step_yx, end))
                for start, extent, end in ((top, height, shape[1]), (left, width, shape[2]))
            )
            fine[z * step_z : (z + 1) * step_z, rows, columns] = smooth[rows, columns] > 127
    return fine


def frame(coarse: np.ndarray) -> np.ndarray:
    """Return what lies outside the scanner's view, bool (y, x): the border and any padding.

    Padding, outside the reconstruction circle, has the same HU, air's or less, in every slice.
    """
    low, high = coarse.min(0), coarse.max(0)
    outside = (low == high) & (low < -900)
    outside[[0, -1]] = True
    outside[:, [0, -1]] = True
    return outside
