"""Everything of a phantom's slice but the lungs: soft tissue, bones, organs and what is outside.

Axes and lengths as in anatomy.py, HU noise-free.
"""

import numpy as np

from data.phantom.acquisition import MATRIX
from data.phantom.anatomy import (
    FAT_HU,
    LEFT,
    MUSCLE_HU,
    RIGHT,
    diaphragm_outline,
    fill,
    mediastinum,
    oval,
    rib_cage,
)
from data.phantom.bones import draw_bones
from data.phantom.outside import draw_outside, trunk
from data.phantom.subject import Subject

GAS_HU, LIVER_HU = -960, 62


def draw_body(subject: Subject, z: float) -> np.ndarray:
    """Return noise-free HU of everything but the lungs at height z, float32 (512, 512)."""
    hu, inside = draw_outside(subject, z)
    b, grid = subject.half_depth_mm, subject.grid
    width, depth = trunk(subject, z)
    fill(hu, grid, oval(0, 4, width, depth, power=2.5), MUSCLE_HU)
    if z < subject.lung_height_mm:
        fill(hu, grid, rib_cage(subject, z, 3), FAT_HU)
    for x in (-36, 36):  # long muscles of the back
        fill(hu, grid, oval(x, min(b + 14, depth - 10), 32, 15), MUSCLE_HU)
    for side, value in ((RIGHT, LIVER_HU), (LEFT, MUSCLE_HU)):
        dome = diaphragm_outline(subject, side, z)
        if dome is not None:
            organ, cage = np.zeros((2, MATRIX, MATRIX), np.uint8)
            fill(organ, grid, dome, 1)
            fill(cage, grid, rib_cage(subject, z, -2), 1)
            hu[(organ & cage) > 0] = value
    if z < subject.dome_mm[1] - 18:  # gas in the stomach, on the left under the dome
        fill(hu, grid, oval(0.42 * subject.half_width_mm, -0.42 * b, 26, 15), GAS_HU)
    for outline, value in mediastinum(subject, z):
        fill(hu, grid, outline, value)
    beside = hu[inside == 0]
    draw_bones(hu, subject, z)
    hu[inside == 0] = beside  # bones stay within the skin
    return hu
