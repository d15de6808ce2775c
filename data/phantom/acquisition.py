"""Draws how a subject is scanned: grid, reconstruction kernel, dose and calibration."""

import numpy as np

MATRIX = 512  # rows and columns of every scan
PIXEL_MM = (0.5, 1.0)
SLICES_APART_MM = (5.0, 7.0)
THIN_MM = (0.6, 5.0)  # of thin slices, which lie side by side
THINNEST_PART = 0.75  # of the thickest, where that is given: thinner ones take time and space

# What disturbs LAA-950 and leaves the texture alone.
OFFSET_SD_HU = 5.0
NOISE_SD_HU = {"soft": (12.0, 28.0), "standard": (30.0, 65.0), "sharp": (65.0, 130.0)}
P_KERNEL = (0.32, 0.33, 0.35)
HOLE_HU, HOLE_SD_HU = -970.0, 7.0  # destroyed lung, and how it varies between scanners
FOV_PER_BODY = (0.98, 1.06)
P_TIGHT = 0.12  # of a field of view set to the lungs, which cuts the body


def draw_acquisition(
    rng: np.random.Generator, physique: dict, thin_share: float, thickest_mm: float | None = None
) -> dict:
    """Return the fields of a Subject that describe the scan.

    thin_share: of scans with thin slices, in 0..1; the others have slices 5 to 7 mm apart.
    thickest_mm: where it is not None, all scans have slices of THINNEST_PART of it up to it.
    """
    height = physique["lung_height_mm"]
    lungs_mm = 2 * physique["half_width_mm"]
    body_mm = lungs_mm + 44 + 2 * physique["fat_mm"]
    tight = rng.random() < P_TIGHT
    fov_mm = lungs_mm + rng.uniform(16, 46) if tight else body_mm * rng.uniform(*FOV_PER_BODY)
    apart = round(float(np.clip(height / rng.integers(36, 43), *SLICES_APART_MM)), 2)
    thick = rng.uniform(1.0, apart)
    below, above = rng.integers(2, 5, 2)
    kernel = str(rng.choice(list(NOISE_SD_HU), p=P_KERNEL))
    noise_sd_hu = float(np.exp(rng.uniform(*np.log(NOISE_SD_HU[kernel]))))
    drawn = {
        "spacing_mm": round(float(np.clip(fov_mm / MATRIX, *PIXEL_MM)), 4),
        "shift_mm": (rng.normal(0, 3), rng.normal(2 if tight else 4, 3)),
        "hole_hu": rng.normal(HOLE_HU, HOLE_SD_HU),
        "kernel": kernel,
        "noise_sd_hu": noise_sd_hu,
        "offset_hu": rng.normal(0, OFFSET_SD_HU),
        "circle": bool(rng.random() < 0.5),
    }
    range_mm = THIN_MM if thickest_mm is None else (THINNEST_PART * thickest_mm, thickest_mm)
    thin, thin_mm = rng.random(), round(float(np.exp(rng.uniform(*np.log(range_mm)))), 2)
    # drawn last: the share changes nothing in the others
    if thin < thin_share or thickest_mm is not None:
        below, above = (round(margin * apart / thin_mm) for margin in (below, above))
        apart = thick = thin_mm
    return drawn | {
        "slice_mm": apart,
        "thick_mm": thick,
        "slices_below": int(below),
        "slices": int(below + np.ceil(height / apart) + above),
    }
