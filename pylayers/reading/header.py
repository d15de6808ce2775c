"""Header: what a file says of its voxels, the same for every format, and its first checks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pylayers.errors import ScanRefused
from pylayers.reading.fields import unreadable
from pylayers.reading.tilt import MAX_SHEAR, Geometry, as_they_lie

MAX_HEADER_BYTES = 1 << 20  # some keep the names of a hundred segments there
MAX_VOXELS = 1 << 31  # the longest chests of photon counting have 1024 x 1024 x 1650
MAX_SPACING_MM = 50.0  # twice any slice distance in use
MIN_SPACING_MM = 0.05  # finer than any clinical scanner
AT_THE_END = -1  # offset of voxels that are the last bytes of their file


@dataclass(frozen=True)
class Header:
    """One volume on disk.

    shape: voxels along the stored axes, fastest first. dtype: as stored, with its byte order.
    spacing_mm, direction: per stored axis; direction's columns are the axes in LPS. origin_mm:
    LPS of the first voxel. body: file that holds the voxels, from byte `offset` on; others: files
    after it, each with an equal share of them and as it is. compression: none, zlib, gzip or
    bzip2; `skip` bytes of the plain stream come before the voxels. HU = slope * voxel + intercept.
    """

    name: str
    shape: tuple[int, int, int]
    dtype: np.dtype
    spacing_mm: tuple[float, float, float]
    origin_mm: tuple[float, float, float]
    direction: np.ndarray
    body: Path
    others: tuple[Path, ...] = ()
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

    def parts(self) -> list["Header"]:
        """Return a header for the share of each file."""
        if not self.others:
            return [self]
        files = (self.body, *self.others)
        x, y, z = self.shape
        whole = z % len(files) == 0  # slices, or else rows
        share = (x, y, z // len(files)) if whole else (x, y * z // len(files), 1)
        return [
            replace(self, name=f"file {n} of {self.name}", shape=share, body=file, others=())
            for n, file in enumerate(files, 1)
        ]


def checked(header: Header) -> Header:
    """Return a header whose size and geometry are possible, else raise ScanRefused.

    Slices that lean are taken as a tilted gantry's, with a warning.
    """
    if min(header.shape) < 1:
        raise unreadable(header.name, f"sizes of {sizes(header.shape)}")
    if header.count > MAX_VOXELS:
        raise ScanRefused(
            "too-large",
            f"{header.name} claims {sizes(header.shape)} voxels; at most {MAX_VOXELS:,} are read. "
            "Score a reconstruction with a smaller matrix or thicker slices",
        )
    stated = Geometry(header.spacing_mm, header.origin_mm, header.direction, header.warnings)
    header = replace(header, **as_they_lie(stated, header.shape)._asdict())
    check_geometry(header.name, header.spacing_mm, header.origin_mm, header.direction)
    if not (np.isfinite([header.slope, header.intercept]).all() and header.slope):
        raise unreadable(
            header.name, f"HU = {header.slope:g} * voxel + {header.intercept:g} is not a scale"
        )
    return header


def check_geometry(
    name: str,
    spacing_mm: tuple[float, float, float],
    origin_mm: tuple[float, float, float],
    direction: np.ndarray,
) -> None:
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
    lengths = np.linalg.norm(direction, axis=0)
    if not np.allclose(lengths, 1, atol=MAX_SHEAR / 2):
        raise ScanRefused(
            "geometry",
            f"the directions of {name} have lengths of {' '.join(f'{v:.4g}' for v in lengths)}; "
            "each must be 1",
        )
    if not np.allclose(direction.T @ direction, np.eye(3), atol=MAX_SHEAR):
        raise ScanRefused(
            "geometry",
            f"the axes of {name} are not at right angles; resample it, or score its DICOM series",
        )


def check_one_volume(name: str, more_axes: Sequence[int]) -> None:
    """Raise ScanRefused (not-3d) unless the axes beside the three of space have a size of 1."""
    volumes = int(np.prod(more_axes, dtype=object))
    if volumes < 1:
        raise unreadable(name, f"further sizes of {sizes(more_axes)}")
    if volumes > 1:
        raise ScanRefused(
            "not-3d", f"{name} holds {volumes} volumes; save the one to score in a file of its own"
        )


def no_spacing(name: str, field: str) -> ScanRefused:
    """Return the refusal of a header that does not say how large a voxel is."""
    return ScanRefused(
        "geometry",
        f"{name} does not say how large its voxels are (no {field}); "
        "add it in mm, or convert the scan again",
    )


def sizes(shape: Iterable[int]) -> str:
    """Return a shape as text: 512 x 512 x 300."""
    return " x ".join(str(n) for n in shape)
