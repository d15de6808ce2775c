"""A small synthetic chest with known lungs: ellipsoids and tubes in HU, drawn by numpy."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk

SHAPE = (40, 128, 128)  # z, y, x
SPACING_MM = (7.0, 2.6, 2.6)
SOFT, LUNG, AIR, SHELL, FOAM = 40, -860, -1000, 200, -950  # HU


@dataclass(frozen=True)
class Chest:
    """hu: int16 (z, y, x). The rest are masks: the true lungs, and what must not be taken for them.

    lungs hold their vessels; airways are lumen only; table is shell and foam.
    """

    hu: np.ndarray
    spacing_mm: tuple[float, float, float]
    lungs: np.ndarray
    airways: np.ndarray
    table: np.ndarray
    bowel: np.ndarray


def make_chest(
    seed=1, noise_hu=20.0, lung_hu=LUNG, size=1.0, shift_mm=(0.0, 0.0, 0.0), touching=False
) -> Chest:
    """Draw a chest; size scales the lungs, shift_mm (z, y, x) moves everything but the table.

    touching: the lungs meet in front of the mediastinum and are one air space.
    """
    dz, dy, dx = shift_mm
    z, y, x = np.ogrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    z = z * SPACING_MM[0] - dz
    y, x = ((v - 63.5) * SPACING_MM[1] for v in (y, x))
    table = (np.abs(y - 125) < 10) & (np.abs(x) < 140) & (z > -1e9)
    foam = (np.abs(y - 125) < 5) & (np.abs(x) < 135) & (z > -1e9)
    y, x = y - dy, x - dx

    def ellipsoid(centre, radii):
        (cz, cy, cx), (rz, ry, rx) = centre, radii
        return ((z - cz) / rz) ** 2 + ((y - cy) / ry) ** 2 + ((x - cx) / rx) ** 2 <= 1

    def tube(start, end, radius):
        start, end = np.array(start, float), np.array(end, float)
        along = end - start
        t = (z - start[0]) * along[0] + (y - start[1]) * along[1] + (x - start[2]) * along[2]
        t = np.clip(t / (along @ along), 0, 1)
        return sum((v - s - t * a) ** 2 for v, s, a in zip((z, y, x), start, along)) <= radius**2  # noqa: B905

    body = ((y / 105) ** 2 + (x / 155) ** 2 <= 1) & (z > -1e9)
    lungs = np.zeros(SHAPE, bool)
    vessels = np.zeros(SHAPE, bool)
    airways = tube((165, 10, 0), (400, 10, 0), 9)
    walls = tube((165, 10, 0), (400, 10, 0), 12)
    for side in (-1, 1):
        lungs |= ellipsoid((150, 0, side * 75), (105 * size, 75 * size, 55 * size))
        vessels |= tube((150, 0, side * 25), (160, 10, side * 110), 5)
        airways |= tube((165, 10, 0), (140, 5, side * 24), 7)
        walls |= tube((165, 10, 0), (140, 5, side * 20), 10)
    if touching:
        lungs |= ellipsoid((150, -40, 0), (60, 15, 30))
    lungs &= ~walls
    bowel = ellipsoid((18, -30, -40), (16, 35, 45))

    hu = np.full(SHAPE, float(AIR))
    for region, value in (
        (table, SHELL),
        (foam, FOAM),
        (body, SOFT),
        (lungs, lung_hu),
        (vessels & lungs, SOFT),
        (airways, AIR),
        (bowel, AIR),
    ):
        hu[np.broadcast_to(region, SHAPE)] = value
    hu += np.random.default_rng(seed).normal(0, noise_hu, SHAPE)
    hu = np.clip(np.rint(hu), -1024, 3071).astype(np.int16)
    return Chest(hu, SPACING_MM, lungs & ~airways, airways, np.broadcast_to(table, SHAPE), bowel)


def write_scan(path, voxels, spacing_mm=SPACING_MM, origin_mm=(0.0, 0.0, 0.0)) -> Path:
    """Write (z, y, x) voxels in LPS; spacing_mm and origin_mm are (z, y, x), too."""
    image = sitk.GetImageFromArray(voxels)
    image.SetSpacing(spacing_mm[::-1])
    image.SetOrigin(origin_mm[::-1])
    sitk.WriteImage(image, str(path), useCompression=str(path).endswith("gz"))
    return Path(path)


def dice(a, b) -> float:
    """Return the overlap of two masks."""
    return 2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b))
