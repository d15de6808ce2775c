"""Relevance maps of a scan's slices, smoothed and scaled for showing."""

from typing import NamedTuple

import cv2
import numpy as np

from pylayers.batch.pixel_size import input_pixel_mm
from pylayers.batch.stack import place
from pylayers.lungs.crop import LungCrop
from tools.scoring.relevance import STEPS, RelevanceNet, plain_lung, stack_of

FULL_PERCENTILE = 99.5  # single hot pixels would leave the rest of a map blank
SMOOTH_MM = 4.0  # about a secondary lobule's radius; single pixels are speckle


class Maps(NamedTuple):
    """Maps of some slices.

    strength: (n, side, side), 1 is the strongest colour. full: what it stands for, the target's
    unit per cm2 of slice. effects: what a slice's map adds up to, target's unit, (n,).
    """

    strength: np.ndarray
    full: float
    effects: np.ndarray


def relevance_maps(
    net: RelevanceNet, crop: LungCrop, lungs: np.ndarray, indices: np.ndarray
) -> Maps:
    """Return the maps of the crop's slices `indices`; lungs: bool of the crop's shape."""
    planes, mask = crop.hu[indices], lungs[indices]
    parts = net.relevance(stack_of(planes), stack_of(plain_lung(planes, mask)), STEPS)
    effects = parts.sum(axis=(1, 2), dtype=np.float64)
    mm_y, mm_x = input_pixel_mm(crop.hu.shape, crop.spacing_mm)
    for part, inside in zip(parts, mask, strict=True):
        cv2.GaussianBlur(part, (0, 0), SMOOTH_MM / mm_x, dst=part, sigmaY=SMOOTH_MM / mm_y)
        part *= place(inside.astype(np.int16)) > 0  # smoothing leaks over the lung's edge
    parts /= mm_y * mm_x / 100
    shown = np.abs(parts[parts != 0])
    full = float(np.percentile(shown, FULL_PERCENTILE)) if len(shown) else 1.0
    return Maps(parts / full, full, effects)
