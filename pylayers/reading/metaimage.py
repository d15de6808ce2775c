"""MetaImage headers: .mhd with .raw or .zraw beside it, and .mha."""

import re
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
    "MET_CHAR": "i1",
    "MET_UCHAR": "u1",
    "MET_SHORT": "i2",
    "MET_USHORT": "u2",
    "MET_INT": "i4",
    "MET_UINT": "u4",
    "MET_LONG": "i4",
    "MET_ULONG": "u4",
    "MET_LONG_LONG": "i8",
    "MET_ULONG_LONG": "u8",
    "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}
LAST_KEY = "ElementDataFile"  # what follows its line are voxels


def is_metaimage(start: bytes) -> bool:
    """Return whether a file begins as a MetaImage."""
    return re.match(rb"(\xef\xbb\xbf)?\s*[A-Za-z]+\s*=", start) is not None and b"NDims" in start


def read_metaimage(path: Path) -> Header:
    """Read and check the header of a .mhd or .mha."""
    name = path.name
    fields, end = read_fields(path)
    field = partial(field_of, name, fields)
    (axes,) = integers(name, "NDims", field("NDims"), 1)
    (channels,) = integers(
        name, "ElementNumberOfChannels", field("ElementNumberOfChannels", default="1"), 1
    )
    if axes != 3 or channels != 1:
        raise ScanRefused(
            "not-3d",
            f"{name} has {axes} dimensions and {channels} values a voxel; a CT has 3 and 1",
        )
    kind = field("ElementType")
    if kind not in TYPES:
        raise unreadable(name, f"ElementType {shortened(kind)} is no number")
    if not true(field("BinaryData", default="True")):
        raise unreadable(name, "its voxels are text; save it with binary data")
    big = true(field("BinaryDataByteOrderMSB", "ElementByteOrderMSB", default="False"))
    dtype = np.dtype((">" if big else "<") + TYPES[kind])

    file = field(LAST_KEY)
    if is_pattern(file):
        raise unreadable(name, "its voxels are spread over several files; save it as one .mha")
    local = file.upper() == "LOCAL"
    header = Header(
        name=name,
        shape=integers(name, "DimSize", field("DimSize"), 3),
        dtype=dtype,
        spacing_mm=numbers(
            name, "ElementSpacing", field("ElementSpacing", "ElementSize", default="1 1 1"), 3
        ),
        origin_mm=numbers(
            name, "Offset", field("Offset", "Position", "Origin", default="0 0 0"), 3
        ),
        # each axis' direction in turn
        direction=np.array(
            numbers(
                name,
                "TransformMatrix",
                field("TransformMatrix", "Rotation", "Orientation", default="1 0 0 0 1 0 0 0 1"),
                9,
            )
        )
        .reshape(3, 3)
        .T,
        body=path if local else beside(path, file),
        offset=end if local else 0,
        compression="zlib" if true(field("CompressedData", default="False")) else "none",
    )
    (extra,) = integers(name, "HeaderSize", field("HeaderSize", default="0"), 1)
    if local or extra == 0:
        return checked(header)
    if extra == -1:  # the voxels are the file's end
        extra = max(0, header.body.stat().st_size - checked(header).nbytes)
    return checked(replace(header, offset=max(0, extra)))


def read_fields(path: Path) -> tuple[dict[str, str], int]:
    """Return the header's fields and the byte after it."""
    with path.open("rb") as file:
        start = file.read(MAX_HEADER_BYTES)
    fields, position = {}, 0
    while position < len(start):
        end = start.find(b"\n", position)
        end = len(start) if end < 0 else end
        line = start[position:end].decode("latin-1").strip()
        position = end + 1
        key, equals, value = (part.strip() for part in line.partition("="))
        if not equals:  # blank, or the rest of a text of several lines
            continue
        key = key.removeprefix("\xef\xbb\xbf")  # UTF-8's mark
        if fields.get(key, value) != value:
            raise unreadable(path.name, f"the header gives {shortened(key)} twice")
        fields[key] = value
        if key == LAST_KEY:
            if not value:
                break
            return fields, position
    raise unreadable(path.name, f"the header does not end with {LAST_KEY}")


def true(text: str) -> bool:
    """Return what a header's True or False means."""
    return text[:1] in "Tt1"
