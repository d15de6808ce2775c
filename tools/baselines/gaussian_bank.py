"""The Gaussian filter bank of the texture methods, at chosen voxels of a scan.

Of Sørensen et al. (2012), "Texture-based analysis of COPD: a data-driven approach", IEEE
Transactions on Medical Imaging 31: rotation-invariant responses at several scales.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from scipy.ndimage import correlate1d, gaussian_filter1d

SCALES_MM = (1.2, 2.4, 4.8)
RESPONSES = (
    "smoothed",
    "gradient magnitude",
    "first eigenvalue",
    "second eigenvalue",
    "third eigenvalue",
    "sum of eigenvalues",
    "product of eigenvalues",
    "norm of eigenvalues",
)
# Derivatives of the orders 0, 1 and 2 of what is smoothed. A sampled derivative of a Gaussian that
# is narrower than a voxel, as between thick slices, would not be 0 of a constant.
DIFFERENCES = ((1.0,), (-0.5, 0.0, 0.5), (1.0, -2.0, 1.0))
# Orders of the derivatives along (z, y, x), by those in the plane, which are computed once.
ORDERS = {
    (0, 0): (0, 1, 2),
    (0, 1): (0, 1),
    (1, 0): (0, 1),
    (0, 2): (0,),
    (1, 1): (0,),
    (2, 0): (0,),
}


def bank_responses(hu: np.ndarray, spacing_mm: Sequence[float], voxels: np.ndarray) -> np.ndarray:
    """Return RESPONSES at each of SCALES_MM, float32 (voxels, 24), scale after scale.

    hu: (z, y, x). voxels: int (voxels, 3), their (z, y, x). Smoothed is in HU, the gradient in
    HU/mm, eigenvalues of the Hessian in HU/mm^2, the first the largest in size; of their product
    the cube root, which orders alike and fits small numbers. Where slices are further apart than
    a scale, its derivatives along z are the differences between slices.
    """
    parts = [invariants(derivatives(hu, spacing_mm, voxels, scale_mm)) for scale_mm in SCALES_MM]
    return np.concatenate(parts, axis=1)


def derivatives(
    hu: np.ndarray, spacing_mm: Sequence[float], voxels: np.ndarray, scale_mm: float
) -> dict[tuple[int, int, int], np.ndarray]:
    """Return Gaussian derivatives by their orders along (z, y, x), float32 (voxels,), per mm."""
    z, y, x = voxels.T
    sigmas = [scale_mm / mm for mm in spacing_mm]
    # what filtering does along z, as a matrix: a row for each slice
    smoothed = gaussian_filter1d(np.eye(len(hu)), sigmas[0], axis=0, mode="nearest")
    along_z = [correlate1d(smoothed, d, axis=0, mode="nearest") for d in DIFFERENCES]
    found = {}
    for (order_y, order_x), orders_z in ORDERS.items():
        kernels = (kernel(sigmas[2], order_x), kernel(sigmas[1], order_y))
        columns = np.empty((len(voxels), len(hu)), np.float32)
        for slice_number, plane in enumerate(hu):
            filtered = cv2.sepFilter2D(
                plane.astype(np.float32), cv2.CV_32F, *kernels, borderType=cv2.BORDER_REPLICATE
            )
            columns[:, slice_number] = filtered[y, x]
        for order_z in orders_z:
            orders = (order_z, order_y, order_x)
            unit = np.prod([mm**order for mm, order in zip(spacing_mm, orders, strict=True)])
            weights = along_z[order_z].astype(np.float32)[z]
            found[orders] = np.einsum("vs,vs->v", columns, weights) / np.float32(unit)
    return found


def kernel(sigma: float, order: int) -> np.ndarray:
    """Return a Gaussian's derivative to correlate with; sigma: in pixels, below as well as above 1.

    The Gaussian is what scipy's filter makes of an impulse.
    """
    radius = max(1, int(4 * sigma + 0.5))
    impulse = np.zeros(2 * radius + 1)
    impulse[radius] = 1
    return np.convolve(gaussian_filter1d(impulse, sigma, mode="constant"), DIFFERENCES[order])


def invariants(found: dict[tuple[int, int, int], np.ndarray]) -> np.ndarray:
    """Return RESPONSES, float32 (voxels, 8), of derivatives by their orders, (voxels,) each."""
    gradient = np.stack([found[orders] for orders in ((1, 0, 0), (0, 1, 0), (0, 0, 1))])
    second = [
        ((2, 0, 0), (1, 1, 0), (1, 0, 1)),
        ((1, 1, 0), (0, 2, 0), (0, 1, 1)),
        ((1, 0, 1), (0, 1, 1), (0, 0, 2)),
    ]
    hessian = np.stack(
        [np.stack([found[orders] for orders in row], axis=-1) for row in second], axis=-1
    )
    values = np.linalg.eigvalsh(hessian)
    order = np.argsort(-np.abs(values), axis=1, kind="stable")
    values = np.take_along_axis(values, order, axis=1)
    return np.column_stack(
        [
            found[0, 0, 0],
            np.linalg.norm(gradient, axis=0),
            values,
            values.sum(axis=1),
            np.cbrt(values.prod(axis=1)),
            np.linalg.norm(values, axis=1),
        ]
    )
