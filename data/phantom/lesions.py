"""Emphysema: where the lung is destroyed, from centrilobular holes to confluent destruction.

A target coverage is set for every point of the lungs; holes are strewn so that their union reaches
it: few and small ones where it is low, many, large and merging ones where it is high. Lengths in
mm, coverage as a fraction.
"""

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np
from scipy.ndimage import map_coordinates

from data.phantom.anatomy import SHIFT, to_pixels
from data.phantom.subject import MAX_EXTENT, Subject

HOLE_MM = 2.7  # radius of a centrilobular hole
HOLE_MM_PER_COVERAGE = 6.0  # holes merge into larger ones as destruction proceeds
RADIUS_SD = 0.25  # of the log radius
FIELD_NODES = (5, 5, 7)  # nodes of the random patches along x, y, z
MIN_HOLES = 6  # of the mildest disease


class Holes(NamedTuple):
    """Balls of destroyed lung: centres (n, 3) and radius (n,), in mm."""

    centres: np.ndarray
    radius: np.ndarray


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


def strew_holes(
    subject: Subject, rng: np.random.Generator, points: np.ndarray, volume_mm3: float
) -> Holes:
    """Return the holes in the lungs of a subject.

    points: (n, 3) in mm, spread evenly over the lungs of that volume; each stands for its
    share of the volume and gets a Poisson number of holes.
    """
    if subject.severity == 0:
        return Holes(np.zeros((0, 3)), np.zeros(0))
    target = coverage_field(subject, rng)(points)
    size = HOLE_MM + HOLE_MM_PER_COVERAGE * target
    hole_mm3 = 4 / 3 * np.pi * size**3 * np.exp(4.5 * RADIUS_SD**2)
    # a union of random balls covers 1 - exp(-number * volume)
    expected = -np.log1p(-target) * volume_mm3 / len(points) / hole_mm3
    number = rng.poisson(expected * max(1, MIN_HOLES / expected.sum()))
    centres = np.repeat(points, number, 0)
    radius = np.repeat(size, number) * rng.lognormal(0, RADIUS_SD, len(centres))
    return Holes(centres + rng.normal(0, 2.0, centres.shape), radius)


def draw_holes(
    canvas: np.ndarray, subject: Subject, rng: np.random.Generator, holes: Holes, z: float
) -> None:
    """Draw the cross-sections of holes at height z into `canvas`, uint8 (512, 512), in place."""
    centres, radius = holes
    cut2 = radius**2 - (centres[:, 2] - z) ** 2
    near = cut2 > 0.25
    disc = np.sqrt(cut2[near])
    # two overlapping discs for one hole: no hole is quite round
    aside = rng.normal(0, 0.45, (len(disc), 2)) * disc[:, None]
    places = np.concatenate([centres[near, :2], centres[near, :2] + aside])
    sizes = np.concatenate([disc * 0.9, disc * 0.7]) / subject.spacing_mm
    pixels = np.round(to_pixels(subject, places) * (1 << SHIFT)).astype(int).tolist()
    sizes = np.round(sizes * (1 << SHIFT)).astype(int).tolist()
    for centre, size in zip(pixels, sizes, strict=True):
        cv2.circle(canvas, centre, size, 255, -1, cv2.LINE_AA, SHIFT)
