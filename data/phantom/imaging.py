"""What the scanner adds: sharpness, correlated noise, calibration.

HU are float32 until `to_stored`.
"""

from functools import cache
from typing import NamedTuple

import cv2
import numpy as np

from data.phantom.acquisition import MATRIX
from data.phantom.subject import Subject

FLOOR_HU = -1024  # no scanner of the cohort stores less inside the scan circle
OUTSIDE_HU = -2000  # outside of it
PLANES = 2  # noise planes made per scan; slices take random crops and flips of them
MARGIN = 96  # pixels a noise plane is larger than a slice
SHOULDERS = (0.72, 0.98)  # between which heights, of the lungs', shoulders come into the beam
SHOULDER_STREAKS, ARM_STREAKS = 0.7, 0.4


class Kernel(NamedTuple):
    """Sharpness: Gaussian blur of the image in mm, edge boost, pass band of the noise in pixels."""

    blur_mm: float
    boost: float
    grain_px: float  # noise is smoothed by this
    coarse_px: float  # and loses what is coarser than this


KERNELS = {
    "soft": Kernel(0.75, 0.0, 1.1, 6.0),
    "standard": Kernel(0.55, 0.0, 0.75, 3.5),
    "sharp": Kernel(0.40, 0.5, 0.45, 1.6),
}


def noise_planes(rng: np.random.Generator, kernel: Kernel) -> np.ndarray:
    """Return noise of sd 1 with the grain of a kernel, float32 (PLANES, 608, 608)."""
    size = MATRIX + MARGIN
    planes = rng.standard_normal((PLANES, size, size), np.float32)
    for plane in planes:
        fine = cv2.GaussianBlur(plane, None, kernel.grain_px)
        plane[:] = fine - cv2.GaussianBlur(fine, None, kernel.coarse_px)
        plane /= plane.std()
    return planes


def crop_noise(rng: np.random.Generator, planes: np.ndarray) -> np.ndarray:
    """Return one slice's noise (512, 512): a random crop of a random plane, randomly flipped."""
    which, y, x = rng.integers([PLANES, MARGIN, MARGIN])
    flip_y, flip_x = rng.integers(0, 2, 2) * 2 - 1
    return planes[which, y : y + MATRIX, x : x + MATRIX][::flip_y, ::flip_x]


def streak_strength(subject: Subject, z: float) -> float:
    """Return the sd of streaks at height z beside that of the noise: shoulders and arms cause them.

    Across them the beam is starved of photons.
    """
    shoulders = np.clip((z / subject.lung_height_mm - SHOULDERS[0]) / np.ptp(SHOULDERS), 0, 1)
    return float(SHOULDER_STREAKS * shoulders + ARM_STREAKS * subject.arms_down)


def streaks(rng: np.random.Generator) -> np.ndarray:
    """Return streaks of sd 1 from side to side, float32 (512, 512)."""
    lines = rng.standard_normal((MATRIX, 8), np.float32)
    lines = cv2.GaussianBlur(lines, None, sigmaX=1.5, sigmaY=1.2)
    return cv2.resize(lines / lines.std(), (MATRIX, MATRIX), interpolation=cv2.INTER_LINEAR)


def noise_profile(inside: np.ndarray) -> np.ndarray:
    """Return the relative noise sd over a slice, float32 (512, 512): 1 deep in the body.

    inside: bool (512, 512), true within the skin, lungs included.
    """
    small = cv2.resize(inside.astype(np.float32), (64, 64), interpolation=cv2.INTER_AREA)
    depth = cv2.GaussianBlur(small, None, 3)
    return cv2.resize(0.03 + 0.97 * np.minimum(depth * 1.15, 1), inside.shape[::-1])


def resolve(hu: np.ndarray, kernel: Kernel, spacing_mm: float) -> np.ndarray:
    """Return a noise-free image in HU, float32 (512, 512), as a kernel resolves it."""
    image = cv2.GaussianBlur(hu, None, kernel.blur_mm / spacing_mm)
    if kernel.boost:
        soft = cv2.GaussianBlur(image, None, 1.2 / spacing_mm)
        image = cv2.addWeighted(image, 1 + kernel.boost, soft, -kernel.boost, 0)
    return image


def to_stored(hu: np.ndarray, offset_hu: float, circle: bool) -> np.ndarray:
    """Return HU as a scanner with that offset stores them, int16 (512, 512).

    circle: whether voxels outside the scan circle are blanked.
    """
    stored = np.clip(np.rint(hu + offset_hu), FLOOR_HU, 3071).astype(np.int16)
    if circle:
        stored[outside_circle()] = OUTSIDE_HU
    return stored


@cache
def outside_circle() -> np.ndarray:
    """Return which pixels lie outside the scan circle, bool (512, 512)."""
    rows, columns = np.ogrid[:MATRIX, :MATRIX]
    middle = (MATRIX - 1) / 2
    return (rows - middle) ** 2 + (columns - middle) ** 2 > (MATRIX / 2) ** 2
