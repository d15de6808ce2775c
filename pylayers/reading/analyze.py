"""Analyze 7.5 headers: a .hdr of 348 bytes with its .img, each gzipped or not.

nibabel knows the fields, SPM's scale among them. One byte, which many writers leave at 0, states
the orientation; it is used, with a warning.
"""

import struct
from pathlib import Path

import numpy as np

from pylayers.reading.fields import unreadable
from pylayers.reading.header import Header, checked, no_spacing
from pylayers.reading.nifti import check_voxels, magic_of
from pylayers.reading.pairs import START_BYTES, body_from, unzipped_start, voxels_beside
from pylayers.reading.units import mm_of

HEADER_BYTES = 348
ORIENT_AT = 252
# Where the axes of the format's six orientations run: left, posterior, superior or their opposites.
ORIENTATIONS = ("LAS", "LSA", "ASL", "LPS", "LIA", "AIL")
WAYS = {
    **{"L": (1, 0, 0), "R": (-1, 0, 0), "P": (0, 1, 0)},
    **{"A": (0, -1, 0), "S": (0, 0, 1), "I": (0, 0, -1)},
}
WAY_NAMES = {"L": "left", "R": "right", "P": "back", "A": "front", "S": "head", "I": "feet"}


def is_analyze(start: bytes) -> bool:
    """Return whether a file, gzipped or not, begins as an Analyze header."""
    plain = unzipped_start(start)
    if len(plain) < HEADER_BYTES or magic_of(plain):
        return False
    sizes, axes = ([struct.unpack_from(order + code, plain, at)[0] for order in "<>"]
                   for code, at in (("i", 0), ("h", 40)))  # fmt: skip
    return any(
        size == HEADER_BYTES and 1 <= count <= 7 for size, count in zip(sizes, axes, strict=True)
    )


def read_analyze(path: Path) -> Header:
    """Read and check the header of an Analyze .hdr."""
    from nibabel.spm99analyze import Spm99AnalyzeHeader  # slow to import

    name = path.name
    with path.open("rb") as file:
        plain = unzipped_start(file.read(START_BYTES))[:HEADER_BYTES]
    try:
        header = Spm99AnalyzeHeader(plain, check=False)
        shape = header.get_data_shape()
        dtype = header.get_data_dtype()
        pixdim = np.abs(np.array(header["pixdim"][1:4], float))
        slope, _ = header.get_slope_inter()
        offset = max(0, int(header["vox_offset"]))
        unit = bytes(header["vox_units"]).split(b"\0")[0].decode("latin-1")
    except Exception as error:  # nibabel raises anything on hostile bytes
        raise unreadable(
            name, f"its Analyze header cannot be read ({type(error).__name__})"
        ) from None
    check_voxels(name, shape, dtype)
    if not pixdim.all():
        raise no_spacing(name, "pixdim")
    orient = plain[ORIENT_AT]
    ways = ORIENTATIONS[orient if orient < len(ORIENTATIONS) else 0]
    listed = ", ".join(WAY_NAMES[way] for way in ways)
    notes = [
        f"{name} is an Analyze file, whose orientation is not certain; "
        f"its axes are taken to run {listed}"
    ]
    slope = 1.0 if slope is None else float(slope)
    if slope != 1:
        notes.append(f"the header of {name} scales its voxels: HU = {slope:g} * voxel")
    return checked(
        Header(
            name=name,
            shape=tuple(int(n) for n in shape[:3]),
            dtype=dtype,
            spacing_mm=tuple((mm_of(name, "unit", unit) * pixdim).tolist()),
            origin_mm=(0.0, 0.0, 0.0),
            direction=np.array([WAYS[way] for way in ways], float).T,
            slope=slope,
            warnings=tuple(notes),
            **body_from(voxels_beside(path), offset)._asdict(),
        )
    )
