"""Stack: which slices, how they are augmented, and how they become the network's input."""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

# Every run records it: raise it when the same crop and augmentation make another stack.
STACK_VERSION = 3

SIDE = 512  # pixels of the network's input (paper, Table 1)
FILL_HU = -1000  # air: what lies outside the crop

# The input window keeps lung texture and trains stably at the paper's learning rate. The paper does
# not give one; wider windows did not learn, narrower ones diverged.
WINDOW_LOW_HU, WINDOW_HIGH_HU = -1050, -750
WINDOW_CENTRE_HU, WINDOW_SCALE_HU = -900.0, 200.0

MAX_ANGLE_DEG = 45.0  # paper, section 3: "per slice rotation by +-45 deg, sampled uniformly"
TEST_OFFSET = 0.5  # the middle of the offsets that training draws

cv2.setNumThreads(1)  # workers and Caffe own the cores; results do not depend on threads


@dataclass(frozen=True)
class Augmentation:
    """How one scan's stack is augmented.

    offset: start within the first of the equal parts of the lungs, [0, 1). mirror: left-right,
    the whole stack. angles_deg: one rotation per slice, counter-clockwise, (slices,).
    """

    offset: float
    mirror: bool
    angles_deg: np.ndarray


def draw_augmentation(
    rng: "np.random.Generator",
    slices: int,
    mirrored: bool = True,
    max_angle_deg: float = MAX_ANGLE_DEG,
) -> Augmentation:
    """Draw one scan's augmentation (paper, section 3).

    mirrored: whether half of the stacks are. max_angle_deg: of a rotation, to either side.
    """
    offset = rng.random()
    mirror = bool(rng.integers(2)) and mirrored
    return Augmentation(offset, mirror, rng.uniform(-max_angle_deg, max_angle_deg, slices))


def no_augmentation(slices: int) -> Augmentation:
    """Return what TEST and scoring use: the middle offset, nothing mirrored or rotated."""
    return Augmentation(TEST_OFFSET, False, np.zeros(slices))


def slice_indices(n: int, slices: int, offset: float) -> np.ndarray:
    """Return the regularly spaced slices of n, int (slices,): floor((offset + i) * n / slices)."""
    indices = np.floor((offset + np.arange(slices)) * n / slices).astype(int)
    return np.minimum(indices, n - 1)  # an offset just below 1 may be rounded up to it


def fitted(rows: int, columns: int) -> tuple[int, int]:
    """Return the rows and columns of a plane in SIDE x SIDE: a larger one is scaled down to fit."""
    scale = min(1.0, SIDE / max(rows, columns))
    return max(1, round(rows * scale)), max(1, round(columns * scale))


def place(plane: np.ndarray) -> np.ndarray:
    """Centre an int16 HU plane in SIDE x SIDE of air; a larger one is scaled down to fit first."""
    rows, columns = fitted(*plane.shape)
    if (rows, columns) != plane.shape:
        plane = cv2.resize(
            np.ascontiguousarray(plane), (columns, rows), interpolation=cv2.INTER_AREA
        )
    placed = np.full((SIDE, SIDE), FILL_HU, np.int16)
    top, left = (SIDE - rows) // 2, (SIDE - columns) // 2
    placed[top : top + rows, left : left + columns] = plane
    return placed


def rotate(plane: np.ndarray, angle_deg: float, out: np.ndarray) -> None:
    """Rotate a placed plane counter-clockwise about its centre, nearest neighbour, air outside.

    Written into `out`, float32 (SIDE, SIDE). Interpolation would smooth: bilinear takes a third of
    the noise of a CT in a sharp kernel away, and with it 14 % below -950 HU become 8 %. Scans are
    scored as they are, so a network would learn from less noise than it then sees.
    """
    centre = ((SIDE - 1) / 2, (SIDE - 1) / 2)
    turn = cv2.getRotationMatrix2D(centre, float(angle_deg), 1.0)
    cv2.warpAffine(
        plane.astype(np.float32),
        turn,
        (SIDE, SIDE),
        dst=out,
        flags=cv2.INTER_NEAREST,
        borderValue=FILL_HU,
    )


def window(hu: np.ndarray, out: np.ndarray) -> None:
    """Write HU as network input, float32 in [-0.75, 0.75], into `out` of the same shape."""
    np.clip(hu, WINDOW_LOW_HU, WINDOW_HIGH_HU, out=out, casting="unsafe")
    out -= WINDOW_CENTRE_HU
    out /= WINDOW_SCALE_HU


def fill_stack(planes: Iterable[np.ndarray], augmentation: Augmentation, out: np.ndarray) -> None:
    """Write int16 HU planes (h, w) as one scan's input: `out`, float32 (slices, 1, SIDE, SIDE)."""
    for plane, angle, target in zip(planes, augmentation.angles_deg, out, strict=True):
        placed = place(plane[:, ::-1] if augmentation.mirror else plane)
        if angle == 0.0:
            window(placed, target[0])
        else:
            rotate(placed, angle, target[0])
            window(target[0], target[0])


def scoring_stack(hu: np.ndarray, indices: np.ndarray) -> np.ndarray:
    """Return the input for scoring slices of a crop (n, h, w), float32 (slices, 1, SIDE, SIDE)."""
    out = np.empty((len(indices), 1, SIDE, SIDE), np.float32)
    fill_stack(hu[indices], no_augmentation(len(indices)), out)
    return out
