"""Labels of a phantom from what its lungs look like, and the readers' and the spirometer's noise.

ve is the visual emphysema grade 0..5, fev1fvc a fraction, fev1pp percent. The constants make a
cohort of phantoms like the paper's test set in what the paper prints of it (published.py); none
is fitted to patients.
"""

from typing import NamedTuple

import numpy as np
from scipy.stats import spearmanr

from data.phantom.disease import MAX_EXTENT, NODULES, NODULES_PER_SD, WALL_MM, WALL_MM_PER_SD
from data.phantom.extent import Extent
from data.phantom.subject import Subject

# Grade of the worst zone (a fifth of a lung's height) by its destroyed fraction: trace below the
# first bound, then mild, moderate, confluent, and advanced destructive above the last.
ZONE_BOUNDS = (0.10, 0.25, 0.62, 0.72)
READER_SD = 0.565  # grades, around the truth
ADJUDICATOR_SD = 0.35
PARASEPTAL_LOSS = 0.5  # paraseptal holes cost less function than others; the grade ignores them


class Spirometry(NamedTuple):
    """A lung function: value in health, losses, standard deviation of the measurement, range.

    emphysema: lost where all emphysema of `MAX_EXTENT` is. walls, airways: per standard deviation
    of wall thickness and of inflamed small airways.
    """

    healthy: float
    emphysema: float
    walls: float
    airways: float
    noise: float
    range: tuple[float, float]


FEV1FVC = Spirometry(0.774, 0.432, 0.036, 0.066, 0.057, (0.2, 0.95))
FEV1PP = Spirometry(86.2, 31.3, 11.8, 14.0, 14.2, (15.0, 140.0))


def grade(worst_zone: float) -> int:
    """Return the true ve, 0..5, for the destroyed fraction of the worst zone."""
    return 0 if worst_zone <= 0 else 1 + int(np.searchsorted(ZONE_BOUNDS, worst_zone, "right"))


def impression(worst_zone: float) -> float:
    """Return the grade between the grades, 0..5.5, from which a reader's grade is rounded."""
    bounds = np.arange(0.5, 6)
    return 0.0 if worst_zone <= 0 else float(np.interp(worst_zone, [0, *ZONE_BOUNDS, 1], bounds))


def loss(extent: Extent) -> float:
    """Return the functional loss by emphysema, about 0..1: nearly proportional to its extent."""
    parenchymal = (extent.extent / MAX_EXTENT) ** 0.85
    return parenchymal + PARASEPTAL_LOSS * extent.paraseptal_extent / MAX_EXTENT


def airway_scores(wall_mm: float, nodules_per_ml: float) -> tuple[float, float]:
    """Return wall thickness and inflammation of small airways, in standard deviations."""
    walls = (wall_mm - WALL_MM) / WALL_MM_PER_SD
    return walls, np.log(nodules_per_ml / NODULES) / NODULES_PER_SD


def lung_function(
    spirometry: Spirometry, extent: Extent, wall_mm: float, nodules_per_ml: float
) -> float:
    """Return a noise-free fev1fvc or fev1pp for what is visible of the disease."""
    walls, airways = airway_scores(wall_mm, nodules_per_ml)
    value = (
        spirometry.healthy
        - spirometry.emphysema * loss(extent)
        - spirometry.walls * walls
        - spirometry.airways * airways
    )
    return float(np.clip(value, *spirometry.range))


def read(rng: np.random.Generator, seen: float, sd: float) -> int:
    """Return the grade, 0..5, of a reader with an error of `sd` grades around what is seen."""
    return int(np.clip(np.rint(seen + rng.normal(0, sd)), 0, 5))


def draw_labels(rng: np.random.Generator, subject: Subject, extent: Extent) -> dict[str, float]:
    """Return all label columns of one phantom, noise-free and noisy.

    Two readers grade ve; where they differ, an adjudicator's grade counts (paper, section 4.1).
    """
    seen = impression(extent.worst_zone)
    readers = [read(rng, seen, READER_SD) for _ in range(2)]
    third = read(rng, seen, ADJUDICATOR_SD)
    row = {
        "ve": readers[0] if readers[0] == readers[1] else third,
        "ve_reader1": readers[0],
        "ve_reader2": readers[1],
        "ve_noise_free": grade(extent.worst_zone),
    }
    for name, spirometry, digits in (("fev1fvc", FEV1FVC, 4), ("fev1pp", FEV1PP, 2)):
        true = lung_function(spirometry, extent, subject.wall_mm, subject.nodules_per_ml)
        measured = np.clip(true + spirometry.noise * rng.normal(), *spirometry.range)
        row[name], row[f"{name}_noise_free"] = round(float(measured), digits), round(true, digits)
    return row


def noise_ceiling(rows: list[dict], target: str) -> float:
    """Return Spearman's rho of a target with its noise-free value over the rows of a table.

    No network can do better on average.
    """
    measured, noise_free = (
        [float(row[name]) for row in rows] for name in (target, f"{target}_noise_free")
    )
    return float(spearmanr(measured, noise_free).statistic)
