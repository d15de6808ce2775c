"""The oblique fissures, which part the lobes. Axes and lengths as in anatomy.py."""

import cv2
import numpy as np

from data.phantom.anatomy import LEFT, RIGHT, SHIFT
from data.phantom.subject import Subject

SHEET_MM = 0.4  # two layers of pleura, and what of the sheet's own waves they fill
# Height, of the lungs', at the back and the front of the half depth: fissures fall to the front.
BACK, FRONT = 0.82, 0.06
BOW_MM = 14.0  # how far its middle lies behind or before its ends in an axial plane


def draw_fissures(canvas: np.ndarray, subject: Subject, z: float) -> None:
    """Draw both fissures at height z as coverage 0..255 into `canvas` (512, 512), in place."""
    rise = (BACK - FRONT) * subject.lung_height_mm / (2 * subject.half_depth_mm)  # z per y
    width = subject.thick_mm / rise + SHEET_MM  # of a slice that the slanting sheet crosses
    share = SHEET_MM * np.hypot(1, 1 / rise) / width
    across = np.linspace(0, 1, 9)
    for side, sign in ((RIGHT, -1), (LEFT, 1)):
        phase = subject.wobble[side - RIGHT, 0, 1]  # differs from lung to lung
        y0 = (z / subject.lung_height_mm - FRONT) / (BACK - FRONT) * 2 - 1
        bow = BOW_MM * np.cos(phase) * 4 * across * (1 - across)
        y = (y0 + 0.08 * np.sin(phase)) * subject.half_depth_mm + bow - 10 * across
        points = np.column_stack([sign * (14 + across * subject.half_width_mm), y])
        pixels = np.round(subject.grid.to_pixels(points) * (1 << SHIFT)).astype(np.int32)
        thickness = max(1, round(width / subject.spacing_mm))
        cv2.polylines(canvas, [pixels], False, 255 * share, thickness, cv2.LINE_AA, SHIFT)
