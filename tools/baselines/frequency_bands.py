"""Kernel normalisation: a scan split into frequency bands whose energies are set to a reference's.

Hierarchical unsharp masking of Gallardo-Estrella et al. (2016), European Radiology 26:478-486, doi
10.1007/s00330-015-3824-y: F_i = G(s_(i-1)) * I - G(s_i) * I with Gaussians G in the axial plane, in
which kernels act, and what is left, G(s_n) * I, as the last.
"""

import cv2
import numpy as np

from pylayers.lungs.crop import LungCrop

SIGMAS_MM = (1.0, 2.0, 4.0, 8.0)  # s_1 to s_n; s_0 = 0 is the scan itself
SAMPLED = 50_000  # lung voxels kept of a scan: LAA-950 of 10 % is then known within 0.13 points
SOFTEST_SHARE = 0.25  # of the training scans that the reference is averaged over


def band_values(hu: np.ndarray, lungs: np.ndarray, pixel_mm: tuple[float, float]) -> np.ndarray:
    """Return the bands of the lung voxels in HU, float32 (voxels, bands); their sum is the HU.

    hu: (z, y, x). lungs: bool of that shape. pixel_mm: (y, x). The last band is the base.
    """
    values = np.empty((np.count_nonzero(lungs), len(SIGMAS_MM) + 1), np.float32)
    start = 0
    for plane, inside in zip(hu, lungs, strict=True):
        before, end = plane.astype(np.float32), start + np.count_nonzero(inside)
        for band, sigma in enumerate(SIGMAS_MM):
            after = blurred(plane, sigma, pixel_mm)
            values[start:end, band] = (before - after)[inside]
            before = after
        values[start:end, -1] = before[inside]
        start = end
    return values


def blurred(plane: np.ndarray, sigma_mm: float, pixel_mm: tuple[float, float]) -> np.ndarray:
    """Return a plane (y, x) blurred by a Gaussian, float32; its edge values go on outside."""
    sigma_y, sigma_x = (sigma_mm / mm for mm in pixel_mm)
    return cv2.GaussianBlur(
        plane.astype(np.float32), (0, 0), sigma_x, sigmaY=sigma_y, borderType=cv2.BORDER_REPLICATE
    )


def energies(bands: np.ndarray) -> np.ndarray:
    """Return the energy of each band but the base, (bands - 1,): its standard deviation in HU."""
    return bands[:, :-1].std(axis=0, dtype=float)


def soft_reference(of_scans: np.ndarray) -> np.ndarray:
    """Return the reference energies, (bands - 1,): the mean of the softest scans.

    of_scans: energies of the training scans, (n, bands - 1). Softest are those with the least
    energy in the finest band, where kernels and noise differ most; names of kernels are not needed.
    """
    order = np.argsort(of_scans[:, 0], kind="stable")
    return of_scans[order[: max(1, round(SOFTEST_SHARE * len(order)))]].mean(axis=0)


def normalised(bands: np.ndarray, own: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return HU, (voxels,), in which each band has the reference's energy.

    bands: (voxels, bands). own, reference: energies, (bands - 1,). A band without energy stays so.
    """
    gain = np.divide(reference, own, out=np.ones_like(own), where=own > 0)
    return bands[:, :-1] @ gain.astype(np.float32) + bands[:, -1]


def band_features(crop: LungCrop) -> dict[str, np.ndarray]:
    """Return a crop's energies, of all lung voxels, and the bands of regularly sampled ones.

    energies: (bands - 1,). bands: float16 (at most SAMPLED, bands).
    """
    bands = band_values(crop.hu, crop.lungs, crop.spacing_mm[1:])
    step = -(-len(bands) // SAMPLED)
    return {"energies": energies(bands), "bands": bands[::step].astype(np.float16)}
