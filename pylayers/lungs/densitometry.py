"""Densitometry: what the field computes from lung voxels alone."""

from collections.abc import Sequence

import numpy as np

from pylayers.reading.histogram import LOWEST, histogram

# Voxels below -950 HU count as emphysema (Gevenois et al. 1996, doi:10.1164/ajrccm.154.1.8680679).
EMPHYSEMA_HU = -950


def laa950(lung: np.ndarray) -> float:
    """Return LAA-950, the percentage of lung voxels below -950 HU.

    lung: their HU, at least one.
    """
    return 100.0 * np.count_nonzero(lung < EMPHYSEMA_HU) / lung.size


def perc15(lung: np.ndarray) -> float:
    """Return Perc15 in HU: 15 % of the lung's voxels are less dense; plus 1000 it is g/l.

    lung: the HU of the lung voxels, int16, at least one. As numpy's percentile, from a histogram,
    which is faster. Parr et al. 2008, doi:10.1186/1465-9921-9-21.
    """
    up_to = np.cumsum(histogram(lung))
    rank = 0.15 * (lung.size - 1)
    ranks = int(rank), min(int(rank) + 1, lung.size - 1)
    return float(np.quantile(np.searchsorted(up_to, ranks, "right") + LOWEST, rank - ranks[0]))


def volume_l(mask: np.ndarray, spacing_mm: Sequence[float]) -> float:
    """Return the volume of a mask in litres; spacing_mm: (z, y, x)."""
    return float(np.count_nonzero(mask) * np.prod(spacing_mm) / 1e6)
