"""Connected parts of a mask, (z, y, x): voxels are neighbours where they share a face."""

from typing import NamedTuple

import cc3d
import numpy as np


class Connected(NamedTuple):
    """The connected parts of a mask.

    labels: int32 (z, y, x), a number from 1 for each part in the order of their first voxels, 0
    where the mask is not set. count: how many parts.
    """

    labels: np.ndarray
    count: int

    @property
    def voxels(self) -> np.ndarray:
        """How many voxels each part has, int (count + 1,); the first is 0."""
        voxels = np.bincount(self.labels.ravel(), minlength=self.count + 1)
        voxels[0] = 0
        return voxels


def connected(mask: np.ndarray) -> Connected:
    """Return the connected parts of a mask, bool (z, y, x)."""
    how = {"connectivity": 6, "return_N": True, "out_dtype": np.uint32}
    labels, count = cc3d.connected_components(mask, **how)
    return Connected(labels.view(np.int32), count)


def boxes_of(labels: np.ndarray) -> list[tuple[slice, slice, slice]]:
    """Return the bounding box of each number from 1, of which int32 labels lack none."""
    return cc3d.statistics(labels.view(np.uint32))["bounding_boxes"][1:]


def grown(mask: np.ndarray) -> np.ndarray:
    """Return a mask, bool (z, y, x), with all neighbours of its voxels."""
    out = mask.copy()
    for axis in range(mask.ndim):
        ahead = (slice(None),) * axis + (slice(1, None),)
        behind = (slice(None),) * axis + (slice(None, -1),)
        out[ahead] |= mask[behind]
        out[behind] |= mask[ahead]
    return out
