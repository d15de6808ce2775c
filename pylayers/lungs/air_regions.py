"""Air regions: air in the body in parts that walls of tissue divide."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pylayers.lungs.air_map import AirMap
from pylayers.lungs.connected import Connected, boxes_of, connected, grown
from pylayers.lungs.crop import Box
from pylayers.lungs.gas import GAS_HU, inside, is_gas

PART_ML = 1.0  # smaller ones go with their neighbour
TOUCH_ML = 0.1  # of a part, in contact with the airways; real lungs have 0.1 to 10
LUNG_SHARE = 0.1  # of the largest part: as large is a lung
# Share of a part below GAS_HU. In ten real chests bowel beside the lungs had .1 to .9, pieces of
# lung that fibrosis walls off 0, whole lungs 0 to .2.
GAS_SHARE = 0.05
GASSIER = 3.0  # times the lungs' own share, which emphysema raises


@dataclass(frozen=True, eq=False)
class Region:
    """One part of the air in the body.

    where, hu: which voxels of its box, and the HU of the box. spacing: (z, y, x) of a voxel in mm.
    touch_ml: what borders on airways. air: number of the air space that it belongs to before walls
    are looked for.
    """

    box: tuple[slice, slice, slice]
    where: np.ndarray
    hu: np.ndarray
    spacing: np.ndarray
    ml: float
    touch_ml: float
    air: int

    @cached_property
    def gas_share(self) -> float:
        """The share of it that is below GAS_HU."""
        return float(np.mean(self.hu[self.where] < GAS_HU))

    @cached_property
    def inside(self) -> np.ndarray:
        """The HU of its inside, 1D; empty where it is too thin to have one."""
        return inside(self.hu, self.where, self.spacing)

    @cached_property
    def _inside_is_gas(self) -> bool:
        return is_gas(self.inside)

    def is_gas(self, thin: bool = True) -> bool:
        """Return whether it holds gas; thin: the answer where it has no inside."""
        return self._inside_is_gas if self.inside.size else thin

    @property
    def centre(self) -> np.ndarray:
        """The middle of its box, (z, y, x)."""
        return np.array([(side.start + side.stop) / 2 for side in self.box])


def regions_of(air: AirMap, where: np.ndarray, wall_hu: int) -> list[Region]:
    """Return the parts into which walls denser than wall_hu divide air, the largest first.

    where: bool (z, y, x), the air on the coarse grid. The walls themselves go to the parts that
    they are between.
    """
    if not where.any():
        return []
    frame = Box.around(where).slices
    where, hu = where[frame], air.coarse[frame]
    near = grown(air.airways[frame])
    spaces = connected(where)
    parts = _parts(where, hu, wall_hu, PART_ML / air.voxel_ml, spaces)
    ml = np.bincount(parts.ravel()) * air.voxel_ml
    regions = []
    for label, box in enumerate(boxes_of(parts), 1):
        if ml[label] < PART_ML:
            continue
        part = parts[box] == label
        touch = np.count_nonzero(part & near[box]) * air.voxel_ml
        space = int(spaces.labels[box][part][0])
        at = tuple(
            slice(a.start + b.start, a.start + b.stop) for a, b in zip(frame, box, strict=True)
        )
        regions.append(Region(at, part, hu[box], air.spacing, float(ml[label]), touch, space))
    return sorted(regions, key=lambda region: -region.ml)


def _parts(
    where: np.ndarray, hu: np.ndarray, wall_hu: int, least: float, spaces: Connected
) -> np.ndarray:
    """Return the number of the part that each voxel belongs to.

    least: voxels of a part's core. spaces: the connected air, which are the parts where walls part
    nothing.
    """
    cores = connected(where & (hu < wall_hu))
    large = cores.voxels >= least
    large[0] = False
    if np.count_nonzero(large) < 2:
        return spaces.labels
    number = np.where(large, np.cumsum(large), 0).astype(np.int32)
    parts = _flooded(hu, number[cores.labels], spaces.labels)
    # without a core: consolidation, small pockets
    dense = connected(where & (parts == 0)).labels
    return np.where(dense > 0, dense + parts.max(), parts)


def _flooded(hu: np.ndarray, cores: np.ndarray, spaces: np.ndarray) -> np.ndarray:
    """Return the number of the core that floods each voxel, 0 where its space has none.

    A core that is alone in its space takes all of it; where several meet, a watershed parts them.
    """
    core = np.flatnonzero(cores)
    space, number = spaces.ravel()[core], cores.ravel()[core]
    low, high = (np.zeros(spaces.max() + 1, np.int32) for _ in range(2))
    low[:] = number.max() + 1
    np.minimum.at(low, space, number)
    np.maximum.at(high, space, number)
    alone = np.where(low == high, high, 0)
    parts = alone[spaces]
    shared = high > low
    if shared.any():
        from skimage.segmentation import watershed  # slow to import, rarely needed

        shared = shared[spaces]
        box = Box.around(shared).slices
        inside = shared[box]
        parts[box] += watershed(hu[box], np.where(inside, cores[box], 0), mask=inside)
    return parts


def largest_of(regions: list[Region]) -> list[Region]:
    """Return the regions that are as large as a lung beside the largest one, which is first."""
    return [region for region in regions if region.ml >= LUNG_SHARE * regions[0].ml]


def most_gas(lungs: list[Region]) -> float:
    """Return the share of gas above which a region beside these lungs is none of theirs."""
    total = sum(region.ml for region in lungs)
    return max(GAS_SHARE, GASSIER * sum(region.gas_share * region.ml for region in lungs) / total)


def contact_of(region: Region, lungs: np.ndarray) -> float:
    """Return the share of a region's surface that borders on the lungs around it."""
    low = [max(0, side.start - 1) for side in region.box]
    around = lungs[tuple(slice(a, side.stop + 1) for a, side in zip(low, region.box, strict=True))]
    part = np.zeros_like(around)
    start = [side.start - a for a, side in zip(low, region.box, strict=True)]
    part[tuple(slice(a, a + n) for a, n in zip(start, region.where.shape, strict=True))] = (
        region.where
    )
    shell = grown(part) & ~part
    return float(np.mean(around[shell])) if shell.any() else 0.0
