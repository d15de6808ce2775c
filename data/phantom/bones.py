"""Bones of a phantom's slice. Axes and lengths as in anatomy.py, HU noise-free."""

import numpy as np

from data.phantom.anatomy import chest_profile, fill, fill_ellipse, oval
from data.phantom.subject import Subject

MARROW_HU, CORTEX_HU, CANAL_HU = 190, 520, 30
SPINE = 0.78  # where the vertebrae's centre lies, of the half depth
RIBS = 7  # of a side that a slice cuts


def draw_bones(hu: np.ndarray, subject: Subject, z: float) -> None:
    """Draw vertebra, ribs, sternum and shoulder blades at height z into HU (512, 512), in place."""
    b, t, grid = subject.half_depth_mm, z / subject.lung_height_mm, subject.grid
    wide, deep = chest_profile(min(max(t, 0.0), 0.93))
    width = (0.42 + 0.6 * wide) * subject.half_width_mm + 7
    depth, y = b * (0.1 + 0.9 * deep) + 7, 0.28 * b * (1 - deep) + 2
    for ring, value in ((0, CORTEX_HU), (2.2, MARROW_HU)):
        fill(hu, grid, oval(0, SPINE * b, 19 - ring, 15 - ring, power=2.4), value)
        fill_ellipse(hu, grid, (0, SPINE * b + 38), (4.5 - ring / 2, 12 - ring), value)
        if 0.3 < t < 0.8:
            fill_ellipse(hu, grid, (0, y - depth - 4), (19 - ring, 6 - ring), value)
        for sign in (-1, 1):
            process = sign * 22, SPINE * b + 19
            fill_ellipse(hu, grid, process, (20 - ring, 5 - ring), value, 22 * sign)
            for rib in range(RIBS):
                # ribs descend to the front: with height they pass along the wall
                angle = np.radians(-75 + 27 * (rib + z / 27 % 1))
                c, s = np.cos(angle), np.sin(angle)
                x0 = sign * width * abs(c) ** 0.8 * np.sign(c)
                y0 = y + depth * np.sign(s) * abs(s) ** 0.8
                turn = np.degrees(np.arctan2(depth * c, -width * s * sign))
                if abs(x0) > 26:
                    fill_ellipse(hu, grid, (x0, y0), (11 - ring, 4.2 - ring), value, turn)
            if t > 0.42:
                x0, y0 = sign * (0.66 * subject.half_width_mm + 6), y + depth + 6
                fill_ellipse(hu, grid, (x0, y0), (34 - ring, 4 - ring), value, -24 * sign)
            if t > 0.8:
                x0 = sign * (subject.half_width_mm + 18)
                fill_ellipse(hu, grid, (x0, 8), (23 - ring, 22 - ring), value)
    fill_ellipse(hu, grid, (0, SPINE * b + 23), (8, 7), CANAL_HU)  # spinal canal
