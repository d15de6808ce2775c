"""Regions of the lungs: cubes around drawn lung voxels, each described by drawn voxels in it."""

import numpy as np

from pylayers.lungs.crop import LungCrop
from tools.baselines.gaussian_bank import RESPONSES, bank_responses

REGIONS = 50  # a scan, as Sørensen et al. (2012)
SIDE_MM = 32.0  # of a cube: their 41 voxels of 0.78 mm
VOXELS = 512  # drawn in each
SEED = 1
SHIFT_HU = 850.0  # keeps the smoothed HU near 0, where half precision is fine


def drawn_voxels(lungs: np.ndarray, spacing_mm: tuple[float, float, float]) -> np.ndarray:
    """Return lung voxels in drawn regions, int (REGIONS, VOXELS, 3) as (z, y, x).

    Centres are drawn evenly from the lung's voxels; so are, with repetition, those of a region.
    """
    rng = np.random.default_rng(SEED)
    centres = np.argwhere(lungs)
    centres = centres[rng.integers(len(centres), size=REGIONS)]
    half = [max(0, round(SIDE_MM / 2 / mm)) for mm in spacing_mm]
    drawn = np.empty((REGIONS, VOXELS, 3), int)
    for region, centre in enumerate(centres):
        start = np.maximum(0, centre - half)
        box = tuple(slice(a, c + h + 1) for a, c, h in zip(start, centre, half, strict=True))
        inside = np.argwhere(lungs[box])
        drawn[region] = inside[rng.integers(len(inside), size=VOXELS)] + start
    return drawn


def texture_features(crop: LungCrop) -> dict[str, np.ndarray]:
    """Return the responses of drawn regions, float16 (REGIONS, VOXELS, 24); HU plus SHIFT_HU."""
    voxels = drawn_voxels(crop.lungs, crop.spacing_mm)
    responses = bank_responses(crop.hu, crop.spacing_mm, voxels.reshape(-1, 3))
    responses[:, :: len(RESPONSES)] += SHIFT_HU  # the smoothed HU of each scale
    return {"responses": responses.reshape(REGIONS, VOXELS, -1).astype(np.float16)}
