"""Pairs: a .hdr and the .img of its voxels, as Analyze and NIfTI have; each may be gzipped."""

import zlib
from pathlib import Path
from typing import NamedTuple

from pylayers.reading.detached import file_beside
from pylayers.reading.fields import unreadable

GZIP = b"\x1f\x8b"
START_BYTES = 1 << 12  # enough to recognise a format, gzipped or not
HEADER_BYTES = 540  # of NIfTI-2, the longest one
HEADERS, VOXELS = (".hdr", ".hdr.gz"), (".img", ".img.gz")


def unzipped_start(start: bytes) -> bytes:
    """Return the first plain bytes of a file that may be gzipped; b"" when they are damaged."""
    if not start.startswith(GZIP):
        return start
    try:
        return zlib.decompressobj(31).decompress(start, HEADER_BYTES)
    except zlib.error:
        return b""


def is_gzipped(path: Path) -> bool:
    """Return whether a file begins as gzip."""
    with path.open("rb") as file:
        return file.read(len(GZIP)) == GZIP


class Body(NamedTuple):
    """Where the voxels of a NIfTI or Analyze file lie; the fields are those of Header."""

    body: Path
    offset: int
    compression: str
    skip: int


def body_from(path: Path, offset: int) -> Body:
    """Return the body in a file, plain or gzipped; offset: of the voxels in the plain bytes."""
    if is_gzipped(path):
        return Body(path, 0, "gzip", offset)
    return Body(path, offset, "none", 0)


def partner(path: Path, own: tuple[str, ...], others: tuple[str, ...]) -> Path | None:
    """Return the file with the same name and another ending, None when there is none."""
    name = path.name
    ending = max((end for end in own if name.lower().endswith(end)), key=len, default="")
    stem = name[: len(name) - len(ending)]
    endings = [spelt for end in others for spelt in (end, end.upper())]
    files = (file_beside(path, stem + end) for end in endings)
    return next((file for file in files if file is not None), None)


def voxels_beside(path: Path) -> Path:
    """Return the .img that belongs to a .hdr; ScanRefused when there is none in its folder."""
    body = partner(path, HEADERS, VOXELS)
    if body is None:
        raise unreadable(path.name, "its voxels, an .img of the same name, are not beside it")
    return body


def header_beside(path: Path) -> Path:
    """Return the .hdr that belongs to an .img; any other path, or one without, as it is."""
    if not path.name.lower().endswith(VOXELS):
        return path
    header = partner(path, VOXELS, HEADERS)
    return path if header is None else path.with_name(header.name)
