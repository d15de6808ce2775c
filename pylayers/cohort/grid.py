"""Grid: what is known of a stored crop's voxels, without HDF5, which is slow to import."""

from typing import NamedTuple


class Grid(NamedTuple):
    """A stored crop's voxels. version: of the preprocessing. shape, spacing_mm: (z, y, x).

    sha256: of the voxels when they were stored. views: names of those whose planes are stored, too.
    """

    version: int
    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    sha256: str = ""
    views: tuple[str, ...] = ()
