"""Writes scans with headers in text, field by field, as no library writes them."""

from pathlib import Path

import numpy as np
from formats import ORIGIN_MM, SHAPE, SPACING_MM, lps_voxels

X, Y, Z = SPACING_MM[::-1]
SIZES = " ".join(map(str, SHAPE[::-1]))
DIRECTIONS = f"({X},0,0) (0,{Y},0) (0,0,{Z})"
ORIGIN = "({},{},{})".format(*ORIGIN_MM[::-1])
META = {
    "ObjectType": "Image",
    "NDims": 3,
    "BinaryData": True,
    "BinaryDataByteOrderMSB": False,
    "TransformMatrix": "1 0 0 0 1 0 0 0 1",
    "Offset": "{} {} {}".format(*ORIGIN_MM[::-1]),
    "ElementSpacing": f"{X} {Y} {Z}",
    "DimSize": SIZES,
    "ElementType": "MET_SHORT",
}
NRRD = {
    "type": "short",
    "dimension": 3,
    "space": "left-posterior-superior",
    "sizes": SIZES,
    "space directions": DIRECTIONS,
    "space origin": ORIGIN,
    "endian": "little",
    "encoding": "raw",
}


def merged(usual: dict, changes: dict) -> dict:
    """Return fields with changes, of which None takes a field away."""
    fields = {**usual, **changes}
    return {key: value for key, value in fields.items() if value is not None}


def meta(path: Path, body: bytes | None = None, data="LOCAL", tail=b"", **changes) -> Path:
    """Write lps_voxels as a MetaImage; data: ElementDataFile; tail: what follows its line."""
    body = lps_voxels().tobytes() if body is None else body
    lines = [f"{key} = {value}\n" for key, value in merged(META, changes).items()]
    text = "".join([*lines, f"ElementDataFile = {data}\n"]).encode()
    path.write_bytes(text + (body if data == "LOCAL" else b"") + tail)
    return path


def nrrd(path: Path, body: bytes | None = None, data=None, tail=b"", **changes) -> Path:
    """Write lps_voxels as an NRRD; data: data file; spaces in fields are written _ here."""
    body = lps_voxels().tobytes() if body is None else body
    changes = {key.replace("_", " "): value for key, value in changes.items()}
    lines = ["NRRD0005\n", *(f"{k}: {v}\n" for k, v in merged(NRRD, changes).items())]
    if data is not None:
        path.write_bytes("".join([*lines, f"data file: {data}\n"]).encode() + tail)
    else:
        path.write_bytes("".join([*lines, "\n"]).encode() + body + tail)
    return path


def slices(folder: Path, name="s{:03d}.raw", first=1, pack=bytes) -> list[str]:
    """Write each slice of lps_voxels into a file of its own; return their names."""
    names = []
    for number, plane in enumerate(lps_voxels(), first):
        names.append(name.format(number))
        (folder / names[-1]).write_bytes(pack(np.ascontiguousarray(plane).tobytes()))
    return names
