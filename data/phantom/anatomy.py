"""Shapes of a phantom's chest, and the coverage of its lungs, one axial slice at a time.

Coordinates in mm: x grows to the patient's left, y to the back, z to the head (LPS); x = 0 is the
midline, y = 0 the middle of the rib cage, z = 0 the deepest recess of the lungs. In the array the
right lung therefore lies at lower columns.
"""

from functools import cache

import cv2
import numpy as np

from data.phantom.subject import Grid, Subject

RIGHT, LEFT = 2, 3  # Chest Imaging Platform region codes
FAT_HU, MUSCLE_HU, BLOOD_HU = -98, 52, 42
SHIFT = 4  # fractional bits of cv2's fixed-point coordinates
ANGLES = np.linspace(0, 2 * np.pi, 72, endpoint=False)


def fill(
    canvas: np.ndarray,
    grid: Grid,
    outline: np.ndarray,
    value: float,
    line_type: int = cv2.LINE_8,
) -> None:
    """Fill a closed outline (n, 2) in mm on the canvas of a grid with `value`, in place."""
    pixels = np.round(grid.to_pixels(outline) * (1 << SHIFT)).astype(np.int32)
    cv2.fillPoly(canvas, [pixels], value, line_type, SHIFT)


def fill_ellipse(
    canvas: np.ndarray,
    grid: Grid,
    centre: tuple[float, float],
    radii: tuple[float, float],
    value: float,
    angle: float = 0.0,
) -> None:
    """Fill an ellipse in mm on the canvas of a grid with `value`, in place.

    angle: by which it is turned, in degrees. Several times faster than the outline of `oval`.
    """
    x, y = grid.to_pixels(centre)
    middle = round(x * (1 << SHIFT)), round(y * (1 << SHIFT))
    axes = [max(1, round(radius / grid.spacing_mm * (1 << SHIFT))) for radius in radii]
    cv2.ellipse(canvas, middle, axes, angle, 0, 360, value, cv2.FILLED, cv2.LINE_8, SHIFT)


def oval(
    x: float, y: float, rx: float, ry: float, angle: float = 0.0, power: float = 2.0
) -> np.ndarray:
    """Return the outline (72, 2) in mm of |u/rx|^power + |v/ry|^power = 1, a superellipse.

    Its centre is (x, y); angle: by which it is turned, in degrees.
    """
    points = unit_oval(power) * (rx, ry)
    if angle:
        c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        points = points @ np.array([[c, s], [-s, c]])
    return points + np.array([x, y])


@cache
def unit_oval(power: float) -> np.ndarray:
    """Return the outline (72, 2) of |u|^power + |v|^power = 1."""
    around = np.stack([np.cos(ANGLES), np.sin(ANGLES)], -1)
    return np.sign(around) * np.abs(around) ** (2 / power)


def bump(t: float, low: float, high: float) -> float:
    """Return a half circle's profile at t: 0 outside low..high, 1 in the middle."""
    u = (2 * t - low - high) / (high - low)
    return np.sqrt(max(0.0, 1 - u * u))


def chest_profile(t: float) -> tuple[float, float]:
    """Return the relative width and depth of the rib cage at height t (0: recess, 1: apex)."""
    u = np.clip((t - 0.3) / 0.7, 0, 1)
    foot = 0.94 + 0.06 * min(max(t, 0) / 0.3, 1)
    return foot * (1 - u**2.6) ** 0.5, foot * (1 - u**2.8) ** 0.6


def rib_cage(subject: Subject, z: float, margin_mm: float = 0.0) -> np.ndarray:
    """Return the outline (72, 2) inside the ribs at height z, `margin_mm` wider, in mm."""
    wide, deep = chest_profile(min(max(z / subject.lung_height_mm, 0.0), 0.97))
    width = subject.half_width_mm * (0.42 + 0.6 * wide)
    depth = subject.half_depth_mm * (0.1 + 0.9 * deep)
    y = 0.28 * subject.half_depth_mm * (1 - deep) + 2
    return oval(0, y, width + margin_mm, depth + margin_mm, power=2.25)


def lung_outline(subject: Subject, side: int, z: float) -> np.ndarray | None:
    """Return the outline (72, 2) in mm of one lung at height z, None above and below it.

    Mediastinum and diaphragm are not yet cut out. side: RIGHT or LEFT.
    """
    t = z / subject.lung_height_mm
    if not 0 < t < 1:
        return None
    wide, deep = chest_profile(t)
    apex = 0.36 * subject.half_width_mm  # where the lung ends, from the midline
    lateral = apex + (subject.half_width_mm - apex) * wide
    medial = -8 + (apex + 8) * np.clip((t - 0.68) / 0.32, 0, 1) ** 2
    y = 0.28 * subject.half_depth_mm * (1 - deep)
    sign = -1 if side == RIGHT else 1
    points = oval(
        (lateral + medial) / 2, y, (lateral - medial) / 2, subject.half_depth_mm * deep, power=2.4
    )
    amplitude, phase = subject.wobble[side - RIGHT].T
    waves = amplitude * np.cos(ANGLES[:, None] * [2, 3, 4] + phase + 3 * t)
    centre = np.array([(lateral + medial) / 2, y])
    return (centre + (points - centre) * (1 + waves.sum(1))[:, None]) * [sign, 1]


def diaphragm_outline(subject: Subject, side: int, z: float) -> np.ndarray | None:
    """Return the outline (72, 2) in mm of liver or spleen at height z, None above the dome."""
    height = subject.dome_mm[side - RIGHT]
    if z >= height:
        return None
    grow = np.sqrt(1 - max(z, 0) / height)
    sign = -1 if side == RIGHT else 1
    return oval(
        sign * 0.48 * subject.half_width_mm,
        -0.26 * subject.half_depth_mm,
        0.62 * subject.half_width_mm * grow,
        1.02 * subject.half_depth_mm * grow,
        power=2.3,
    )


def mediastinum(subject: Subject, z: float) -> list[tuple[np.ndarray, int]]:
    """Return (outline (72, 2) in mm, HU) of what lies between the lungs at height z.

    In the order of drawing: later ones cover earlier ones.
    """
    t, b, k = z / subject.lung_height_mm, subject.half_depth_mm, subject.heart_scale
    deep = chest_profile(min(max(t, 0.0), 0.97))[1]
    parts = [
        (oval(2, 0.16 * b, 17 + 11 * bump(t, 0.35, 0.75), 0.68 * b), FAT_HU),
        (
            oval(2, -0.52 * b, 6 + 14 * bump(t, 0.7, 1.3), 0.42 * b),
            FAT_HU,
        ),  # between the lungs in front
        (oval(3 - 6 * t, (0.22 - 0.72 * deep) * b, 4 + 16 * bump(t, -0.3, 0.5), 0.52 * b), FAT_HU),
        (oval(0, 0.82 * b, 23, 0.40 * b), MUSCLE_HU),
    ]
    heart = bump(t, 0.08, 0.56)
    if heart > 0:
        r = k * heart**0.7
        chambers = ((34, -0.36 * b, 58 * r, 41 * r, 36), (-6, -0.2 * b, 40 * r, 46 * r, 0),
                    (14, 0.04 * b, 36 * r, 24 * r, 8))  # fmt: skip
        for margin, value in ((4, FAT_HU), (0, BLOOD_HU)):
            for x, y, rx, ry, angle in chambers:
                parts.append((oval(x, y, rx + margin, ry + margin, angle), value))
    vessels = [  # x, y / depth, rx, ry, low and high t
        (19, 0.50, 12.5, 12.5, -1, 0.73),  # descending aorta
        (4, 0.42, 7, 5, -1, 2),  # oesophagus
        (-13, -0.20, 16, 16, 0.46, 0.73),  # ascending aorta
        (17, -0.24, 15, 13, 0.46, 0.62),  # pulmonary trunk
        (-22, 0.02, 17, 8, 0.50, 0.60),  # right pulmonary artery
        (26, 0.12, 13, 9, 0.52, 0.63),  # left pulmonary artery
        (-26, -0.10, 9, 10, 0.50, 2),  # superior vena cava
        (-10, -0.15, 6.5, 6.5, 0.76, 2),  # arch branches
        (4, -0.18, 5, 5, 0.76, 2),
        (17, 0.05, 5.5, 5.5, 0.76, 2),
    ]
    parts += [(oval(x, y * b, rx, ry), BLOOD_HU) for x, y, rx, ry, lo, hi in vessels if lo < t < hi]
    if 0.70 < t < 0.77:
        parts.append((oval(5, 0.14 * b, 14, 0.40 * b, -24), BLOOD_HU))  # aortic arch
    return parts


def draw_lungs(subject: Subject, z: float, grid: Grid) -> np.ndarray:
    """Return how far the right and the left lung cover a grid at height z, uint8 (2, n, n)."""
    lungs = np.zeros((2, grid.size, grid.size), np.uint8)
    if not 0 < z < subject.lung_height_mm:
        return lungs
    cage = np.zeros_like(lungs[0])  # rounds the outer corners of both lungs
    fill(cage, grid, rib_cage(subject, z), 255, cv2.LINE_AA)
    for outline, _ in mediastinum(subject, z):
        fill(cage, grid, outline, 0, cv2.LINE_AA)
    for side in (RIGHT, LEFT):
        canvas, sign = lungs[side - RIGHT], -1 if side == RIGHT else 1
        fill(canvas, grid, lung_outline(subject, side, z), 255, cv2.LINE_AA)
        dome = diaphragm_outline(subject, side, z)
        other = sign * np.array([[1.5, -400], [-400, -400], [-400, 400], [1.5, 400]]) * [1, sign]
        for outline in [other] if dome is None else [other, dome]:
            fill(canvas, grid, outline, 0, cv2.LINE_AA)
        np.minimum(canvas, cage, out=canvas)
    return lungs
