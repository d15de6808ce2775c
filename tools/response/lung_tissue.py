"""What of the lungs disease can destroy: tissue, not vessels, airways or what is gone already."""

from typing import NamedTuple

import cv2
import numpy as np

from pylayers.lungs.crop import LungCrop

SMOOTH_MM = 1.0  # calms noise, keeps vessels
AROUND_MM = 5.0  # of tissue that gives the level: wider than vessels and noise
VESSEL_HU = 60  # above the level: vessels, walls, fissures
DARK_HU, DARK_BELOW_HU = -60, -930  # below the level and absolutely: lumens and emphysema
CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))


class LungTissue(NamedTuple):
    """where: bool (n, h, w), lung that can be destroyed. level_hu: its smooth mean, int16."""

    where: np.ndarray
    level_hu: np.ndarray


def lung_tissue(crop: LungCrop) -> LungTissue:
    """Return the tissue of a crop with its lung mask.

    Vessels and lumens are what stands out from the lung around; they are left out with a rim of a
    pixel, in which blur mixes them with the tissue.
    """
    lungs = crop.lungs
    where, level = np.zeros(lungs.shape, bool), np.zeros(lungs.shape, np.int16)
    for z in np.flatnonzero(lungs.any(axis=(1, 2))):
        where[z], level[z] = _of_plane(crop.hu[z], lungs[z], crop.spacing_mm[1])
    return LungTissue(where, level)


def _of_plane(hu: np.ndarray, lungs: np.ndarray, pixel_mm: float) -> tuple[np.ndarray, np.ndarray]:
    plane = hu.astype(np.float32)
    smooth = cv2.GaussianBlur(plane, None, SMOOTH_MM / pixel_mm)
    middle = np.median(plane[lungs])
    tissue = lungs & (smooth < middle + 2 * VESSEL_HU)  # a first guess, for the level
    for _ in range(2):
        level = _mean_of(plane, tissue, pixel_mm, middle)
        dense = (smooth > level + VESSEL_HU) & lungs
        dark = (smooth < level + DARK_HU) & (smooth < DARK_BELOW_HU)
        other = cv2.dilate((dense | dark).view(np.uint8), CROSS).view(bool)
        tissue = lungs & ~other
    return tissue, np.rint(_mean_of(plane, tissue, pixel_mm, middle)).astype(np.int16)


def _mean_of(
    plane: np.ndarray, tissue: np.ndarray, pixel_mm: float, otherwise: float
) -> np.ndarray:
    """The mean of the tissue around each pixel, by a Gaussian; `otherwise` far from any."""
    weight = tissue.astype(np.float32)
    total = cv2.GaussianBlur(plane * weight, None, AROUND_MM / pixel_mm)
    share = cv2.GaussianBlur(weight, None, AROUND_MM / pixel_mm)
    return np.divide(
        total, share, out=np.full_like(plane, otherwise), where=share > np.float32(1e-3)
    )
