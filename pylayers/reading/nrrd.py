"""NRRD headers: .nrrd, and .nhdr with its voxels beside it.

The format: https://teem.sourceforge.net/nrrd/format.html
"""

import re
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from pylayers.errors import ScanRefused
from pylayers.reading.header import (
    MAX_HEADER_BYTES,
    Header,
    beside,
    checked,
    field_of,
    integers,
    is_pattern,
    numbers,
    shortened,
    unreadable,
)

TYPES = {
    **dict.fromkeys(("signed char", "int8", "int8_t"), "i1"),
    **dict.fromkeys(("uchar", "unsigned char", "uint8", "uint8_t"), "u1"),
    **dict.fromkeys(("short", "short int", "signed short", "signed short int"), "i2"),
    **dict.fromkeys(("int16", "int16_t"), "i2"),
    **dict.fromkeys(("ushort", "unsigned short", "unsigned short int"), "u2"),
    **dict.fromkeys(("uint16", "uint16_t"), "u2"),
    **dict.fromkeys(("int", "signed int", "int32", "int32_t"), "i4"),
    **dict.fromkeys(("uint", "unsigned int", "uint32", "uint32_t"), "u4"),
    **dict.fromkeys(("longlong", "long long", "int64", "int64_t"), "i8"),
    **dict.fromkeys(("ulonglong", "unsigned long long", "uint64", "uint64_t"), "u8"),
    "float": "f4",
    "double": "f8",
}
ENCODINGS = {"raw": "none", "gzip": "gzip", "gz": "gzip", "bzip2": "bzip2", "bz2": "bzip2"}
# Signs that bring a space's axes to LPS; files without a space are taken as LPS.
SPACES = {
    "left-posterior-superior": (1, 1, 1),
    "right-anterior-superior": (-1, -1, 1),
    "left-anterior-superior": (1, -1, 1),
}
SPACES |= {"".join(w[0] for w in name.split("-")): signs for name, signs in SPACES.items()}


def is_nrrd(start: bytes) -> bool:
    """Return whether a file begins as an NRRD."""
    return start.startswith(b"NRRD000")


def read_nrrd(path: Path) -> Header:
    """Read and check the header of a .nrrd or .nhdr."""
    name = path.name
    fields, end = read_fields(path)
    field = partial(field_of, name, fields)
    (axes,) = integers(name, "dimension", field("dimension"), 1)
    if axes != 3:
        raise ScanRefused("not-3d", f"{name} has {axes} dimensions; a CT has 3")
    kind = field("type").lower()
    if kind not in TYPES:
        raise unreadable(name, f"type {shortened(kind)} is no number")
    dtype = np.dtype(TYPES[kind])
    if dtype.itemsize > 1:
        endian = field("endian", default=sys.byteorder).lower()
        if endian not in ("little", "big"):
            raise unreadable(name, f"endian {shortened(endian)} is neither little nor big")
        dtype = dtype.newbyteorder("<" if endian == "little" else ">")
    encoding = field("encoding").lower()
    if encoding not in ENCODINGS:
        raise unreadable(name, f"encoding {shortened(encoding)}; save it as raw or gzip")

    spacing, direction, warnings = axes_of(name, field)
    file = field("data file", "datafile", default="")
    if is_pattern(file):
        raise unreadable(name, "its voxels are spread over several files; save it as one .nrrd")
    header = Header(
        name=name,
        shape=integers(name, "sizes", field("sizes"), 3),
        dtype=dtype,
        spacing_mm=spacing,
        origin_mm=origin_of(name, field),
        direction=direction,
        body=beside(path, file) if file else path,
        offset=0 if file else end,
        compression=ENCODINGS[encoding],
        warnings=warnings,
    )
    (lines,) = integers(name, "line skip", field("line skip", "lineskip", default="0"), 1)
    (skip,) = integers(name, "byte skip", field("byte skip", "byteskip", default="0"), 1)
    if lines or skip < -1 or (skip and header.compression != "none"):
        raise unreadable(name, "lines or bytes to skip before its voxels; save it without")
    if skip == -1:  # the voxels are the file's end
        skip = max(0, header.body.stat().st_size - header.offset - checked(header).nbytes)
    return checked(replace(header, offset=header.offset + skip))


def axes_of(name: str, field) -> tuple[tuple, np.ndarray, tuple[str, ...]]:
    """Return spacing (mm), direction (LPS columns) and warnings."""
    text = field("space directions", default="")
    if not text:
        spacing = numbers(name, "spacings", field("spacings"), 3)
        note = f"{name} does not say how it lies; its axes are taken to run left, back, head"
        return spacing, np.eye(3), (note,)
    if "none" in text:
        raise ScanRefused("not-3d", f"{name} has an axis without direction; a CT has 3 in space")
    vectors = np.array([vector(name, part) for part in re.findall(r"\([^()]*\)", text)])
    if vectors.shape != (3, 3):
        raise unreadable(name, f"space directions {shortened(text)!r} are not 3 vectors")
    spacing = np.linalg.norm(vectors, axis=1)
    unit = vectors / np.where(spacing > 0, spacing, 1)[:, None]
    return tuple(spacing.tolist()), signs(name, field)[:, None] * unit.T, ()


def origin_of(name: str, field) -> tuple[float, ...]:
    """Return the LPS of the first voxel, mm."""
    text = field("space origin", default="")
    return tuple((signs(name, field) * vector(name, text)).tolist()) if text else (0.0, 0.0, 0.0)


def signs(name: str, field) -> np.ndarray:
    """Return the signs that bring the header's space to LPS."""
    space = field("space", default="left-posterior-superior").lower()
    if space not in SPACES:
        raise unreadable(name, f"space {shortened(space)} is not one of {', '.join(SPACES)}")
    return np.array(SPACES[space], float)


def vector(name: str, text: str) -> tuple[float, ...]:
    """Return the three numbers of `(x,y,z)`."""
    return numbers(name, "vector", text.strip().strip("()").replace(",", " "), 3)


def read_fields(path: Path) -> tuple[dict[str, str], int]:
    """Return the header's fields, names in lower case, and the byte after it."""
    with path.open("rb") as file:
        start = file.read(MAX_HEADER_BYTES)
    match = re.search(rb"\r?\n\r?\n", start)
    if match is None and len(start) == MAX_HEADER_BYTES:
        raise unreadable(path.name, "its header has no end")
    fields = {}
    text = start[: match.start() if match else None].decode("latin-1")
    for line in re.split(r"\r?\n", text)[1:]:  # Latin-1 text may hold more that splits
        if not line or line.startswith("#") or ":=" in line:  # comments, and keys of the user's own
            continue
        key, colon, value = (part.strip() for part in line.partition(":"))
        if not colon or key.lower() in fields:
            raise unreadable(path.name, f"the header's line {shortened(line)!r} is not understood")
        fields[key.lower()] = value
    return fields, match.end() if match else len(start)
