"""Crop: the box of the lungs cut out of a scan, as a cohort stores it and a net is fed from it."""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

# In every store and every score's version: raise it when a crop, or what is known of it, changes.
PREPROCESSING_VERSION = 4


class Box(NamedTuple):
    """Half-open bounds in voxels."""

    z0: int
    z1: int
    y0: int
    y1: int
    x0: int
    x1: int

    @classmethod
    def around(cls, mask: np.ndarray) -> Self:
        """Return the smallest box that holds every set voxel of a mask with at least one."""
        plane = mask.any(axis=0)
        bounds = []
        for hit in (mask.any(axis=(1, 2)), plane.any(axis=1), plane.any(axis=0)):
            hit = np.flatnonzero(hit)
            bounds += [int(hit[0]), int(hit[-1]) + 1]
        return cls(*bounds)

    @property
    def slices(self) -> tuple[slice, slice, slice]:
        """The index of a (z, y, x) volume that is the box."""
        return slice(self.z0, self.z1), slice(self.y0, self.y1), slice(self.x0, self.x1)

    def of(self, volume: np.ndarray) -> np.ndarray:
        """Return the part of a (z, y, x) volume inside the box, as a view."""
        return volume[self.slices]


@dataclass(frozen=True)
class LungCrop:
    """The bounding box of the lungs at the scan's own resolution (paper, section 3).

    hu: int16 (n, h, w), HU. spacing_mm: (z, y, x). bottom_mm: z of the crop's lowest slice.
    box: where it lies in the scan (LPS). lungs_l: lung volume in litres. laa950: percent of the
    lung below -950 HU. perc15_hu: 15th percentile of the lung's HU. mask_given: whether the mask
    came with the scan. series: UID of the DICOM series, else blank. warnings: what is unusual
    about the scan, one sentence each. lung_bits: which voxels are lung, as packed() keeps them;
    None in a crop from a store that was written before stores kept them. corner_mm: (y, x) of the
    crop's first row and column; None in a crop from a store, which does not keep it.
    """

    hu: np.ndarray
    spacing_mm: tuple[float, float, float]
    bottom_mm: float
    box: Box
    lungs_l: float
    laa950: float
    perc15_hu: float
    mask_given: bool
    series: str = ""
    warnings: tuple[str, ...] = ()
    lung_bits: np.ndarray | None = None
    corner_mm: tuple[float, float] | None = None

    @property
    def lungs(self) -> np.ndarray:
        """The lungs, bool of the crop's shape, unpacked anew; ValueError where there is no mask."""
        if self.lung_bits is None:
            raise ValueError("the crop has no lung mask")
        return np.unpackbits(self.lung_bits, axis=-1, count=self.hu.shape[-1]).view(bool)


def packed(mask: np.ndarray) -> np.ndarray:
    """Return a mask, bool (z, y, x), as uint8 (z, y, ceil(x / 8)): a bit for each voxel."""
    return np.packbits(mask, axis=-1)
