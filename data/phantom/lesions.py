"""Emphysema: where the lung is destroyed, from a few holes to confluent destruction.

A target coverage is set for every point of the lungs; holes are strewn so that their union reaches
it: few and small ones where it is low, many, large and merging ones where it is high. Panlobular
disease has large, soft-edged holes that destroy a part of the tissue; paraseptal disease has a row
of holes under the pleura. Lengths in mm, coverage as a fraction.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.ndimage import map_coordinates

from data.phantom.disease import MAX_EXTENT
from data.phantom.lung_space import LungSpace
from data.phantom.subject import Subject

HOLE_MM = 4.2  # radius of a centrilobular hole
HOLE_MM_PER_COVERAGE = 9.0  # holes merge into larger ones as destruction proceeds
RADIUS_SD = 0.25  # of the log radius
PANLOBULAR_MM, PANLOBULAR_DEPTH = 7.0, 0.75  # more radius, less destruction
FIELD_NODES = (5, 5, 7)  # nodes of the random patches along x, y, z
MIN_HOLES = 20  # of the mildest disease

PLEURAL_MM = 7.0  # how deep under the pleura paraseptal holes lie
PLEURAL_HOLE_MM = (3.0, 7.0)
PLEURAL_HOLES_PER_MM3 = 1 / 500  # of the band under the pleura, where it is full

NODULE_MM, NODULE_DEPTH_MM = (2.0, 3.5), 3.0  # radius, and how far from the pleura


class Holes(NamedTuple):
    """Balls of changed lung: centres (n, 3) and radius (n,) in mm, degree 0..1 (n,)."""

    centres: np.ndarray
    radius: np.ndarray
    depth: np.ndarray


class Lesions(NamedTuple):
    """parenchymal: centrilobular or panlobular emphysema, which visual scores grade. paraseptal:
    emphysema under the pleura. nodules: not destroyed but inflamed, faint balls.
    """

    parenchymal: Holes
    paraseptal: Holes
    nodules: Holes


def plan_lesions(subject: Subject, rng: np.random.Generator, space: LungSpace) -> Lesions:
    """Return the lesions in the lungs of a subject, around points of its lungs."""
    return Lesions(
        strew_holes(subject, rng, space),
        line_pleura(subject, rng, space),
        strew_nodules(subject, rng, space),
    )


def coverage_field(
    subject: Subject, rng: np.random.Generator
) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function from points (n, 3) in mm to a diseased lung's target coverage (n,)."""
    patches = rng.normal(0, subject.patchiness, FIELD_NODES)
    half = [subject.half_width_mm, subject.half_depth_mm, subject.lung_height_mm / 2]
    extent = MAX_EXTENT * subject.severity**1.2

    def coverage(points: np.ndarray) -> np.ndarray:
        unit = points / half - [0, 0, 1]  # -1..1 along each axis
        nodes = (unit.T + 1) / 2 * (np.array(FIELD_NODES)[:, None] - 1)
        weight = (
            map_coordinates(patches, nodes, order=1, mode="nearest")
            + subject.zone_slope * unit[:, 2] / 2
            + subject.side_log_ratio * np.sign(points[:, 0]) / 2
        )
        return np.clip(extent * np.exp(weight - 0.25), 0, 0.92)

    return coverage


def strew_holes(subject: Subject, rng: np.random.Generator, space: LungSpace) -> Holes:
    """Return the holes of centrilobular or panlobular emphysema.

    Each point stands for its share of the lungs' volume and gets a Poisson number of holes.
    """
    if subject.severity == 0:
        return Holes(np.zeros((0, 3)), np.zeros(0), np.zeros(0))
    target = coverage_field(subject, rng)(space.points)
    size = HOLE_MM + HOLE_MM_PER_COVERAGE * target + PANLOBULAR_MM * subject.panlobular
    hole_mm3 = 4 / 3 * np.pi * size**3 * np.exp(4.5 * RADIUS_SD**2)
    # a union of random balls covers 1 - exp(-number * volume)
    expected = -np.log1p(-target) * space.volume_mm3 / len(target) / hole_mm3
    number = rng.poisson(expected * max(1, MIN_HOLES / expected.sum()))
    centres = np.repeat(space.points, number, 0)
    radius = np.repeat(size, number) * rng.lognormal(0, RADIUS_SD, len(centres))
    depth = np.full(len(centres), PANLOBULAR_DEPTH if subject.panlobular else 1.0)
    return Holes(centres + rng.normal(0, 2.0, centres.shape), radius, depth)


def line_pleura(subject: Subject, rng: np.random.Generator, space: LungSpace) -> Holes:
    """Return the holes of paraseptal emphysema: under the pleura, from the apex down."""
    chance = np.clip(space.points[:, 2] / subject.lung_height_mm - 1 + subject.paraseptal, 0, 0.25)
    per_point = PLEURAL_HOLES_PER_MM3 * space.volume_mm3 / len(space.points)
    lined = space.depth_mm < PLEURAL_MM
    number = rng.poisson(4 * chance * lined * per_point)
    centres = np.repeat(space.points, number, 0)
    return Holes(centres, rng.uniform(*PLEURAL_HOLE_MM, len(centres)), np.ones(len(centres)))


def strew_nodules(subject: Subject, rng: np.random.Generator, space: LungSpace) -> Holes:
    """Return the faint nodules of inflamed small airways, away from the pleura; depth: 1."""
    deep = space.points[space.depth_mm > NODULE_DEPTH_MM]
    number = rng.poisson(subject.nodules_per_ml * space.volume_mm3 / 1000)
    centres = deep[rng.integers(0, len(deep), number)] + rng.normal(0, 2.0, (number, 3))
    return Holes(centres, rng.uniform(*NODULE_MM, number), np.ones(number))
