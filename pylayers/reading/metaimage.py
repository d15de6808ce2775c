"""MetaImage headers: .mhd with .raw or .zraw beside it, and .mha."""

import re
from functools import partial
from pathlib import Path

import numpy as np

from pylayers.errors import ScanRefused
from pylayers.reading.detached import files_named
from pylayers.reading.fields import (
    Field,
    field_of,
    integers,
    numbers,
    set_field,
    shortened,
    unreadable,
)
from pylayers.reading.header import (
    AT_THE_END,
    MAX_HEADER_BYTES,
    Header,
    check_one_volume,
    checked,
    no_spacing,
)
from pylayers.reading.tilt import Geometry
from pylayers.reading.units import mm_of

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
MOST_AXES = 10  # as MetaIO
LAST_KEY = "ElementDataFile"  # what follows its line are voxels


def is_metaimage(start: bytes) -> bool:
    """Return whether a file begins as a MetaImage."""
    is_text = re.match(rb"(\xef\xbb\xbf)?\s*[A-Za-z]+\s*=", start) is not None
    return is_text and any(key in start for key in (b"NDims", b"DimSize", b"ElementType"))


def read_metaimage(path: Path) -> Header:
    """Read and check the header of a .mhd or .mha."""
    name = path.name
    fields, end, listed = read_fields(path)
    field = partial(field_of, name, fields)
    all_sizes = sizes_of(name, field)
    kind = field("ElementType")
    if kind not in TYPES:
        raise unreadable(name, f"ElementType {shortened(kind)} is not a numeric type")
    if not true(field("BinaryData", default="True")):
        raise unreadable(name, "its voxels are text; save it with binary data")
    big = true(field("BinaryDataByteOrderMSB", "ElementByteOrderMSB", default="False"))
    dtype = np.dtype((">" if big else "<") + TYPES[kind])

    file = field(LAST_KEY)
    local = file.upper() == "LOCAL"
    body, *others = [path] if local else files_named(path, file, listed, all_sizes)
    (skip,) = integers(name, "HeaderSize", field("HeaderSize", default="0"), 1)
    offset = end if local else AT_THE_END if skip == -1 else max(0, skip)
    spacing, origin, direction, notes = geometry_of(name, field, len(all_sizes))
    slope, intercept, scaled = scale_of(name, field)
    return checked(
        Header(
            name=name,
            shape=all_sizes[:3],
            dtype=dtype,
            spacing_mm=spacing,
            origin_mm=origin,
            direction=direction,
            body=body,
            others=tuple(others),
            offset=offset,
            compression="zlib" if true(field("CompressedData", default="False")) else "none",
            slope=slope,
            intercept=intercept,
            warnings=(*notes, *scaled),
        )
    )


def sizes_of(name: str, field: Field) -> tuple[int, ...]:
    """Return the sizes of all axes, of which those after the third are 1; ScanRefused (not-3d)."""
    (axes,) = integers(name, "NDims", field("NDims"), 1)
    (channels,) = integers(
        name, "ElementNumberOfChannels", field("ElementNumberOfChannels", default="1"), 1
    )
    text = field("DimSize")
    if channels != 1 or axes < 3 or axes > MOST_AXES or len(text.split()) != axes:
        raise ScanRefused(
            "not-3d",
            f"{name} has {axes} dimensions, sizes of {shortened(text)} and {channels} values a "
            "voxel; a CT has 3 dimensions and 1 value",
        )
    found = integers(name, "DimSize", text, axes)
    check_one_volume(name, found[3:])
    return found


def geometry_of(name: str, field: Field, axes: int) -> Geometry:
    """Return how the volume lies, and notes on what the header does not say of it.

    Raises ScanRefused (geometry) when it does not say how large a voxel is.
    """
    keys, notes = ("ElementSpacing", "ElementSize"), []
    if not field(*keys, default=""):
        raise no_spacing(name, keys[0])
    if not field(keys[0], default=""):  # taken as spacing, as MetaIO and ITK do
        notes.append(
            f"{name} states the size of its voxels (ElementSize), not their distance "
            "(ElementSpacing); slices are taken to follow each other without gap or overlap"
        )
    unit = mm_of(name, "DistanceUnits", field("DistanceUnits", default=""))
    spacing = numbers(name, keys[0], field(*keys), axes)[:3]

    keys, identity = ("TransformMatrix", "Rotation", "Orientation"), np.eye(axes)
    if field(*keys, default=""):
        matrix = np.reshape(numbers(name, keys[0], field(*keys), axes * axes), (axes, axes))
    else:
        matrix = identity
        # RAI: from right, anterior and inferior, which is what no matrix means
        if field("AnatomicalOrientation", default="") != "RAI":
            notes.append(
                f"{name} does not say how it lies (no TransformMatrix); "
                "its axes are taken to run left, back, head"
            )
    keys = ("Offset", "Position", "Origin", "ImagePosition")
    origin = (0.0,) * axes
    if field(*keys, default=""):
        origin = numbers(name, keys[0], field(*keys), axes)
    else:
        notes.append(
            f"{name} does not say where it begins (no Offset); "
            "positions are counted from its first voxel"
        )
    return Geometry(
        tuple(unit * value for value in spacing),
        tuple(unit * value for value in origin[:3]),
        matrix[:3, :3].T,  # the file gives each axis' direction in turn
        tuple(notes),
    )


def scale_of(name: str, field: Field) -> tuple[float, float, tuple[str, ...]]:
    """Return slope and intercept to HU, and a note when the header gives them."""
    slope, intercept = (
        numbers(name, key, field(key, default=default), 1)[0]
        for key, default in (
            ("ElementToIntensityFunctionSlope", "1"),
            ("ElementToIntensityFunctionOffset", "0"),
        )
    )
    if (slope, intercept) == (1, 0):
        return slope, intercept, ()
    note = f"the header of {name} scales its voxels: HU = {slope:g} * voxel + {intercept:g}"
    return slope, intercept, (note,)


def read_fields(path: Path) -> tuple[dict[str, str], int, list[str]]:
    """Return the header's fields, the byte after it, and the lines that follow it as a list."""
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
        set_field(path.name, fields, key, value)
        if key == LAST_KEY:
            if not value:
                break
            is_list = value.split()[0] == "LIST"
            listed = start[position:].decode("latin-1").split("\n") if is_list else []
            return fields, position, listed
    raise unreadable(path.name, f"the header does not end with {LAST_KEY}")


def true(text: str) -> bool:
    """Return what a header's True or False means."""
    return text[:1] in "Tt1"
