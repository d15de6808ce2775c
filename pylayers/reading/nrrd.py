"""NRRD headers: .nrrd, and .nhdr with its voxels beside it; nrrd_geometry says how they lie.

The format: https://teem.sourceforge.net/nrrd/format.html. pynrrd's reader of headers (1.1.3) does
not fit: it drops what is not ASCII (a unit of µm becomes m, a file gets another name), fails on
lists of files, and reads a line of any length into memory.
"""

import re
import sys
from functools import partial
from pathlib import Path

import numpy as np

from pylayers.errors import ScanRefused
from pylayers.reading.detached import files_named
from pylayers.reading.fields import Field, field_of, integers, set_field, shortened, unreadable
from pylayers.reading.header import AT_THE_END, MAX_HEADER_BYTES, Header, checked
from pylayers.reading.nrrd_geometry import geometry_of, space_axes

TYPES = {
    **dict.fromkeys(("signed char", "int8", "int8_t"), "i1"),
    **dict.fromkeys(("uchar", "unsigned char", "uint8", "uint8_t"), "u1"),
    **dict.fromkeys(("short", "short int", "signed short", "signed short int"), "i2"),
    **dict.fromkeys(("int16", "int16_t"), "i2"),
    **dict.fromkeys(("ushort", "unsigned short", "unsigned short int"), "u2"),
    **dict.fromkeys(("uint16", "uint16_t"), "u2"),
    **dict.fromkeys(("int", "signed int", "int32", "int32_t"), "i4"),
    **dict.fromkeys(("uint", "unsigned int", "uint32", "uint32_t"), "u4"),
    **dict.fromkeys(("longlong", "long long", "long long int"), "i8"),
    **dict.fromkeys(("signed long long", "signed long long int", "int64", "int64_t"), "i8"),
    **dict.fromkeys(("ulonglong", "unsigned long long", "unsigned long long int"), "u8"),
    **dict.fromkeys(("uint64", "uint64_t"), "u8"),
    "float": "f4",
    "double": "f8",
}
ENCODINGS = {"raw": "none", "gzip": "gzip", "gz": "gzip", "bzip2": "bzip2", "bz2": "bzip2"}
TEXT = {"text": "decimal", "txt": "decimal", "ascii": "decimal", "hex": "hexadecimal"}
# The format's other spellings of a field.
SPELLINGS = {
    "datafile": "data file",
    "lineskip": "line skip",
    "byteskip": "byte skip",
    "centerings": "centers",
    "axismins": "axis mins",
    "axismaxs": "axis maxs",
    "blocksize": "block size",
    "oldmin": "old min",
    "oldmax": "old max",
    "sampleunits": "sample units",
}


def is_nrrd(start: bytes) -> bool:
    """Return whether a file begins as an NRRD."""
    return re.match(rb"NRRD00(0|\.0)\d", start) is not None


def read_nrrd(path: Path) -> Header:
    """Read and check the header of a .nrrd or .nhdr."""
    name = path.name
    fields, end, listed = read_fields(path)
    field = partial(field_of, name, fields)
    (axes,) = integers(name, "dimension", field("dimension"), 1)
    text = field("sizes")
    if axes < 3 or len(text.split()) != axes:
        raise ScanRefused(
            "not-3d",
            f"{name} has {axes} dimensions and sizes of {shortened(text)}; a CT has 3 dimensions",
        )
    all_sizes = integers(name, "sizes", text, axes)
    kept = space_axes(name, field, all_sizes)
    geometry = geometry_of(name, field, axes, kept)

    compression = compression_of(name, field)
    file = field("data file", default="")
    body, *others = files_named(path, file, listed, all_sizes) if file else [path]
    offset, skip = skips_of(name, field, compression, body, 0 if file else end)
    return checked(
        Header(
            name=name,
            shape=tuple(all_sizes[axis] for axis in kept),
            dtype=dtype_of(name, field),
            spacing_mm=geometry.spacing_mm,
            origin_mm=geometry.origin_mm,
            direction=geometry.direction,
            body=body,
            others=tuple(others),
            offset=offset,
            compression=compression,
            skip=skip,
            warnings=geometry.warnings,
        )
    )


def dtype_of(name: str, field: Field) -> np.dtype:
    """Return the type of the stored voxels."""
    kind = field("type").lower()
    if kind not in TYPES:
        raise unreadable(name, f"type {shortened(kind)} is not a numeric type")
    dtype = np.dtype(TYPES[kind])
    if dtype.itemsize == 1:
        return dtype
    endian = field("endian", default=sys.byteorder).lower()
    if endian not in ("little", "big"):
        raise unreadable(name, f"endian {shortened(endian)} is neither little nor big")
    return dtype.newbyteorder("<" if endian == "little" else ">")


def compression_of(name: str, field: Field) -> str:
    """Return how the voxels are compressed; ScanRefused when they are not binary."""
    encoding = field("encoding").lower()
    if encoding in TEXT:
        raise unreadable(
            name,
            f"its voxels are written as {TEXT[encoding]} text (encoding {encoding}); "
            "save it with encoding raw or gzip",
        )
    if encoding not in ENCODINGS:
        raise unreadable(
            name, f"encoding {shortened(encoding)} is not known; save it with raw or gzip"
        )
    return ENCODINGS[encoding]


def skips_of(name: str, field: Field, compression: str, body: Path, start: int) -> tuple[int, int]:
    """Return the byte at which a file's stream begins, and how many plain bytes are skipped.

    Lines are skipped in the file as it is, bytes after decompression.
    """
    (lines,) = integers(name, "line skip", field("line skip", default="0"), 1)
    (skip,) = integers(name, "byte skip", field("byte skip", default="0"), 1)
    if lines < 0 or skip < -1 or (skip == -1 and compression != "none"):
        raise unreadable(name, f"line skip {lines} and byte skip {skip} make no sense")
    if skip == -1:
        return AT_THE_END, 0
    if lines:
        with body.open("rb") as file:
            file.seek(start)
            text = file.read(MAX_HEADER_BYTES)
        found = [match.end() for match in re.finditer(rb"\n", text)]
        if lines > len(found):
            raise unreadable(name, f"the file of its voxels has fewer than {lines} lines to skip")
        start += found[lines - 1]
    return (start + skip, 0) if compression == "none" else (start, skip)


def read_fields(path: Path) -> tuple[dict[str, str], int, list[str]]:
    """Return the header's fields by their usual names, the byte after it, and listed files."""
    with path.open("rb") as file:
        start = file.read(MAX_HEADER_BYTES)
    match = re.search(rb"\r?\n\r?\n", start)
    if match is None and len(start) == MAX_HEADER_BYTES:
        raise unreadable(path.name, "its header has no end")
    fields = {}
    head = start[: match.start() if match else None]
    for found in re.finditer(rb"[^\r\n]+", head):
        line = found[0].decode("latin-1")
        # the magic, comments, and keys of the user's own
        if found.start() == 0 or line.startswith("#") or ":=" in line:
            continue
        key, colon, value = (part.strip() for part in line.partition(":"))
        if not colon:
            raise unreadable(path.name, f"the header's line {shortened(line)!r} is not understood")
        key = SPELLINGS.get(key.lower(), key.lower())
        set_field(path.name, fields, key, value)
        if key == "data file" and value.split()[:1] == ["LIST"]:  # the last field; files follow
            return fields, len(start), start[found.end() :].decode("latin-1").split("\n")
    return fields, match.end() if match else len(start), []
