"""Header: what a file says of its voxels, the same for every format, and its first checks."""

import contextlib
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pylayers.errors import ScanRefused

MAX_HEADER_BYTES = 1 << 20  # some keep the names of a hundred segments there
MAX_VOXELS = 1 << 30  # 1024 x 1024 x 1024; the longest chest CTs have half of it
MAX_SPACING_MM = 50.0  # twice any slice distance in use
MIN_SPACING_MM = 0.05  # finer than any clinical scanner
MAX_SHEAR = 0.01  # cosine between axes that should be at right angles


@dataclass(frozen=True)
class Header:
    """One volume on disk.

    shape: voxels along the stored axes, fastest first. dtype: as stored, with its byte order.
    spacing_mm, direction: per stored axis; direction's columns are the axes in LPS. origin_mm:
    LPS of the first voxel. body: file that holds the voxels, from byte `offset` on; compression:
    none, zlib, gzip or bzip2; `skip` bytes of the plain stream come before the voxels. HU =
    slope * voxel + intercept.
    """

    name: str
    shape: tuple[int, int, int]
    dtype: np.dtype
    spacing_mm: tuple[float, float, float]
    origin_mm: tuple[float, float, float]
    direction: np.ndarray
    body: Path
    offset: int = 0
    compression: str = "none"
    skip: int = 0
    slope: float = 1.0
    intercept: float = 0.0
    warnings: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """Number of voxels."""
        return int(np.prod(self.shape, dtype=object))

    @property
    def nbytes(self) -> int:
        """Bytes of the voxels, uncompressed."""
        return self.count * self.dtype.itemsize


def unreadable(name: str, why: str) -> ScanRefused:
    """Return the refusal of a header that cannot be understood."""
    return ScanRefused("unreadable", f"{name}: {why}")


def checked(header: Header) -> Header:
    """Return a header whose size and geometry are possible, else raise ScanRefused."""
    if min(header.shape) < 1:
        raise unreadable(header.name, f"sizes of {sizes(header.shape)}")
    if header.count > MAX_VOXELS:
        raise ScanRefused(
            "too-large",
            f"{header.name} claims {sizes(header.shape)} voxels; at most {MAX_VOXELS:,} are read",
        )
    check_geometry(header.name, header.spacing_mm, header.origin_mm, header.direction)
    if not (np.isfinite([header.slope, header.intercept]).all() and header.slope):
        raise unreadable(
            header.name, f"HU = {header.slope:g} * voxel + {header.intercept:g} is no scale"
        )
    return header


def check_geometry(name: str, spacing_mm, origin_mm, direction: np.ndarray) -> None:
    """Raise ScanRefused (geometry) for spacings and axes that no scanner makes."""
    spacing = np.array(spacing_mm)
    if not np.all((spacing >= MIN_SPACING_MM) & (spacing <= MAX_SPACING_MM)):
        raise ScanRefused(
            "geometry",
            f"{name} has voxels of {' x '.join(f'{v:g}' for v in spacing_mm)} mm; "
            f"{MIN_SPACING_MM:g} to {MAX_SPACING_MM:g} are possible",
        )
    if not np.all(np.abs(origin_mm) < 1e5):  # scanner tables move metres, not 100 m
        raise ScanRefused("geometry", f"{name} begins at {tuple(origin_mm)} mm")
    if not np.allclose(direction.T @ direction, np.eye(3), atol=MAX_SHEAR):
        raise ScanRefused("geometry", f"the axes of {name} are not at right angles")


def sizes(shape) -> str:
    """Return a shape as people write it."""
    return " x ".join(str(n) for n in shape)


def beside(header_path: Path, name: str) -> Path:
    """Return the file that a header names; ScanRefused unless it lies in the header's folder."""
    folder = header_path.parent.resolve()
    with contextlib.suppress(UnicodeError):  # headers are read as Latin-1, file names are UTF-8
        name = name.encode("latin-1").decode("utf-8")
    try:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder):
            raise ScanRefused(
                "outside-folder",
                f"{header_path.name} names voxels outside its own folder; they are not read",
            )
        found = path.is_file()
    except (OSError, ValueError, RuntimeError):  # too long, a null byte, a loop of links
        found = False
    if not found:
        raise unreadable(header_path.name, f"its voxels, {shortened(name)}, are not beside it")
    return path


def is_pattern(name: str) -> bool:
    """Return whether a header names its voxels' files by a list or a numbered pattern."""
    return name.split()[:1] == ["LIST"] or re.search(r"%\d*d", name) is not None


def shortened(text: str, limit: int = 64) -> str:
    """Return what a header says, but not more of it than a UID is long."""
    return text if len(text) <= limit else text[:limit] + "..."


def field_of(name: str, fields: dict[str, str], *keys: str, default: str | None = None) -> str:
    """Return the first of a header's fields that is there; without a default one must be."""
    for key in keys:
        if key in fields:
            return fields[key]
    if default is None:
        raise unreadable(name, f"the header has no {keys[0]}")
    return default


def numbers(name: str, key: str, text: str, count: int) -> tuple[float, ...]:
    """Return the `count` finite numbers of a header's field, else raise ScanRefused."""
    try:
        values = tuple(float(part) for part in text.split())
    except ValueError:
        values = ()
    if len(values) != count or not np.isfinite(values).all():
        raise unreadable(name, f"{key} = {shortened(text)!r} is not {count} numbers")
    return values


def integers(name: str, key: str, text: str, count: int) -> tuple[int, ...]:
    """Return the `count` integers of a header's field, else raise ScanRefused."""
    values = numbers(name, key, text, count)
    if any(value != int(value) or abs(value) > 2**53 for value in values):
        raise unreadable(name, f"{key} = {shortened(text)!r} is not {count} whole numbers")
    return tuple(int(value) for value in values)
