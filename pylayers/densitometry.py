"""Densitometry: what the field computes from lung voxels alone."""

import numpy as np

# Voxels below -950 HU count as emphysema (Gevenois et al. 1996, doi:10.1164/ajrccm.154.1.8680679).
EMPHYSEMA_HU = -950


def laa950(hu: np.ndarray, mask: np.ndarray) -> float:
    """Return LAA-950, the percentage of lung voxels below -950 HU.

    hu: (z, y, x) HU; mask: bool of the same shape, at least one voxel set.
    """
    lung = hu[mask]
    return 100.0 * np.count_nonzero(lung < EMPHYSEMA_HU) / lung.size


def volume_l(mask: np.ndarray, spacing_mm) -> float:
    """Return the volume of a mask in litres; spacing_mm: (z, y, x)."""
    return float(np.count_nonzero(mask) * np.prod(spacing_mm) / 1e6)
