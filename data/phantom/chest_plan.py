"""What of a phantom's chest is decided once for all slices: lungs, branches and lesions.

Axes and lengths as in anatomy.py.
"""

from typing import NamedTuple

import numpy as np

from data.phantom import branches
from data.phantom.anatomy import LEFT, RIGHT
from data.phantom.branches import Tubes
from data.phantom.extent import Extent, measure
from data.phantom.lesions import Lesions, plan_lesions
from data.phantom.lung_space import LungSpace, lung_space
from data.phantom.subject import Subject

TARGETS = 400  # end points per vessel tree and lung
TWIGS = 3500  # fine branches per lung
POINTS = 20000  # of the lungs, where lesions may be, and as many to measure their extent by


class Pathology(NamedTuple):
    """Lesions, what they destroy, and points of the lungs."""

    lesions: Lesions
    extent: Extent
    space: LungSpace


class ChestPlan(NamedTuple):
    """What is drawn, slice by slice; of airways the lumens."""

    vessels: Tubes
    bronchi: Tubes
    windpipe: Tubes
    lesions: Lesions


def plan_pathology(subject: Subject, rng: np.random.Generator) -> Pathology:
    """Draw the lesions of a subject and measure them; no slice is drawn."""
    space = lung_space(subject, rng, 2 * POINTS)
    sites, probes = space.part(slice(POINTS)), space.part(slice(POINTS, None))
    lesions = plan_lesions(subject, rng, sites)
    return Pathology(lesions, measure(subject, lesions, probes), probes)


def plan_chest(subject: Subject, rng: np.random.Generator, pathology: Pathology) -> ChestPlan:
    """Draw the vessels and airways that go around the lesions of a subject."""
    vessels, bronchi = grow_branches(rng, subject, pathology.space)
    return ChestPlan(vessels, bronchi, branches.main_airways(subject), pathology.lesions)


def grow_branches(
    rng: np.random.Generator, subject: Subject, space: LungSpace
) -> tuple[Tubes, Tubes]:
    """Return the vessels and the lumens of the bronchi of both lungs."""
    trees, twigs, bronchi = [], [], []
    for side, x in ((RIGHT, -34), (LEFT, 36)):
        points = space.points[space.side == side]
        both = []
        for dz, dy in ((0.55, 0.12), (0.50, 0.22)):  # artery, then vein
            root = np.array([x, dy * subject.half_depth_mm, dz * subject.lung_height_mm])
            targets = rng.choice(points, int(TARGETS * subject.vessels), replace=False)
            both.append(branches.grow_tree(rng, root, targets))
            if dz == 0.55:
                bronchi.append(branches.bronchi_of(both[0], subject.wall_mm))
        trees.append(branches.joined(both))
        tips = rng.choice(points, int(TWIGS * subject.vessels), replace=False)
        twigs.append(branches.sprout(trees[-1], tips))
    return branches.joined([*trees, *twigs]), branches.joined(bronchi)
