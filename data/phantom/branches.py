"""Vessel and airway trees: grown in 3D to fill the lungs, then drawn slice by slice.

All lengths in mm in the axes of anatomy.py.
"""

from typing import NamedTuple

import cv2
import numpy as np

from data.phantom.anatomy import SHIFT, to_pixels
from data.phantom.subject import Subject

STEP_MM = 7.0  # length of the pieces a new branch is cut into, so that later ones can attach
LEAF_MM = 0.34  # radius of the thinnest branch of a tree
# Radius ** MURRAY adds up over the children; Murray's own law (doi:10.1073/pnas.12.3.207) has 3.
MURRAY = 2.4
SLAB_MM = 1.2  # half the slice thickness: what of a branch is projected into a slice
AIRWAY_MM = 1.2  # arteries thicker than this have a bronchus at their side
LUMEN_PER_ARTERY = 0.7


class Tubes(NamedTuple):
    """Straight pieces of vessels or airways: ends (n, 2, 3) and radius (n,), in mm."""

    ends: np.ndarray
    radius: np.ndarray


def grow_tree(rng: np.random.Generator, root: np.ndarray, targets: np.ndarray) -> Tubes:
    """Connect `targets` (n, 3) one after the other to a tree that starts at `root` (3,).

    Each target is attached where the way is short and the turn is blunt. Returns pieces, parents
    before children, with radii that grow with the number of targets behind them.
    """
    room = 1 + len(targets) * 40
    node, heading = np.zeros((room, 3)), np.zeros((room, 3))
    parent, leaves = np.full(room, -1), np.zeros(room)
    node[0], count = root, 1
    for target in targets:
        way = target - node[:count]
        length = np.sqrt((way * way).sum(1)) + 1e-6
        turn = 1 - (way * heading[:count]).sum(1) / length
        start = int(np.argmin(length * (1 + 0.6 * turn)))
        pieces = min(int(np.ceil(length[start] / STEP_MM)), room - count)
        fractions = np.arange(1, pieces + 1)[:, None] / pieces
        bend = rng.normal(0, 0.07 * length[start], 3) * np.sin(np.pi * fractions)
        new = slice(count, count + pieces)
        node[new] = node[start] + fractions * way[start] + bend
        parent[new] = [start, *range(count, count + pieces - 1)]
        steps = node[new] - node[parent[new]]
        heading[new] = steps / (np.linalg.norm(steps, axis=1, keepdims=True) + 1e-6)
        leaves[count + pieces - 1] = 1
        count += pieces
    for child in range(count - 1, 0, -1):
        leaves[parent[child]] += leaves[child]
    ends = np.stack([node[parent[1:count]], node[1:count]], 1)
    return Tubes(ends, LEAF_MM * leaves[1:count] ** (1 / MURRAY))


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


def cut(tubes: Tubes, z: float) -> tuple[np.ndarray, np.ndarray]:
    """Return what lies in the slab around height z: ends (m, 2, 2) and radius (m,), in mm."""
    low, high = tubes.ends[..., 2].min(1), tubes.ends[..., 2].max(1)
    reach = SLAB_MM + 0.4 * tubes.radius
    near = (low < z + reach) & (high > z - reach)
    ends, radius, reach = tubes.ends[near], tubes.radius[near], reach[near]
    rise = ends[:, 1, 2] - ends[:, 0, 2]
    rise = np.where(np.abs(rise) < 1e-6, 1e-6, rise)
    a, c = (z - reach - ends[:, 0, 2]) / rise, (z + reach - ends[:, 0, 2]) / rise
    first, last = np.clip(np.minimum(a, c), 0, 1), np.clip(np.maximum(a, c), 0, 1)
    way = ends[:, 1, :2] - ends[:, 0, :2]
    points = ends[:, :1, :2] + np.stack([first, last], 1)[:, :, None] * way[:, None]
    order = np.argsort(radius)  # thick ones are drawn last, over the thin ones
    return points[order], radius[order]


def draw_tubes(
    canvas: np.ndarray, subject: Subject, tubes: Tubes, z: float, grow_mm: float = 0.0
) -> None:
    """Draw tubes at height z as coverage 0..255 into `canvas`, uint8 (512, 512), in place.

    grow_mm: added to their radius.
    """
    points, radius = cut(tubes, z)
    pixels = np.round(to_pixels(subject, points) * (1 << SHIFT)).astype(int).tolist()
    width = 2 * (radius + grow_mm) / subject.spacing_mm
    thickness = np.maximum(1, np.round(width)).astype(int)
    # a branch thinner than its line fills its pixels only in part
    value = np.minimum(255, 255 * (width / thickness)).astype(int).tolist()
    for (p, q), thick, v in zip(pixels, thickness.tolist(), value, strict=True):
        cv2.line(canvas, p, q, v, thick, cv2.LINE_AA, SHIFT)


def draw_twigs(
    canvas: np.ndarray, rng: np.random.Generator, box: tuple[int, int, int, int], count: int
) -> None:
    """Draw `count` short faint lines, vessels below the trees' resolution, inside a box, in place.

    box: (first row, last row, first column, last column).
    """
    y0, y1, x0, x1 = box
    start = rng.uniform([x0, y0], [x1, y1], (count, 2))
    end = start + rng.normal(0, 4.0, (count, 2))
    pixels = np.round(np.stack([start, end], 1) * (1 << SHIFT)).astype(int).tolist()
    values = rng.integers(40, 190, count).tolist()
    for (p, q), v in zip(pixels, values, strict=True):
        cv2.line(canvas, p, q, v, 1, cv2.LINE_AA, SHIFT)
