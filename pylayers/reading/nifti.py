"""NIfTI headers: .nii and .nii.gz, version 1 and 2. nibabel knows the fields."""

import io
import logging
import zlib
from pathlib import Path

import numpy as np
from nibabel import Nifti1Header, Nifti2Header

from pylayers.errors import ScanRefused
from pylayers.reading.header import Header, checked, unreadable

SIZES = {348: Nifti1Header, 540: Nifti2Header}
MAGICS = (b"n+1\0", b"n+2\0\r\n\032\n")
TO_LPS = np.array([-1.0, -1.0, 1.0])  # NIfTI's world is RAS
MM = {"mm": 1.0, "unknown": 1.0, "meter": 1000.0, "micron": 0.001}
GZIP = b"\x1f\x8b"
START_BYTES = 600  # more than any header, and enough to know a format by

logging.getLogger("nibabel").setLevel(logging.CRITICAL)  # refusals say what is wrong


def unzipped_start(start: bytes) -> bytes:
    """Return the first plain bytes of a file that may be gzipped; b"" when they are damaged."""
    if not start.startswith(GZIP):
        return start
    try:
        return zlib.decompressobj(31).decompress(start, START_BYTES)
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
        start = file.read(1 << 16)
    gzipped = start.startswith(GZIP)
    plain = unzipped_start(start)
    kind = Nifti2Header if plain[4:12] == MAGICS[1] else Nifti1Header
    try:
        header = kind.from_fileobj(io.BytesIO(plain), check=True)
        shape = header.get_data_shape()
        dtype = header.get_data_dtype()
        slope, intercept = header.get_slope_inter()
        affine = np.array(header.get_best_affine(), float)
        offset = int(header.get_data_offset())
        unit = header.get_xyzt_units()[0]
    except Exception as error:  # whatever nibabel makes of hostile bytes
        raise unreadable(name, f"its header is no NIfTI ({type(error).__name__})") from None
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) != 3 or dtype.kind not in "iuf" or dtype.itemsize > 8:
        raise ScanRefused(
            "not-3d",
            f"{name} has {len(shape)} dimensions of type {dtype}; a CT has 3, one number a voxel",
        )
    if unit not in MM:
        raise ScanRefused("geometry", f"{name} gives its voxels in {unit}")

    placed = bool(header["sform_code"] > 0 or header["qform_code"] > 0)
    if not placed:  # the standard's method 1: axes run right, front, head
        affine = np.diag([*(float(v) for v in header["pixdim"][1:4]), 1.0])
    matrix = affine[:3, :3] * MM[unit]
    if not np.isfinite(affine).all():
        raise ScanRefused("geometry", f"the axes of {name} are no numbers")
    spacing = np.linalg.norm(matrix, axis=0) if placed else np.diag(matrix)
    return checked(
        Header(
            name=name,
            shape=tuple(int(n) for n in shape),
            dtype=dtype,
            spacing_mm=tuple(spacing.tolist()),
            origin_mm=tuple((TO_LPS * affine[:3, 3] * MM[unit]).tolist()),
            direction=TO_LPS[:, None] * (matrix / np.where(spacing > 0, spacing, 1)),
            body=path,
            offset=0 if gzipped else offset,
            compression="gzip" if gzipped else "none",
            skip=offset if gzipped else 0,
            slope=1.0 if slope is None else float(slope),
            intercept=0.0 if intercept is None else float(intercept),
            warnings=()
            if placed
            else (
                f"{name} does not say how it lies; its axes are taken to run right, front, head",
            ),
        )
    )
