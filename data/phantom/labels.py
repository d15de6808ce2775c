"""Labels of a phantom from what its lungs look like, and the readers' and the spirometer's noise.

ve is the visual emphysema grade 0..5, fev1fvc a fraction, fev1pp a percentage. Phantoms say nothing
about patients: the formulas only give labels of plausible ranges that depend on visible causes.
"""

import numpy as np
from scipy.stats import spearmanr

from data.phantom.subject import MAX_EXTENT, WALL_MM, WALL_MM_PER_SEVERITY, WALL_SD_MM

# Grade of the worst zone (a fifth of a lung's height) by its destroyed fraction: trace below the
# first bound, then mild, moderate, confluent, and advanced destructive above the last.
ZONE_BOUNDS = (0.08, 0.25, 0.48, 0.66)
READER_SD = 0.6  # grades, around the truth; gives a kappa of .70-.80
ADJUDICATOR_SD = 0.35

FEV1FVC_HEALTHY, FEV1FVC_LOSS, FEV1FVC_PER_WALL_SD, FEV1FVC_NOISE = 0.87, 0.47, 0.025, 0.035
FEV1PP_HEALTHY, FEV1PP_LOSS, FEV1PP_PER_WALL_SD, FEV1PP_NOISE = 114.0, 92.0, 5.0, 11.0
FEV1FVC_RANGE, FEV1PP_RANGE = (0.2, 0.95), (15.0, 130.0)


def grade(worst_zone):
    """True ve (0..5) from the destroyed fraction of the worst zone."""
    return 0 if worst_zone <= 0 else 1 + int(np.searchsorted(ZONE_BOUNDS, worst_zone, "right"))


def loss(extent):
    """Functional loss (about 0..1) from the destroyed fraction: nearly proportional."""
    return (np.asarray(extent) / MAX_EXTENT) ** 0.85


def lung_function(extent, wall_mm):
    """Noise-free (fev1fvc, fev1pp) from the destroyed fraction and the bronchial wall in mm."""
    lost = loss(extent)
    # walls count as far as they are thicker than this much emphysema explains
    wall = (wall_mm - WALL_MM - WALL_MM_PER_SEVERITY * lost) / WALL_SD_MM
    fev1fvc = FEV1FVC_HEALTHY - FEV1FVC_LOSS * lost - FEV1FVC_PER_WALL_SD * wall
    fev1pp = FEV1PP_HEALTHY - FEV1PP_LOSS * lost - FEV1PP_PER_WALL_SD * wall
    return float(np.clip(fev1fvc, *FEV1FVC_RANGE)), float(np.clip(fev1pp, *FEV1PP_RANGE))


def read(rng, truth, sd):
    """A reader's grade for the true grade `truth`."""
    return int(np.clip(np.rint(truth + rng.normal(0, sd)), 0, 5))


def draw_labels(rng, extent, worst_zone, wall_mm):
    """All label columns of one phantom, noise-free and noisy, as a dict."""
    truth = grade(worst_zone)
    readers = [read(rng, truth, READER_SD) for _ in range(2)]
    third = read(rng, truth, ADJUDICATOR_SD)
    noise = rng.normal(0, 1, 2)
    fev1fvc, fev1pp = lung_function(extent, wall_mm)
    return {
        "ve": readers[0] if readers[0] == readers[1] else third,
        "fev1fvc": round(float(np.clip(fev1fvc + FEV1FVC_NOISE * noise[0], *FEV1FVC_RANGE)), 4),
        "fev1pp": round(float(np.clip(fev1pp + FEV1PP_NOISE * noise[1], *FEV1PP_RANGE)), 2),
        "ve_reader1": readers[0],
        "ve_reader2": readers[1],
        "ve_noise_free": truth,
        "fev1fvc_noise_free": round(fev1fvc, 4),
        "fev1pp_noise_free": round(fev1pp, 2),
    }


def noise_ceiling(rows, target):
    """Spearman's rho of `target` with its noise-free value: no network can do better on average."""
    measured, noise_free = (
        [float(row[name]) for row in rows] for name in (target, f"{target}_noise_free")
    )
    return float(spearmanr(measured, noise_free).statistic)
