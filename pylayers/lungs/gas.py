"""Gas: air without lung tissue, as in stomach, bowel, a table's foam and between arm and body."""

from collections.abc import Sequence

import cv2
import numpy as np

from pylayers.lungs.closing import close_and_fill

# What tells gas from the most destroyed lung: no vessels. Where real and simulated lungs were
# taken down to a median of -1000 to -950 HU, the densest 3 % inside, with the vessels, lay above
# -905 HU; in the stomach and colon of a real scan below -935 HU.
GAS_HU = -950  # median
DENSEST_HU = -915  # 97th percentile
FOAM_FILL, FOAM_FLATNESS = 0.8, 2.5  # of its extent along z; width by height
SQUARE = np.ones((3, 3), np.uint8)


def is_gas(values: np.ndarray, thin: bool = True) -> bool:
    """Return whether air holds gas by the HU of its inside, 1D, as inside() gives them.

    thin: the answer for air too thin to have an inside.
    """
    if not values.size:
        return thin
    return bool(np.median(values) < GAS_HU and np.percentile(values, 97) < DENSEST_HU)


def inside(hu: np.ndarray, air: np.ndarray, spacing: Sequence[float]) -> np.ndarray:
    """Return the HU of the inside of air, bool (z, y, x), without noise: 1D.

    hu: block means, of air's shape; spacing: (z, y, x) in mm.

    The inside is two voxels off the surface, with the vessels but without the bowel's folds, which
    are no holes of a slice.
    """
    filled = close_and_fill(air, 0, spacing[2])
    core = np.zeros_like(air)
    for source, target in zip(filled.view(np.uint8), core.view(np.uint8), strict=True):
        cv2.erode(source, SQUARE, target, None, 2, cv2.BORDER_CONSTANT, 0)
    if len(air) > 2:
        core[1:-1] &= filled[2:] & filled[:-2]
        core[[0, -1]] = False
    return _blurred(hu)[core]


def is_foam(air: np.ndarray) -> bool:
    """Return whether air, bool (z, y, x) cut to its box, is flat and the same in every slice."""
    area = np.count_nonzero(air.any(axis=0))
    constant = np.count_nonzero(air) > FOAM_FILL * area * len(air)
    return constant and air.shape[2] > FOAM_FLATNESS * air.shape[1]


def _blurred(hu: np.ndarray) -> np.ndarray:
    return np.stack([cv2.blur(plane, (3, 3)) for plane in hu])
