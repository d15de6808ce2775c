"""NIfTI headers, version 1 and 2: .nii, or .hdr with its .img, each gzipped or not.

nibabel knows the fields.
"""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pylayers.errors import ScanRefused
from pylayers.reading.fields import shortened, unreadable
from pylayers.reading.header import Header, check_one_volume, checked, no_spacing
from pylayers.reading.pairs import START_BYTES, body_from, unzipped_start, voxels_beside
from pylayers.reading.tilt import MAX_SHEAR, MOST_TILT_DEG

if TYPE_CHECKING:
    from nibabel.nifti1 import Nifti1Header

KINDS = {  # by magic: the header's class, its bytes, whether its voxels lie in another file
    b"n+1\0": ("Nifti1Header", 348, False),
    b"ni1\0": ("Nifti1PairHeader", 348, True),
    b"n+2\0": ("Nifti2Header", 540, False),
    b"ni2\0": ("Nifti2PairHeader", 540, True),
}
MAGIC_AT = {b"n+1\0": 344, b"ni1\0": 344, b"n+2\0": 4, b"ni2\0": 4}
TO_LPS = np.array([-1.0, -1.0, 1.0])  # NIfTI's world is RAS
MM = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}  # not stated, metre, millimetre, micrometre
SAME_SIZE = 0.01  # by which sizes of voxels may differ and count as equal
SCANNER = 1  # code of a transform to the scanner's own frame

logging.getLogger("nibabel").setLevel(logging.CRITICAL)  # refusals say what is wrong


def magic_of(plain: bytes) -> bytes | None:
    """Return the magic by which a header says which NIfTI it is, None when it is none."""
    return next((m for m, at in MAGIC_AT.items() if plain[at : at + len(m)] == m), None)


def is_nifti(start: bytes) -> bool:
    """Return whether a file, gzipped or not, begins as a NIfTI."""
    return magic_of(unzipped_start(start)) is not None


def read_nifti(path: Path) -> Header:
    """Read and check the header of a .nii, .nii.gz or .hdr."""
    # slow to import: only where a NIfTI is read
    from nibabel import nifti1, nifti2
    from nibabel.spatialimages import HeaderDataError

    name = path.name
    with path.open("rb") as file:
        plain = unzipped_start(file.read(START_BYTES))
    class_name, header_bytes, paired = KINDS[magic_of(plain)]
    kind = getattr(nifti1 if hasattr(nifti1, class_name) else nifti2, class_name)
    try:
        header = kind(plain[:header_bytes], check=True)
        pixdim = kind(plain[:header_bytes], check=False)["pixdim"][1:4]  # check makes 1 of a 0
        shape = header.get_data_shape()
        dtype = header.get_data_dtype()
        slope, intercept = header.get_slope_inter()
        offset = int(header.get_data_offset())
        placed = placed_by(header, pixdim)
        affine, notes = affine_of(header, pixdim, name)
        unit = int(header["xyzt_units"]) & 7
    except HeaderDataError as error:
        raise unreadable(name, f"its NIfTI header is wrong: {shortened(str(error))}") from None
    except Exception as error:  # nibabel raises anything on hostile bytes
        raise unreadable(
            name, f"its NIfTI header cannot be read ({type(error).__name__})"
        ) from None
    if placed != "sform" and not pixdim.all():
        raise no_spacing(name, "pixdim")
    if unit not in MM:
        raise ScanRefused("geometry", f"{name} states an unknown unit of length: code {unit}")
    affine = np.diag([MM[unit]] * 3 + [1.0]) @ affine
    check_voxels(name, shape, dtype)
    if not np.isfinite(affine).all():
        raise ScanRefused("geometry", f"the axes of {name} are not numbers")
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    if not placed:
        spacing = np.diag(affine)[:3]  # the header's sizes, which may be impossible
    return checked(
        Header(
            name=name,
            shape=tuple(int(n) for n in shape[:3]),
            dtype=dtype,
            spacing_mm=tuple(spacing.tolist()),
            origin_mm=tuple((TO_LPS * affine[:3, 3]).tolist()),
            direction=TO_LPS[:, None] * affine[:3, :3] / np.where(spacing > 0, spacing, 1),
            slope=1.0 if slope is None else float(slope),
            intercept=0.0 if intercept is None else float(intercept),
            warnings=notes,
            **body_from(voxels_beside(path) if paired else path, offset)._asdict(),
        )
    )


def check_voxels(name: str, shape: Sequence[int], dtype: np.dtype) -> None:
    """Raise ScanRefused (not-3d) unless sizes and type are of one volume of plain numbers."""
    if len(shape) < 3 or dtype.kind not in "iuf" or dtype.itemsize > 8:
        raise ScanRefused(
            "not-3d",
            f"{name} has {len(shape)} dimensions of type {dtype}; a CT has 3, one number a voxel",
        )
    check_one_volume(name, shape[3:])


def placed_by(header: "Nifti1Header", pixdim: np.ndarray) -> str:
    """Return which transform says how a volume lies: sform, qform, or a blank for none.

    Of two, the one to the scanner's frame is taken: the other may lead to a template. An sform that
    gives voxels another size than pixdim is not taken where there is a qform: dcm2niix wrote the
    slice thickness there (its issue 1018). ITK does the same.
    """
    sform, qform = header["sform_code"], header["qform_code"]
    if sform > 0 and (qform <= 0 or (sform == SCANNER and not resized(header, pixdim))):
        return "sform"
    return "qform" if qform > 0 else ""


def resized(header: "Nifti1Header", pixdim: np.ndarray) -> bool:
    """Return whether the sform gives voxels another size than pixdim, but for a tilt."""
    sform = header.get_sform()[:3, :3]
    lengths = np.linalg.norm(sform, axis=0)
    if not (pixdim.all() and lengths.all() and np.isfinite(lengths).all()):
        return False
    unit = sform / lengths
    sheared = np.abs(unit.T @ unit - np.eye(3)).max() > MAX_SHEAR
    return not sheared and bool(np.abs(lengths / np.abs(pixdim) - 1).max() > SAME_SIZE)


def affine_of(
    header: "Nifti1Header", pixdim: np.ndarray, name: str
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the map from voxel index to RAS in the header's unit, (4, 4), and warnings.

    pixdim: the size of voxels as stored.
    """
    taken = placed_by(header, pixdim)
    if not taken:  # the standard's method 1
        note = f"{name} does not say how it lies; its axes are taken to run right, front, head"
        return np.diag([*(float(size) for size in header["pixdim"][1:4]), 1.0]), (note,)
    affine = np.array(header.get_sform() if taken == "sform" else header.get_qform(), float)
    if header["sform_code"] > 0 and header["qform_code"] > 0 and disagree(header, taken):
        return affine, (f"sform and qform of {name} disagree; {taken} is taken",)
    if taken == "sform" and resized(header, pixdim):
        return affine, (f"sform and pixdim of {name} give voxels two sizes; sform is taken",)
    return affine, ()


def disagree(header: "Nifti1Header", taken: str) -> bool:
    """Return whether sform and qform differ by more than a tilt in the sform, which is taken.

    A qform cannot shear: of a tilted gantry it gives the nearest axes at right angles.
    """
    sform, qform = header.get_sform()[:3, :3], header.get_qform()[:3, :3]
    if not np.abs(sform - qform).max() > 0.01 * np.abs(sform).max():
        return False
    with np.errstate(all="ignore"):
        ours, theirs = (matrix / np.linalg.norm(matrix, axis=0) for matrix in (sform, qform))
        shears = np.abs(ours.T @ ours - np.eye(3)).max() > MAX_SHEAR
        near = np.min((ours * theirs).sum(axis=0)) > np.cos(np.radians(MOST_TILT_DEG))
    return not (taken == "sform" and shears and near)
