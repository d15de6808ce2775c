"""Orientation: stored axes to (z, y, x) in LPS by permuting and flipping, never by resampling."""

from itertools import permutations
from typing import NamedTuple

import numpy as np

# Formats keep geometry with other precisions; what is rounded so is the same in all of them.
SPACING_DECIMALS = 6
ORIGIN_DECIMALS = 3


class Placed(NamedTuple):
    """voxels: (z, y, x), a view; spacing_mm: (z, y, x); origin_mm: LPS (z, y, x) of voxel 0."""

    voxels: np.ndarray
    spacing_mm: tuple[float, float, float]
    origin_mm: tuple[float, float, float]


def to_lps(
    stored: np.ndarray,
    spacing_mm: tuple[float, float, float],
    origin_mm: tuple[float, float, float],
    direction: np.ndarray,
) -> Placed:
    """Return stored voxels, slowest axis first, along the nearest LPS axes.

    spacing_mm: per stored axis, fastest first; origin_mm: LPS (x, y, z) of the first voxel;
    direction: columns are the stored axes in LPS, fastest first.
    """
    world = nearest_axes(direction)
    fastest_first = stored.transpose(2, 1, 0)
    origin = np.array(origin_mm, float)
    for axis in range(3):
        stored_axis = world[axis]
        if direction[axis, stored_axis] < 0:
            origin += (
                direction[:, stored_axis]
                * spacing_mm[stored_axis]
                * (fastest_first.shape[stored_axis] - 1)
            )
            fastest_first = np.flip(fastest_first, stored_axis)
    voxels = fastest_first.transpose(world[::-1])
    return Placed(
        voxels,
        tuple(round(float(spacing_mm[axis]), SPACING_DECIMALS) for axis in world[::-1]),
        tuple(round(float(value), ORIGIN_DECIMALS) for value in origin[::-1]),
    )


def nearest_axes(direction: np.ndarray) -> np.ndarray:
    """Return, for x, y and z of LPS in turn, the stored axis that runs nearest to it."""
    cosines = np.abs(direction)
    return np.array(max(permutations(range(3)), key=lambda axes: cosines[range(3), axes].sum()))
