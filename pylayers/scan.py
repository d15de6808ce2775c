"""Reading: any CT volume on disk to (z, y, x) HU in LPS.

The array's axes are (z, y, x) = (plane, row, column); x grows to the patient's left, y to the
back, z to the head (LPS). Other orientations of the header are brought there by flipping and
permuting axes, never by resampling.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from pylayers.errors import ScanRefused

# Below the CT scale lies only padding outside the reconstruction circle (-2048, -3024): air.
HU_MIN = -1024
HU_MAX = 3071  # 12 bits above HU_MIN, the common CT scale


@dataclass(frozen=True)
class Scan:
    """A CT volume.

    hu: int16 (z, y, x), HU. spacing_mm: (z, y, x). bottom_mm: z of the lowest slice in the
    scanner's frame.
    """

    hu: np.ndarray
    spacing_mm: tuple[float, float, float]
    bottom_mm: float


def read_scan(path) -> Scan:
    """Read a CT volume (.mhd, .mha, .nrrd, .nhdr, .nii, .nii.gz) as HU in LPS.

    Raises ScanRefused (not-found, unreadable, not-3d).
    """
    image = read_lps(path)
    hu = sitk.GetArrayViewFromImage(image)
    if hu.dtype.kind == "f":
        # some write NaN where nothing was reconstructed: padding, too
        hu = np.rint(np.nan_to_num(np.clip(hu, HU_MIN, HU_MAX), nan=HU_MIN))
    hu = np.clip(hu, HU_MIN, HU_MAX).astype(np.int16)
    x, y, z = image.GetSpacing()
    return Scan(hu, (z, y, x), image.GetOrigin()[2])


def read_labels(path, like: Scan) -> np.ndarray:
    """Read a label map on the grid of a scan: integers (z, y, x).

    Raises ScanRefused (mask-grid when its shape or spacing differs from the scan's).
    """
    image = read_lps(path)
    labels = sitk.GetArrayFromImage(image)
    if labels.shape != like.hu.shape:
        raise ScanRefused(
            "mask-grid",
            f"the lung mask {Path(path).name} has {labels.shape} voxels (z, y, x), "
            f"the scan {like.hu.shape}",
        )
    spacing = image.GetSpacing()[::-1]
    if not np.allclose(spacing, like.spacing_mm, rtol=0.01):
        raise ScanRefused(
            "mask-grid",
            f"the lung mask {Path(path).name} has voxels of {_mm(spacing)}, "
            f"the scan of {_mm(like.spacing_mm)}",
        )
    return labels if labels.dtype.kind in "iu" else np.rint(labels).astype(np.int32)


def read_lps(path) -> sitk.Image:
    """Read a three-dimensional image with its axes flipped and permuted to LPS."""
    path = Path(path)
    if not path.exists():
        raise ScanRefused("not-found", f"there is no {path.name}")
    if path.is_dir():
        raise ScanRefused("unreadable", f"{path.name} is a folder; a scan is one file")
    try:
        image = sitk.ReadImage(str(path))
    except RuntimeError as error:
        # folders may carry names of patients
        reason = _reason(error).replace(str(path), path.name)
        raise ScanRefused("unreadable", f"{path.name}: {reason}") from None
    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        raise ScanRefused(
            "not-3d",
            f"{path.name} has {image.GetDimension()} dimensions and "
            f"{image.GetNumberOfComponentsPerPixel()} values a voxel; a CT has 3 and 1",
        )
    return sitk.DICOMOrient(image, "LPS")


def _mm(spacing) -> str:
    return " x ".join(f"{value:.3g}" for value in spacing) + " mm"


def _reason(error: RuntimeError) -> str:
    """The last line of an ITK message, which is the one that says why."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"
