"""The order in which growing lesions reach the voxels of a scan, so that doses are nested."""

from collections.abc import Sequence

import numpy as np

LAST = np.iinfo(np.uint16).max  # of a voxel that no lesion reaches
FINEST_MM = 1.25  # apart are the planes in a slice that its partial volume is counted by


def planes_in_slice(slice_mm: float) -> int:
    """Return in how many planes of a slice lesions are drawn."""
    return max(1, int(np.ceil(slice_mm / FINEST_MM)))


def lesion_order(
    shape: Sequence[int],
    spacing_mm: Sequence[float],
    centres: np.ndarray,
    radius: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return when lesions reach each voxel, uint16 (n, planes, h, w); LAST: never.

    shape, spacing_mm: of the scan, (z, y, x). centres: x, y, z in mm from the centre of voxel 0,
    (n, 3); radius in mm, (n,). Time runs from 0 to 1: a lesion appears at a random moment u and its
    volume grows evenly to that of the full radius at 1, so at a share s of the radius it is there
    from u + (1 - u) s^3 on.
    """
    planes = planes_in_slice(spacing_mm[0])
    sizes = (shape[0] * planes, shape[1], shape[2])
    steps = np.array([spacing_mm[0] / planes, *spacing_mm[1:]])
    first = np.array([steps[0] - spacing_mm[0], 0, 0]) / 2  # centre of the lowest plane
    order = np.full(sizes, LAST, np.uint16)
    begins = rng.random(len(radius))
    for centre, size, begin in zip(centres[:, ::-1], radius, begins, strict=True):
        low = np.maximum(np.ceil((centre - size - first) / steps), 0).astype(int)
        high = np.minimum(np.floor((centre + size - first) / steps) + 1, sizes).astype(int)
        if (low >= high).any():
            continue
        z, y, x = (
            ((np.arange(a, b) * step + start - middle) / size) ** 2
            for a, b, step, start, middle in zip(low, high, steps, first, centre, strict=True)
        )
        away = z[:, None, None] + y[:, None] + x  # squared, in radii
        moment = np.where(away < 1, begin + (1 - begin) * away**1.5, 1.0)
        box = order[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
        reached = np.where(away < 1, np.rint(moment * (LAST - 1)), LAST).astype(np.uint16)
        np.minimum(box, reached, out=box)
    return order.reshape(shape[0], planes, *shape[1:])
