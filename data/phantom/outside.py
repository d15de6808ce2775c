"""What lies on and beside the chest: skin, breasts, arms, clothes and the table.

Axes and lengths as in anatomy.py, HU noise-free.
"""

import cv2
import numpy as np

from data.phantom.acquisition import MATRIX
from data.phantom.anatomy import FAT_HU, MUSCLE_HU, SHIFT, fill, oval
from data.phantom.bones import CORTEX_HU, MARROW_HU
from data.phantom.subject import Subject

AIR_HU = -1000
GLAND_HU, CLOTH_HU, MATTRESS_HU, TABLE_HU = 10, -880, -650, -150
BREASTS = (0.18, 0.62)  # between which heights, of the lungs'
ARM_MM = 46  # radius of an arm


def skin_outline(subject: Subject, z: float) -> np.ndarray:
    """Return the outline (72, 2) of the skin around the trunk at height z, in mm."""
    width, depth = trunk(subject, z)
    outline = oval(0, 4, width + subject.fat_mm, depth + subject.fat_mm, power=2.4)
    back = 4 + depth + 0.75 * subject.fat_mm
    return np.column_stack([outline[:, 0], np.minimum(outline[:, 1], back)])  # it lies on the back


def trunk(subject: Subject, z: float) -> tuple[float, float]:
    """Return half the width and depth of the trunk under the fat at height z, in mm."""
    shoulders = 34 * np.clip((z / subject.lung_height_mm - 0.66) / 0.3, 0, 1)
    return subject.half_width_mm + 20 + shoulders, subject.half_depth_mm + 22 - 0.5 * shoulders


def draw_outside(subject: Subject, z: float) -> tuple[np.ndarray, np.ndarray]:
    """Return HU of air, table, arms, breasts and subcutaneous fat at height z, float32 (512, 512),
    and the pixels within the skin of the trunk, uint8 (512, 512).
    """
    hu = np.full((MATRIX, MATRIX), AIR_HU, np.float32)
    inside = np.zeros((MATRIX, MATRIX), np.uint8)
    grid, skin = subject.grid, skin_outline(subject, z)
    back = skin[:, 1].max()
    for drop, width, value in ((5, 3, MATTRESS_HU), (20, 2, TABLE_HU), (58, 2, TABLE_HU)):
        x = np.linspace(-260, 260, 47)
        draw_curve(hu, subject, np.stack([x, back + drop - (x / 230) ** 2 * 34], -1), value, width)
    wrinkles = 6 + 3 * np.sin(9 * np.linspace(0, 2 * np.pi, len(skin)) + z / 17)
    radial = skin / np.linalg.norm(skin, axis=1, keepdims=True)
    cloth = (skin + radial * wrinkles[:, None])[skin[:, 1] < 0.6 * back]
    draw_curve(hu, subject, cloth[np.argsort(cloth[:, 0])], CLOTH_HU, 1)
    if subject.breast_mm:
        draw_breasts(hu, inside, subject, z)
    for outline, value in ((skin, MUSCLE_HU), (skin * 0.988, FAT_HU)):
        fill(hu, grid, outline, value)
    fill(inside, grid, skin, 1)
    if subject.arms_down:
        draw_arms(hu, subject)
    return hu, inside


def draw_breasts(hu: np.ndarray, inside: np.ndarray, subject: Subject, z: float) -> None:
    """Draw breasts at height z into HU and the pixels inside (512, 512), in place."""
    low, high = (share * subject.lung_height_mm for share in BREASTS)
    across = 1 - ((2 * z - low - high) / (high - low)) ** 2
    if across <= 0:
        return
    size = np.sqrt(across)
    front = 4 - trunk(subject, z)[1] - subject.fat_mm
    for sign in (-1, 1):
        x, reach = sign * 0.58 * subject.half_width_mm, subject.breast_mm * size
        whole = oval(x, front + 36, 70 * size**0.4, reach + 36, 14 * sign)
        for outline, value in ((whole, MUSCLE_HU), (whole * 0.99, FAT_HU)):
            fill(hu, subject.grid, outline, value)
        fill(
            hu,
            subject.grid,
            oval(x, front - 0.3 * reach, 24 * size, 0.4 * reach, 14 * sign),
            GLAND_HU,
        )
        fill(inside, subject.grid, whole, 1)


def draw_arms(hu: np.ndarray, subject: Subject) -> None:
    """Draw arms beside the trunk into HU (512, 512), in place."""
    x = subject.half_width_mm + 24 + subject.fat_mm + ARM_MM
    for sign in (-1, 1):
        for radius, value in ((0, MUSCLE_HU), (1.5, FAT_HU), (10, MUSCLE_HU)):
            fill(hu, subject.grid, oval(sign * x, 18, ARM_MM - radius, ARM_MM - radius), value)
        for radius, value in ((11, CORTEX_HU * 2), (6, MARROW_HU)):
            fill(hu, subject.grid, oval(sign * x, 18, radius, radius), value)


def draw_curve(
    hu: np.ndarray, subject: Subject, curve: np.ndarray, value: float, width: int
) -> None:
    """Draw a line through points (n, 2) in mm into HU (512, 512), in place; width in pixels."""
    pixels = np.round(subject.grid.to_pixels(curve) * (1 << SHIFT)).astype(np.int32)
    cv2.polylines(hu, [pixels], False, value, width, cv2.LINE_8, SHIFT)
