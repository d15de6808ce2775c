"""Points spread evenly over a subject's lungs, found on a coarse grid: no slice has to be drawn.

Axes and lengths as in anatomy.py.
"""

from typing import NamedTuple

import cv2
import numpy as np

from data.phantom.anatomy import LEFT, RIGHT, draw_lungs
from data.phantom.subject import Grid, Subject

SIZE, LEVELS = 64, 16  # of the coarse grid: about 4 x 4 x 16 mm


class LungSpace(NamedTuple):
    """points: (n, 3) in mm. side: RIGHT or LEFT (n,). depth_mm: to the pleura in the axial plane,
    (n,). volume_mm3: of both lungs.
    """

    points: np.ndarray
    side: np.ndarray
    depth_mm: np.ndarray
    volume_mm3: float

    def part(self, chosen: slice | np.ndarray) -> "LungSpace":
        """Return some of the points, which stand for the same lungs."""
        return LungSpace(
            self.points[chosen], self.side[chosen], self.depth_mm[chosen], self.volume_mm3
        )


def lung_space(subject: Subject, rng: np.random.Generator, count: int) -> LungSpace:
    """Return `count` random points of the lungs."""
    grid = Grid(SIZE, 2.3 * subject.half_width_mm / SIZE, (0.0, 0.0))
    step = subject.lung_height_mm / LEVELS
    heights = (np.arange(LEVELS) + 0.5) * step
    lungs = np.stack([draw_lungs(subject, z, grid) for z in heights]) > 127
    depth = np.stack(
        [
            [cv2.distanceTransform(lung.astype(np.uint8), cv2.DIST_L2, 3) for lung in level]
            for level in lungs
        ]
    )
    level, lung, row, column = lungs.nonzero()
    pick = rng.integers(0, len(level), count)
    level, lung, row, column = level[pick], lung[pick], row[pick], column[pick]
    jitter = rng.uniform(-0.5, 0.5, (count, 3))
    xy = grid.to_mm(np.column_stack([column, row]) + jitter[:, :2])
    return LungSpace(
        np.column_stack([xy, heights[level] + jitter[:, 2] * step]),
        np.where(lung == 0, RIGHT, LEFT),
        depth[level, lung, row, column] * grid.spacing_mm,
        float(lungs.sum() * grid.spacing_mm**2 * step),
    )
