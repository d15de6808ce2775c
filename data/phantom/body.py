"""Everything of a phantom's slice but the lungs: soft tissue, bones, organs and the table.

Axes and lengths as in anatomy.py, HU noise-free.
"""

import cv2
import numpy as np

from data.phantom.anatomy import (
    FAT_HU,
    LEFT,
    MUSCLE_HU,
    RIGHT,
    SHIFT,
    chest_profile,
    diaphragm_outline,
    fill,
    mediastinum,
    oval,
    rib_cage,
    to_pixels,
)
from data.phantom.subject import MATRIX, Subject

AIR_HU, GAS_HU, LIVER_HU = -1000, -960, 62
MARROW_HU, CORTEX_HU, CANAL_HU = 190, 520, 30
MATTRESS_HU, TABLE_HU = -650, -250


def draw_bones(hu: np.ndarray, subject: Subject, z: float) -> None:
    """Draw vertebra, ribs, sternum and shoulder blades at height z into HU (512, 512), in place."""
    b, t = subject.half_depth_mm, z / subject.lung_height_mm
    wide, deep = chest_profile(min(max(t, 0.0), 0.93))
    width = (0.42 + 0.6 * wide) * subject.half_width_mm + 7
    depth, y = b * (0.1 + 0.9 * deep) + 7, 0.28 * b * (1 - deep) + 2
    for ring, value in ((0, CORTEX_HU), (2.2, MARROW_HU)):
        fill(hu, subject, oval(0, 0.88 * b, 19 - ring, 15 - ring, power=2.4), value)
        fill(hu, subject, oval(0, 0.88 * b + 40, 4.5 - ring / 2, 14 - ring), value)
        for sign in (-1, 1):
            fill(hu, subject, oval(sign * 22, 0.88 * b + 20, 20 - ring, 5 - ring, 22 * sign), value)
        if 0.3 < t < 0.8:
            fill(hu, subject, oval(0, y - depth - 4, 19 - ring, 6 - ring), value)
        for sign in (-1, 1):
            for rib in range(7):
                # ribs descend to the front: with height they pass along the wall
                angle = (-75 + 27 * rib + (z / 27 % 1) * 27) * np.pi / 180
                c, s = np.cos(angle), np.sin(angle)
                x0 = sign * width * abs(c) ** 0.8 * np.sign(c)
                y0 = y + depth * np.sign(s) * abs(s) ** 0.8
                turn = np.degrees(np.arctan2(depth * c, -width * s * sign))
                if abs(x0) > 26:
                    fill(hu, subject, oval(x0, y0, 11 - ring, 4.2 - ring, turn), value)
            if t > 0.42:
                blade = oval(sign * (0.72 * subject.half_width_mm + 8), y + depth + 16, 34 - ring,
                             4 - ring, -28 * sign)  # fmt: skip
                fill(hu, subject, blade, value)
            if t > 0.8:
                x0 = sign * (subject.half_width_mm + 18)
                fill(hu, subject, oval(x0, 8, 23 - ring, 22 - ring), value)
    fill(hu, subject, oval(0, 0.88 * b + 24, 8, 7), CANAL_HU)  # spinal canal


def draw_body(subject: Subject, z: float) -> np.ndarray:
    """Return noise-free HU of everything but the lungs at height z, float32 (512, 512)."""
    hu = np.full((MATRIX, MATRIX), AIR_HU, np.float32)
    b, t = subject.half_depth_mm, z / subject.lung_height_mm
    shoulders = 34 * np.clip((t - 0.66) / 0.3, 0, 1)
    width = subject.half_width_mm + 20 + shoulders
    depth = b + 22 - 0.5 * shoulders
    skin = oval(0, 4, width + subject.fat_mm, depth + subject.fat_mm, power=2.4)
    fill(hu, subject, skin, MUSCLE_HU)
    fill(hu, subject, skin * 0.988, FAT_HU)
    fill(hu, subject, oval(0, 4, width, depth, power=2.5), MUSCLE_HU)
    if t < 1:
        fill(hu, subject, rib_cage(subject, z, 3), FAT_HU)
    for x in (-44, 44):  # long muscles of the back
        fill(hu, subject, oval(x, b + 22, 30, 17), MUSCLE_HU)
    for side, value in ((RIGHT, LIVER_HU), (LEFT, MUSCLE_HU)):
        dome = diaphragm_outline(subject, side, z)
        if dome is not None:
            organ, cage = np.zeros((2, MATRIX, MATRIX), np.uint8)
            fill(organ, subject, dome, 1)
            fill(cage, subject, rib_cage(subject, z, -2), 1)
            hu[(organ & cage) > 0] = value
    if z < subject.dome_mm[1] - 18:  # gas in the stomach, on the left under the dome
        fill(hu, subject, oval(0.42 * subject.half_width_mm, -0.42 * b, 26, 15), GAS_HU)
    for outline, value in mediastinum(subject, z):
        fill(hu, subject, outline, value)
    draw_bones(hu, subject, z)
    back = 4 + b + 24 + subject.fat_mm
    for drop, value in ((6, MATTRESS_HU), (22, TABLE_HU)):  # mattress and table
        x = np.linspace(-230, 230, 47)
        curve = np.stack([x, back + drop - (x / 230) ** 2 * 34], -1)
        pixels = np.round(to_pixels(subject, curve) * (1 << SHIFT)).astype(np.int32)
        cv2.polylines(hu, [pixels], False, value, 2, cv2.LINE_8, SHIFT)
    return hu
