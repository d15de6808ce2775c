"""One phantom of a cohort from (seed, number): its labels alone, or with its image."""

import numpy as np

from data.phantom.chest_plan import Pathology, plan_pathology
from data.phantom.labels import draw_labels
from data.phantom.render import Phantom, render, streams
from data.phantom.subject import Subject, draw_subject

FACTS_OF_SUBJECT = (
    # disease
    "severity", "panlobular", "paraseptal", "zone_slope", "wall_mm", "nodules_per_ml", "vessels",
    "inflammation_hu",
    # body and breath
    "inspiration_hu", "gravity_hu", "half_width_mm", "half_depth_mm", "lung_height_mm", "fat_mm",
    "breast_mm", "arms_down", "heart_scale",
    # acquisition
    "noise_sd_hu", "offset_hu", "hole_hu", "spacing_mm", "slice_mm", "thick_mm",
)  # fmt: skip


def simulate(
    seed: int, index: int, thin_share: float = 0.0, thickest_mm: float | None = None
) -> tuple[Subject, Phantom, dict]:
    """Return phantom `index` of the cohort of a seed, with its row of the table but for paths."""
    subject, pathology, row = _labelled(seed, index, thin_share, thickest_mm)
    phantom = render(subject, image_rng(seed, index), pathology=pathology)
    return subject, phantom, row | {name: round(v, 5) for name, v in phantom.facts.items()}


def simulate_labels(
    seed: int, index: int, thin_share: float = 0.0, thickest_mm: float | None = None
) -> dict:
    """Return the row of phantom `index` that `simulate` returns, but for what an image tells.

    No voxel is made: a cohort of hundreds takes seconds.
    """
    return _labelled(seed, index, thin_share, thickest_mm)[2]


def _labelled(
    seed: int, index: int, thin_share: float, thickest_mm: float | None
) -> tuple[Subject, Pathology, dict]:
    # separate streams: a change to the images leaves subjects and label noise as they are
    subject = draw_subject(np.random.default_rng([seed, index, 0]), thin_share, thickest_mm)
    pathology = plan_pathology(subject, streams(image_rng(seed, index)).lesions)
    row = draw_labels(np.random.default_rng([seed, index, 2]), subject, pathology.extent)
    row |= {name: round(value, 5) for name, value in pathology.extent._asdict().items()}
    row |= {"kernel": subject.kernel, "slices": subject.slices}
    row |= {name: round(float(getattr(subject, name)), 4) for name in FACTS_OF_SUBJECT}
    return subject, pathology, row | {"dome_mm": round(float(subject.dome_mm[0]), 4)}


def image_rng(seed: int, index: int) -> np.random.Generator:
    """Return the random numbers of the image of phantom `index`."""
    return np.random.default_rng([seed, index, 1])
