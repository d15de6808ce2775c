"""Draws holes and nodules slice by slice, as far as a slice of some thickness averages them."""

import cv2
import numpy as np

from data.phantom.anatomy import SHIFT
from data.phantom.lesions import Holes
from data.phantom.subject import Subject

LEAST_SHARE = 0.06  # of a slice's thickness: less cannot be seen


def draw_balls(
    canvas: np.ndarray, subject: Subject, balls: Holes, z: float, rng: np.random.Generator | None
) -> None:
    """Draw balls at height z as coverage 0..255 into `canvas`, uint8 (512, 512), in place.

    rng: makes them uneven, as two overlapping discs; None: round.
    """
    half = subject.thick_mm / 2
    near = np.abs(balls.centres[:, 2] - z) < balls.radius + half - 1e-6
    centres, radius = balls.centres[near], balls.radius[near]
    # between these heights over a ball's centre the slice cuts it
    low = np.maximum(z - half - centres[:, 2], -radius)
    high = np.minimum(z + half - centres[:, 2], radius)
    share = (high - low) / subject.thick_mm
    # a disc of that share holds as much as the slice cuts off
    cut = np.sqrt(radius**2 - (high**2 + high * low + low**2) / 3)
    seen = (share > LEAST_SHARE) & (cut > 0.3)
    centres, cut, value = centres[seen, :2], cut[seen], 255 * share[seen] * balls.depth[near][seen]
    if rng is not None:
        aside = rng.normal(0, 0.45, centres.shape) * cut[:, None]
        centres = np.concatenate([centres, centres + aside])
        cut, value = np.concatenate([cut * 0.9, cut * 0.7]), np.tile(value, 2)
    order = np.argsort(value)  # what is seen best is drawn last
    fixed = 1 << SHIFT
    pixels = np.round(subject.grid.to_pixels(centres[order]) * fixed).astype(int).tolist()
    sizes = np.round(cut[order] / subject.spacing_mm * fixed).astype(int).tolist()
    for centre, size, v in zip(pixels, sizes, value[order].tolist(), strict=True):
        cv2.circle(canvas, centre, size, v, -1, cv2.LINE_AA, SHIFT)
