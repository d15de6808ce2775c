"""Leaks: stomach and bowel that joined the lungs' air through a diaphragm thinner than a voxel."""

from collections import Counter

import numpy as np

from pylayers.lungs.air_map import AirMap
from pylayers.lungs.air_regions import (
    GAS_SHARE,
    PART_ML,
    TOUCH_ML,
    contact_of,
    largest_of,
    most_gas,
    regions_of,
)
from pylayers.lungs.connected import boxes_of, connected, grown
from pylayers.lungs.crop import Box
from pylayers.lungs.gas import GAS_HU, inside

# Walls in slices of 5 to 10 mm of the two real scans whose stomach and colon joined the lungs.
LEAK_WALLS_HU = -700, -750, -800, -850
OPEN_SHARE = 0.3  # of a leak's surface; there it was 0.01 to 0.2, and no bulla fell apart so
SMALL_SHARE = 0.3  # of the largest part: a larger one may be a lung with a bulla


def remove_leaks(air: AirMap, lungs: np.ndarray) -> None:
    """Take stomach and bowel out of the lungs' air, bool of the coarse grid, in place."""
    if not lungs.any():
        return
    for wall_hu in LEAK_WALLS_HU if has_pool(air, lungs) else ():
        if not none_leaks(air, lungs, wall_hu):
            remove_parts(air, lungs, wall_hu)


def has_pool(air: AirMap, lungs: np.ndarray) -> bool:
    """Return whether gas lies together anywhere in the lungs' air, as in a leak."""
    box = Box.around(lungs).slices
    gas = connected(lungs[box] & (air.coarse[box] < GAS_HU))
    return gas.voxels.max() * air.voxel_ml >= PART_ML


def remove_parts(air: AirMap, lungs: np.ndarray, wall_hu: int) -> None:
    """Take out what lies behind a wall denser than wall_hu.

    A leak borders on lung with a small part of its surface; a bulla lies in lung.
    """
    regions = regions_of(air, lungs, wall_hu)
    hanging = [region for region in regions if region.touch_ml >= TOUCH_ML]
    most = most_gas(hanging or largest_of(regions))
    for region in regions:
        if region in hanging or not 0 < contact_of(region, lungs) < OPEN_SHARE:
            continue
        small = region.ml < SMALL_SHARE * regions[0].ml
        if (small and region.gas_share > most) or region.is_gas():
            lungs[region.box] &= ~region.where


def none_leaks(air: AirMap, lungs: np.ndarray, wall_hu: int) -> bool:
    """Return whether nothing behind walls denser than wall_hu can be a leak.

    Told by the cores alone, without the watershed: a part holds its core, so it touches the
    airways where that does, and is lung where that is. One that shares its space with no other
    borders on none.
    """
    box = Box.around(lungs).slices
    lungs, airways, hu = lungs[box], air.airways[box], air.coarse[box]
    labels, count = cores = connected(lungs & (hu < wall_hu))
    voxels = cores.voxels
    large = voxels * air.voxel_ml >= PART_ML
    touch = np.bincount(labels[grown(airways)], minlength=count + 1)
    loose = np.flatnonzero(large & (touch * air.voxel_ml < TOUCH_ML))
    if not loose.size:
        return True
    spaces, boxes = connected(lungs).labels, boxes_of(labels)
    where = {core: boxes[core - 1] for core in np.flatnonzero(large)}
    space = {core: spaces[at][labels[at] == core][0] for core, at in where.items()}
    in_space = Counter(space.values())
    gas = np.bincount(labels[hu < GAS_HU], minlength=count + 1)
    small_gas = gas[1:][~large[1:]].sum()
    pool = np.count_nonzero(inside(hu, lungs, air.spacing) < GAS_HU)
    return all(
        is_lung_core(
            hu[where[core]],
            labels[where[core]] == core,
            air.spacing,
            gas[core] + small_gas,
            pool,
        )
        for core in loose
        if in_space[space[core]] > 1
    )


def is_lung_core(
    hu: np.ndarray, core: np.ndarray, spacing: np.ndarray, gas: int, pool: int
) -> bool:
    """Return whether a part that holds this core is no leak, whatever else it holds.

    hu, core: of the core's box. gas: voxels of gas that the part can hold. pool: voxels that are
    gas without noise, inside all lungs. The part's share of gas is too small then, and of its
    inside, which lies in theirs and holds the core's, less than half is gas.
    """
    if len(core) < 3 or gas > GAS_SHARE * np.count_nonzero(core):
        return False
    return 2 * pool < inside(hu, core, spacing).size
