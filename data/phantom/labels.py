"""Labels of a phantom from what its lungs look like, and the readers' and the spirometer's noise.

ve is the visual emphysema grade 0..5, fev1fvc a fraction, fev1pp percent. The formulas only give
labels of plausible ranges that depend on visible causes; none is fitted to patients.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import spearmanr

from data.phantom.subject import MAX_EXTENT, WALL_MM, WALL_MM_PER_SEVERITY, WALL_SD_MM

# Grade of the worst zone (a fifth of a lung's height) by its destroyed fraction: trace below the
# first bound, then mild, moderate, confluent, and advanced destructive above the last.
ZONE_BOUNDS = (0.08, 0.25, 0.48, 0.66)
READER_SD = 0.6  # grades, around the truth; gives a weighted kappa of .70 to .80
ADJUDICATOR_SD = 0.35

FEV1FVC_HEALTHY, FEV1FVC_LOSS, FEV1FVC_PER_WALL_SD, FEV1FVC_NOISE = 0.87, 0.47, 0.025, 0.035
FEV1PP_HEALTHY, FEV1PP_LOSS, FEV1PP_PER_WALL_SD, FEV1PP_NOISE = 114.0, 92.0, 5.0, 11.0
FEV1FVC_RANGE, FEV1PP_RANGE = (0.2, 0.95), (15.0, 130.0)


def grade(worst_zone: float) -> int:
    """Return the true ve, 0..5, for the destroyed fraction of the worst zone."""
    return 0 if worst_zone <= 0 else 1 + int(np.searchsorted(ZONE_BOUNDS, worst_zone, "right"))


def loss(extent: ArrayLike) -> np.ndarray:
    """Return the functional loss, about 0..1, for a destroyed fraction: nearly proportional."""
    return (np.asarray(extent) / MAX_EXTENT) ** 0.85


def lung_function(extent: float, wall_mm: float) -> tuple[float, float]:
    """Return noise-free fev1fvc and fev1pp for a destroyed fraction and a bronchial wall in mm."""
    lost = loss(extent)
    # walls count as far as they are thicker than this much emphysema explains
    wall = (wall_mm - WALL_MM - WALL_MM_PER_SEVERITY * lost) / WALL_SD_MM
    fev1fvc = FEV1FVC_HEALTHY - FEV1FVC_LOSS * lost - FEV1FVC_PER_WALL_SD * wall
    fev1pp = FEV1PP_HEALTHY - FEV1PP_LOSS * lost - FEV1PP_PER_WALL_SD * wall
    return float(np.clip(fev1fvc, *FEV1FVC_RANGE)), float(np.clip(fev1pp, *FEV1PP_RANGE))


def read(rng: np.random.Generator, truth: int, sd: float) -> int:
    """Return the grade that a reader with an error of `sd` grades gives, 0..5."""
    return int(np.clip(np.rint(truth + rng.normal(0, sd)), 0, 5))


def draw_labels(
    rng: np.random.Generator, extent: float, worst_zone: float, wall_mm: float
) -> dict[str, float]:
    """Return all label columns of one phantom, noise-free and noisy.

    extent, worst_zone: destroyed fractions of the lungs and of the worst zone. Two readers grade
    ve; where they differ, an adjudicator's grade counts.
    """
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


def noise_ceiling(rows: list[dict], target: str) -> float:
    """Return Spearman's rho of a target with its noise-free value over the rows of a table.

    No network can do better on average.
    """
    measured, noise_free = (
        [float(row[name]) for row in rows] for name in (target, f"{target}_noise_free")
    )
    return float(spearmanr(measured, noise_free).statistic)
