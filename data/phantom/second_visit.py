"""What the second scans of a phantom share: their slices and the density of lung."""

from dataclasses import fields

import numpy as np

from data.phantom.labels import FEV1FVC, airway_scores
from data.phantom.physique import LUNG_HU
from data.phantom.subject import Subject

# Few slices: a cohort's second scans take little time and space. The first scans may be thinner.
SLICE_MM, THICK_MM, MARGIN_SLICES = 7.0, 4.0, 3


def density(subject: Subject) -> float:
    """Return the density of a subject's intact lung tissue in g/l: HU above -1000."""
    return 1000 + LUNG_HU + subject.inspiration_hu + subject.inflammation_hu


def airway_deficit(subject: Subject) -> float:
    """Return the FEV1/FVC that walls and small airways cost, as labels.lung_function has it."""
    walls, airways = airway_scores(subject.wall_mm, subject.nodules_per_ml)
    return float(FEV1FVC.walls * walls + FEV1FVC.airways * airways)


def sliced(subject: Subject, scale_z: float) -> dict:
    """Return a subject's fields with the slices of a second scan; scale_z: of its lungs' height."""
    own = {field.name: getattr(subject, field.name) for field in fields(Subject)}
    through = int(np.ceil(subject.lung_height_mm * scale_z / SLICE_MM))
    return own | {
        "slice_mm": SLICE_MM,
        "thick_mm": THICK_MM / scale_z,  # lesions are drawn in the first scan's lungs
        "slices_below": MARGIN_SLICES,
        "slices": through + 2 * MARGIN_SLICES,
    }
