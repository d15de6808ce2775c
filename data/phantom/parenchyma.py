"""The density of lung tissue between vessels and lesions."""

import cv2
import numpy as np

from data.phantom.physique import LUNG_HU
from data.phantom.subject import Subject

TISSUE_FLOOR_HU = -948  # intact tissue is below -950 HU by noise only
DEPENDENT_HU, DEPENDENT_MM = 1.6, 9.0  # what lies lowest, per HU of gravity, and how far it reaches


def parenchyma(rng: np.random.Generator, subject: Subject, box: tuple[slice, slice]) -> np.ndarray:
    """Return HU of lung tissue in a box of rows and columns: gravity and gentle unevenness."""
    coarse = rng.normal(0, 7, (7, 8)).astype(np.float32)
    numbers = np.arange(box[0].start, box[0].stop)
    y_mm = subject.grid.to_mm(np.column_stack([numbers, numbers]))[:, 1]
    back = y_mm / (2 * subject.half_depth_mm)  # -.5 front, .5 back
    dependent = DEPENDENT_HU * np.exp((y_mm - subject.half_depth_mm) / DEPENDENT_MM)
    level = LUNG_HU + subject.inspiration_hu + subject.inflammation_hu
    rows = level + subject.gravity_hu * (back + np.minimum(dependent, DEPENDENT_HU))
    size = box[1].stop - box[1].start, len(numbers)
    tissue = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    tissue += rows.astype(np.float32)[:, None]
    return np.maximum(tissue, np.float32(TISSUE_FLOOR_HU), out=tissue)
