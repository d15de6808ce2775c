"""Centrilobular emphysema of the phantoms' kind, planned in the lungs of a real scan."""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from data.phantom.anatomy import LEFT, RIGHT
from data.phantom.chest_plan import POINTS
from data.phantom.lesions import Holes, strew_holes
from data.phantom.lung_space import LungSpace
from data.phantom.subject import draw_subject

SEVERITY = 2.5  # beyond any phantom's: what is planned covers most of the lungs


def plan_real_lungs(
    lungs: np.ndarray, spacing_mm: Sequence[float], rng: np.random.Generator
) -> Holes:
    """Return holes for lungs, bool (z, y, x), of a voxel size (z, y, x) in mm.

    Their centres are x, y, z in mm from the centre of voxel 0. How patchy they are, and whether
    they prefer the apex, is drawn as for a phantom.
    """
    dz, dy, dx = spacing_mm
    depth, height, width = (n * mm for n, mm in zip(lungs.shape, spacing_mm, strict=True))
    middle = np.array([width - dx, height - dy, -dz]) / 2  # z grows from the bottom of voxel 0
    subject = replace(
        draw_subject(rng),
        severity=SEVERITY,
        panlobular=False,
        half_width_mm=width / 2,
        half_depth_mm=height / 2,
        lung_height_mm=depth,
    )
    z, y, x = np.nonzero(lungs)
    pick = rng.integers(0, len(z), POINTS)
    z, y, x = z[pick], y[pick], x[pick]
    jitter = rng.uniform(-0.5, 0.5, (POINTS, 3)) * (dx, dy, dz)
    points = np.column_stack([x * dx, y * dy, z * dz]) + jitter - middle
    to_pleura = [cv2.distanceTransform(plane.view(np.uint8), cv2.DIST_L2, 3) for plane in lungs]
    space = LungSpace(
        points,
        np.where(points[:, 0] < 0, RIGHT, LEFT),
        np.stack(to_pleura)[z, y, x] * dx,
        float(np.count_nonzero(lungs) * dx * dy * dz),
    )
    holes = strew_holes(subject, rng, space)
    return holes._replace(centres=holes.centres + middle)
