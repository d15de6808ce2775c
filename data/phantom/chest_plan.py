"""What of a phantom's chest is decided once for all slices: lungs, branches and holes.

Axes and lengths as in anatomy.py.
"""

from typing import NamedTuple

import numpy as np

from data.phantom import anatomy, branches, lesions
from data.phantom.anatomy import LEFT, RIGHT
from data.phantom.branches import Tubes
from data.phantom.lesions import Holes
from data.phantom.subject import MATRIX, Subject

TARGETS = 400  # end points per vessel tree and lung
LUNG_POINTS = 40000  # where holes may be, per scan


class ChestPlan(NamedTuple):
    """What is drawn, slice by slice.

    z_mm: height of each slice. cover: how far the right and the left lung cover each pixel, uint8
    (slices, 2, 512, 512). vessels, bronchi, windpipe: of airways the lumens.
    """

    z_mm: list[float]
    cover: np.ndarray
    vessels: Tubes
    bronchi: Tubes
    windpipe: Tubes
    holes: Holes

    def inside(self, index: int) -> np.ndarray:
        """Return which pixels of a slice are lung, bool (512, 512)."""
        return self.cover[index].max(0) > 127


def plan_chest(subject: Subject, rng: np.random.Generator) -> ChestPlan:
    """Draw the vessels, airways and holes of a subject."""
    z_mm = [subject.z_mm(index) for index in range(subject.slices)]
    cover = np.stack([anatomy.draw_lungs(subject, z) for z in z_mm])
    vessels, bronchi = grow_branches(rng, subject, cover)
    points = lung_points(rng, subject, cover, None, LUNG_POINTS)
    lungs_mm3 = (cover.max(1) > 127).sum() * (subject.spacing_mm**2 * subject.slice_mm)
    holes = lesions.strew_holes(subject, rng, points, lungs_mm3)
    return ChestPlan(z_mm, cover, vessels, bronchi, branches.main_airways(subject), holes)


def lung_points(
    rng: np.random.Generator, subject: Subject, cover: np.ndarray, side: int | None, count: int
) -> np.ndarray:
    """Return random points (count, 3) in mm of one lung, or of both where side is None."""
    inside = cover[:, side - RIGHT] if side else cover.max(1)
    area = (inside > 127).sum((1, 2))
    points = []
    for index, number in enumerate(rng.multinomial(count, area / area.sum())):
        if number:
            rows, columns = np.divmod(np.flatnonzero(inside[index] > 127), MATRIX)
            pick = rng.integers(0, len(rows), number)
            pixels = np.stack([columns[pick], rows[pick]], -1)
            xy = (pixels - (MATRIX - 1) / 2) * subject.spacing_mm - subject.shift_mm
            z = subject.z_mm(index) + rng.uniform(-0.5, 0.5, number) * subject.slice_mm
            points.append(np.column_stack([xy, z]))
    return np.concatenate(points)


def grow_branches(
    rng: np.random.Generator, subject: Subject, cover: np.ndarray
) -> tuple[Tubes, Tubes]:
    """Return the vessels and the lumens of the bronchi of both lungs."""
    vessels, bronchi = [], []
    for side, x in ((RIGHT, -34), (LEFT, 36)):
        for dz, dy in ((0.55, 0.12), (0.50, 0.22)):  # artery, then vein
            root = np.array([x, dy * subject.half_depth_mm, dz * subject.lung_height_mm])
            targets = lung_points(rng, subject, cover, side, int(TARGETS * subject.vessels))
            tree = branches.grow_tree(rng, root, rng.permutation(targets))
            vessels.append(tree)
            if dz == 0.55:
                bronchi.append(branches.bronchi_of(tree, subject.wall_mm))
    return tuple(
        Tubes(*map(np.concatenate, zip(*tubes, strict=True))) for tubes in (vessels, bronchi)
    )
