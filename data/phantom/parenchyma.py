"""The density of lung tissue between vessels and lesions."""

import cv2
import numpy as np

from data.phantom.acquisition import MATRIX
from data.phantom.physique import LUNG_HU
from data.phantom.subject import Subject

TISSUE_FLOOR_HU = -948  # intact tissue is below -950 HU by noise only
DEPENDENT_HU, DEPENDENT_MM = 1.6, 9.0  # what lies lowest, per HU of gravity, and how far it reaches


def parenchyma(rng: np.random.Generator, subject: Subject) -> np.ndarray:
    """Return HU of lung tissue, float32 (512, 512): gravity and gentle unevenness."""
    coarse = rng.normal(0, 7, (10, 10)).astype(np.float32)
    y_mm = subject.grid.to_mm(np.column_stack([np.zeros(MATRIX), np.arange(MATRIX)]))[:, 1]
    back = y_mm / (2 * subject.half_depth_mm)  # -.5 front, .5 back
    dependent = DEPENDENT_HU * np.exp((y_mm - subject.half_depth_mm) / DEPENDENT_MM)
    level = LUNG_HU + subject.inspiration_hu + subject.inflammation_hu
    rows = level + subject.gravity_hu * (back + np.minimum(dependent, DEPENDENT_HU))
    tissue = cv2.resize(coarse, (MATRIX, MATRIX), interpolation=cv2.INTER_CUBIC)
    tissue += rows.astype(np.float32)[:, None]
    return np.maximum(tissue, np.float32(TISSUE_FLOOR_HU), out=tissue)
