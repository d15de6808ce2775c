"""Draws a subject's body and breath, before any voxel is made. Lengths in mm, densities in HU."""

import numpy as np

P_FEMALE = 0.47  # about half of COPDGene's subjects
LUNG_HU = -848.0  # parenchyma at full inspiration without disease
# How far subjects breathe in differs from scan to scan; it moves every density of the lungs.
INSPIRATION_SD_HU, INSPIRATION_RANGE_HU = 46.0, (-82.0, 130.0)
P_ARMS_DOWN = 0.08


def draw_physique(rng: np.random.Generator, severity: float) -> dict:
    """Return the fields of a Subject that describe the body; emphysema widens it a little."""
    female = bool(rng.random() < P_FEMALE)
    inspiration_hu = float(np.clip(rng.normal(0, INSPIRATION_SD_HU), *INSPIRATION_RANGE_HU))
    # the lung's mass does not change: half as dense above -1000 HU means twice the volume
    swelling = (LUNG_HU + 1000) / (LUNG_HU + 1000 + inspiration_hu)
    half_width = rng.uniform(*((106, 124) if female else (116, 136))) * swelling**0.15
    height = rng.uniform(*((205, 250) if female else (230, 280))) * swelling**0.35
    dome = rng.uniform(58, 92) * swelling**-0.3 * (1 - 0.17 * severity)
    return {
        "half_width_mm": half_width,
        "half_depth_mm": half_width * (rng.uniform(0.66, 0.80) + 0.035 * severity),
        "lung_height_mm": height * (1 + 0.027 * severity),
        "dome_mm": (dome, dome - rng.uniform(5, 15)),
        "fat_mm": float(np.clip(rng.lognormal(np.log(16 if female else 13), 0.35), 5, 42)),
        "breast_mm": float(rng.uniform(8, 34)) if female else 0.0,
        "arms_down": bool(rng.random() < P_ARMS_DOWN),
        "heart_scale": half_width / 124 * rng.uniform(0.78, 1.04) * (1 - 0.08 * severity),
        "wobble": np.stack(
            [rng.normal(0, [0.018, 0.014, 0.01], (2, 3)), rng.uniform(0, 2 * np.pi, (2, 3))], -1
        ),
        "inspiration_hu": inspiration_hu,
        "gravity_hu": rng.uniform(20, 60),
    }
