"""Vessel and airway trees: grown in 3D to fill the lungs, then drawn slice by slice.

All lengths in mm in the axes of anatomy.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from scipy.spatial import cKDTree

from data.phantom.anatomy import SHIFT
from data.phantom.subject import Subject

STEP_MM = 8.0  # length of the pieces a new branch is cut into, so that later ones can attach
# What a mm of the way back to the root costs beside a mm of new branch: the higher, the straighter
# branches run from the hilum outwards (Cuntz et al. 2010, doi:10.1371/journal.pcbi.1000877).
BALANCE = 0.45
LEAF_MM = 0.40  # radius of the thinnest branch of a tree
# Radius ** MURRAY adds up over the children; Murray's own law (doi:10.1073/pnas.12.3.207) has 3.
MURRAY = 2.5
TWIG_MM, TWIG_REACH_MM = 0.28, 16.0  # radius and greatest length of twigs
AIRWAY_MM = 1.25  # arteries thicker than this have a bronchus at their side
LUMEN_PER_ARTERY = 0.7
LEAST_VALUE = 10  # of 255: fainter pieces are not drawn


@dataclass(frozen=True)
class Tubes:
    """Straight pieces of vessels or airways: ends (n, 2, 3) and radius (n,), in mm."""

    ends: np.ndarray
    radius: np.ndarray

    @cached_property
    def heights(self) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest z of each piece, its thickness included, (n,) each."""
        z, more = self.ends[..., 2], 0.4 * self.radius
        return z.min(1) - more, z.max(1) + more


def grow_tree(rng: np.random.Generator, root: np.ndarray, targets: np.ndarray) -> Tubes:
    """Connect `targets` (n, 3), the nearest first, to a tree that starts at `root` (3,).

    Each target is attached where the way to it and from there to the root is short and the turn is
    blunt. Returns pieces, parents before children, with radii that grow with the number of targets
    behind them.
    """
    room = 1 + len(targets) * 40
    node, heading = np.zeros((room, 3)), np.zeros((room, 3))
    parent, leaves, back = np.full(room, -1), np.zeros(room), np.zeros(room)
    node[0], count = root, 1
    for target in targets[np.argsort(((targets - root) ** 2).sum(1))]:
        way = target - node[:count]
        length = np.sqrt(np.einsum("ij,ij->i", way, way)) + 1e-6
        along = np.einsum("ij,ij->i", way, heading[:count])
        start = int(np.argmin(1.5 * length - 0.5 * along + BALANCE * back[:count]))
        pieces = min(int(np.ceil(length[start] / STEP_MM)), room - count)
        fractions = np.arange(1, pieces + 1)[:, None] / pieces
        bend = rng.normal(0, 0.05 * length[start], 3) * np.sin(np.pi * fractions)
        new = slice(count, count + pieces)
        node[new] = node[start] + fractions * way[start] + bend
        parent[new] = [start, *range(count, count + pieces - 1)]
        steps = node[new] - node[parent[new]]
        heading[new] = steps / (np.linalg.norm(steps, axis=1, keepdims=True) + 1e-6)
        back[new] = back[start] + fractions[:, 0] * length[start]
        leaves[count + pieces - 1] = 1
        count += pieces
    for child in range(count - 1, 0, -1):
        leaves[parent[child]] += leaves[child]
    ends = np.stack([node[parent[1:count]], node[1:count]], 1)
    return Tubes(ends, LEAF_MM * leaves[1:count] ** (1 / MURRAY))


def sprout(trees: Tubes, targets: np.ndarray) -> Tubes:
    """Return twigs from the nearest piece of the trees towards each of `targets` (n, 3)."""
    length, nearest = cKDTree(trees.ends[:, 1]).query(targets)
    reached = (length > 1) & (length < TWIG_REACH_MM)
    ends = np.stack([trees.ends[nearest[reached], 1], targets[reached]], 1)
    return Tubes(ends, np.full(len(ends), TWIG_MM))


def joined(tubes: Iterable[Tubes]) -> Tubes:
    """Return the pieces of several trees as one."""
    tubes = list(tubes)
    return Tubes(
        np.concatenate([tube.ends for tube in tubes]),
        np.concatenate([tube.radius for tube in tubes]),
    )


def bronchi_of(arteries: Tubes, wall_mm: float) -> Tubes:
    """Return the lumens of the airways that run beside the thicker arteries."""
    thick = arteries.radius > AIRWAY_MM
    lumen = LUMEN_PER_ARTERY * arteries.radius[thick]
    gap = (arteries.radius[thick] + lumen + 0.8 * wall_mm)[:, None, None]
    return Tubes(arteries.ends[thick] + gap * np.array([0.62, -0.72, 0.3]), lumen)


def main_airways(subject: Subject) -> Tubes:
    """Return the lumens of the trachea and the two main bronchi."""
    b, h = subject.half_depth_mm, subject.lung_height_mm
    top, carina = [-3, 0.05 * b, 1.15 * h], [-2, 0.16 * b, 0.64 * h]
    right, left = [-36, 0.2 * b, 0.57 * h], [38, 0.24 * b, 0.56 * h]
    ends = np.array([[top, carina], [carina, right], [carina, left]], float)
    return Tubes(ends, np.array([8.5, 6.5, 5.5]))


def cut(
    tubes: Tubes, z: float, thick_mm: float, grow_mm: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what lies in a slice at height z: ends (m, 2, 2), radius (m,) in mm, share (m,).

    grow_mm: added to the radius. share: of the slice's thickness that blood or air takes where the
    piece is seen, 0..1.
    """
    low, high = tubes.heights
    near = ((low < z + thick_mm / 2) & (high > z - thick_mm / 2)).nonzero()[0]
    ends, radius = tubes.ends[near], tubes.radius[near]
    reach = thick_mm / 2 + 0.4 * radius
    steps = ends[:, 1] - ends[:, 0]
    rise = np.where(np.abs(steps[:, 2]) < 1e-6, 1e-6, steps[:, 2])
    a, c = (z - reach - ends[:, 0, 2]) / rise, (z + reach - ends[:, 0, 2]) / rise
    first, last = np.clip(np.minimum(a, c), 0, 1), np.clip(np.maximum(a, c), 0, 1)
    points = ends[:, :1, :2] + np.stack([first, last], 1)[:, :, None] * steps[:, None, :2]
    flat = np.hypot(steps[:, 0], steps[:, 1]) / (np.linalg.norm(steps, axis=1) + 1e-6)
    radius = radius + grow_mm
    share = np.minimum(1, 2 * radius / (thick_mm * np.maximum(flat, 0.05)))
    return points, radius, share


def draw_tubes(
    canvas: np.ndarray, subject: Subject, tubes: Tubes, z: float, grow_mm: float = 0.0
) -> None:
    """Draw tubes at height z as coverage 0..255 into `canvas`, uint8 (512, 512), in place.

    grow_mm: added to their radius.
    """
    points, radius, share = cut(tubes, z, subject.thick_mm, grow_mm)
    width = 2 * radius / subject.spacing_mm
    thickness = np.maximum(1, np.round(width))
    # a branch thinner than its line fills its pixels only in part
    value = 255 * np.minimum(1, width / thickness) * share
    order = np.argsort(value)  # what is seen best is drawn last
    order = order[value[order] > LEAST_VALUE]
    pixels = np.round(subject.grid.to_pixels(points[order]) * (1 << SHIFT)).astype(int).tolist()
    widths, values = thickness[order].astype(int).tolist(), value[order].tolist()
    for (p, q), thick, v in zip(pixels, widths, values, strict=True):
        cv2.line(canvas, p, q, v, thick, cv2.LINE_AA, SHIFT)
