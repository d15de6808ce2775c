"""NIfTI headers: .nii and .nii.gz, version 1 and 2. nibabel knows the fields."""

import logging
import zlib
from pathlib import Path

import numpy as np
from nibabel import Nifti1Header, Nifti2Header

from pylayers.errors import ScanRefused
from pylayers.reading.header import Header, checked, unreadable

MAGICS = (b"n+1\0", b"n+2\0\r\n\032\n")
TO_LPS = np.array([-1.0, -1.0, 1.0])  # NIfTI's world is RAS
MM = {1: 1000.0, 2: 1.0, 3: 0.001}  # metre, millimetre, micrometre
SCANNER = 1  # code of a transform to the scanner's own frame
GZIP = b"\x1f\x8b"
START_BYTES = 1 << 12  # enough to know a format by, gzipped or not
HEADER_BYTES = (348, 540)  # of version 1 and 2

logging.getLogger("nibabel").setLevel(logging.CRITICAL)  # refusals say what is wrong


def unzipped_start(start: bytes) -> bytes:
    """Return the first plain bytes of a file that may be gzipped; b"" when they are damaged."""
    if not start.startswith(GZIP):
        return start
    try:
        return zlib.decompressobj(31).decompress(start, HEADER_BYTES[1])
    except zlib.error:
        return b""


def is_nifti(start: bytes) -> bool:
    """Return whether a file, gzipped or not, begins as a NIfTI."""
    plain = unzipped_start(start)
    return plain[344:348] == MAGICS[0] or plain[4:12] == MAGICS[1]


def read_nifti(path: Path) -> Header:
    """Read and check the header of a .nii or .nii.gz."""
    name = path.name
    with path.open("rb") as file:
        start = file.read(START_BYTES)
    gzipped = start.startswith(GZIP)
    plain = unzipped_start(start)
    second = plain[4:12] == MAGICS[1]
    try:
        kind = Nifti2Header if second else Nifti1Header
        header = kind(plain[: HEADER_BYTES[second]], check=True)
        shape = header.get_data_shape()
        dtype = header.get_data_dtype()
        slope, intercept = header.get_slope_inter()
        offset = int(header.get_data_offset())
        affine, notes = affine_of(header, name)
    except Exception as error:  # whatever nibabel makes of hostile bytes
        raise unreadable(name, f"its header is no NIfTI ({type(error).__name__})") from None
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) != 3 or dtype.kind not in "iuf" or dtype.itemsize > 8:
        raise ScanRefused(
            "not-3d",
            f"{name} has {len(shape)} dimensions of type {dtype}; a CT has 3, one number a voxel",
        )
    if not np.isfinite(affine).all():
        raise ScanRefused("geometry", f"the axes of {name} are no numbers")
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    if not is_placed(header):
        spacing = np.diag(affine)[:3]  # the header's sizes, which may be impossible
    return checked(
        Header(
            name=name,
            shape=tuple(int(n) for n in shape),
            dtype=dtype,
            spacing_mm=tuple(spacing.tolist()),
            origin_mm=tuple((TO_LPS * affine[:3, 3]).tolist()),
            direction=TO_LPS[:, None] * affine[:3, :3] / np.where(spacing > 0, spacing, 1),
            body=path,
            offset=0 if gzipped else offset,
            compression="gzip" if gzipped else "none",
            skip=offset if gzipped else 0,
            slope=1.0 if slope is None else float(slope),
            intercept=0.0 if intercept is None else float(intercept),
            warnings=notes,
        )
    )


def is_placed(header) -> bool:
    """Return whether a header says how its axes lie."""
    return bool(header["sform_code"] > 0 or header["qform_code"] > 0)


def affine_of(header, name: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the map from voxel index to RAS in mm, (4, 4), and warnings.

    Of two maps the one to the scanner's frame is taken, as ITK does: the other may lead to a
    template.
    """
    notes = ()
    sform, qform = header["sform_code"], header["qform_code"]
    if not is_placed(header):  # the standard's method 1
        affine = np.diag([*(float(size) for size in header["pixdim"][1:4]), 1.0])
        notes = (f"{name} does not say how it lies; its axes are taken to run right, front, head",)
    else:
        taken = "sform" if sform == SCANNER or qform <= 0 else "qform"
        affine = header.get_sform() if taken == "sform" else header.get_qform()
        if sform > 0 and qform > 0:
            both = header.get_sform()[:3, :3], header.get_qform()[:3, :3]
            apart = np.abs(np.subtract(*both)).max()
            if apart > 0.01 * np.abs(both[0]).max():
                notes = (f"sform and qform of {name} disagree; {taken} is taken",)
    unit = MM.get(int(header["xyzt_units"]) & 7, 1.0)
    return np.diag([unit, unit, unit, 1.0]) @ np.array(affine, float), notes
