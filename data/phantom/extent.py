"""How much of the lungs a plan of lesions destroys, counted at random points: nothing is drawn."""

from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from data.phantom.anatomy import LEFT, RIGHT
from data.phantom.lesions import Holes, Lesions
from data.phantom.lung_space import LungSpace
from data.phantom.subject import Subject

ZONES = 5  # of a lung, from base to apex, for the worst one


class Extent(NamedTuple):
    """Destroyed fractions, 0..1: by parenchymal emphysema in all and in the worst zone of a lung,
    and by paraseptal emphysema.
    """

    extent: float
    worst_zone: float
    paraseptal_extent: float


def measure(subject: Subject, lesions: Lesions, space: LungSpace) -> Extent:
    """Return what lesions destroy at points of the lungs other than those they were strewn by."""
    gone = destroyed(lesions.parenchymal, space.points)
    zone = np.clip(space.points[:, 2] / subject.lung_height_mm * ZONES, 0, ZONES - 1).astype(int)
    zones = [
        gone[(space.side == side) & (zone == level)].mean()
        for side in (RIGHT, LEFT)
        for level in range(ZONES)
    ]
    return Extent(
        float(gone.mean()),
        float(np.max(zones)),
        float(destroyed(lesions.paraseptal, space.points).mean()),
    )


def destroyed(holes: Holes, points: np.ndarray) -> np.ndarray:
    """Return the destroyed fraction at points (n, 3) in mm, float (n,)."""
    fraction = np.zeros(len(points))
    if len(holes.radius):
        within = cKDTree(points).query_ball_point(holes.centres, holes.radius)
        depth = np.repeat(holes.depth, [len(found) for found in within])
        np.maximum.at(fraction, np.concatenate(within).astype(int), depth)
    return fraction
