"""Scan: any CT on disk as (z, y, x) HU in LPS, the same whatever its format; or a refusal.

The array's axes are (z, y, x) = (plane, row, column); x grows to the patient's left, y to the
back, z to the head (LPS). Other orientations of the header are brought there by flipping and
permuting axes, never by resampling.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pylayers.errors import ScanRefused, is_machine_failure, machine_error
from pylayers.reading.acceptance import check_numbers
from pylayers.reading.analyze import is_analyze, read_analyze
from pylayers.reading.dicom_input import dicom_of
from pylayers.reading.fields import unreadable
from pylayers.reading.header import Header
from pylayers.reading.hounsfield import Piece, to_hu
from pylayers.reading.metaimage import is_metaimage, read_metaimage
from pylayers.reading.nifti import is_nifti, read_nifti
from pylayers.reading.nrrd import is_nrrd, read_nrrd
from pylayers.reading.orientation import to_lps
from pylayers.reading.padding import to_scale
from pylayers.reading.pairs import START_BYTES, header_beside
from pylayers.reading.voxel_bytes import pieces, read_labels_of

FORMATS = (
    (is_metaimage, read_metaimage),
    (is_nrrd, read_nrrd),
    (is_nifti, read_nifti),
    (is_analyze, read_analyze),
)
# Endings of headers that may name other files, or whose other half may be given.
MAY_LEAD_ON = (".mhd", ".mha", ".nhdr", ".nrrd", ".hdr", ".hdr.gz", ".img", ".img.gz")
BODIES = (".raw", ".zraw", ".raw.gz", ".img", ".img.gz")
KNOWN = (
    ".mhd, .mha, .nrrd, .nhdr, .nii, .nii.gz, .hdr with .img, a DICOM folder or a .zip or .tar.gz "
    "of one"
)


@dataclass(frozen=True)
class Scan:
    """A CT volume.

    hu: int16 (z, y, x), HU. spacing_mm: (z, y, x). origin_mm: LPS (z, y, x) of voxel 0. series:
    UID of the DICOM series, else blank. warnings: what is unusual, one sentence each.
    """

    hu: np.ndarray
    spacing_mm: tuple[float, float, float]
    origin_mm: tuple[float, float, float]
    series: str = ""
    warnings: tuple[str, ...] = ()


def read_scan(
    path: str | os.PathLike[str], series: str | None = None, allow_uneven: bool = False
) -> Scan:
    """Read a CT: .mhd, .mha, .nrrd, .nhdr, .nii, .nii.gz, .hdr, a DICOM folder, or its zip or tar.

    series: UID of the DICOM series (None: the largest axial one). allow_uneven: take a series
    with missing, duplicated or unevenly spaced slices. Raises ScanRefused, or MachineError when
    the machine fails and not the scan.
    """
    path = Path(path)
    with failures_refused(path), dicom_of(path) as folder:
        if folder is not None:
            return read_dicom(folder, path.name, series, allow_uneven)
        header = header_of(path)
        scaled = ((piece, header.slope, header.intercept) for piece in pieces(header))
        return scan_of(header, scaled)


def read_dicom(folder: Path, name: str, series: str | None, allow_uneven: bool) -> Scan:
    """Read one series below a folder, or in a multi-frame file."""
    # pydicom is slow to import: only where DICOM is read
    from pylayers.reading.dicom_pixels import slice_pieces
    from pylayers.reading.dicom_series import read_series

    header, slices = read_series(folder, name, series, allow_uneven)
    return scan_of(header, slice_pieces(slices), slices[0].series)


def scan_of(header: Header, scaled: Iterable[Piece], series: str = "") -> Scan:
    """Turn a header and its pieces into HU in LPS, checked and on the CT scale."""
    hu, numbers = to_hu(scaled, header.count)
    placed = to_lps(
        hu.reshape(header.shape[::-1]), header.spacing_mm, header.origin_mm, header.direction
    )
    hu = placed.voxels
    if abs(hu.strides[0]) < abs(hu.strides[1]) or abs(hu.strides[1]) < abs(hu.strides[2]):
        hu = np.ascontiguousarray(hu)  # planes that lie across the file are slow to work on
    warnings = (*header.warnings, *check_numbers(header.name, hu, numbers))
    to_scale(hu)
    return Scan(hu, placed.spacing_mm, placed.origin_mm, series, warnings)


def read_labels(path: str | os.PathLike[str], like: Scan) -> np.ndarray:
    """Read a label map on the grid of a scan: integers (z, y, x).

    Raises ScanRefused (mask-grid when its shape, spacing or origin differs from the scan's).
    """
    path = Path(path)
    with failures_refused(path):
        header = header_of(path)
        voxels = read_labels_of(header)
    placed = to_lps(voxels, header.spacing_mm, header.origin_mm, header.direction)
    half_voxel = 0.5 * np.array(like.spacing_mm)
    for what, ours, theirs, same in (
        ("voxels (z, y, x)", placed.voxels.shape, like.hu.shape, np.equal),
        (
            "mm a voxel",
            placed.spacing_mm,
            like.spacing_mm,
            lambda a, b: np.isclose(a, b, rtol=0.01),
        ),
        (
            "mm at its first voxel",
            placed.origin_mm,
            like.origin_mm,
            lambda a, b: abs(a - b) < half_voxel,
        ),
    ):
        if not np.all(same(np.array(ours), np.array(theirs))):
            raise ScanRefused(
                "mask-grid",
                f"the lung mask {path.name} has {triple(ours)} {what}, the scan {triple(theirs)}",
            )
    return placed.voxels


def triple(values: Iterable[float]) -> str:
    """Return three numbers as text: 2.5 x 0.7 x 0.7."""
    return " x ".join(f"{value:.4g}" for value in values)


@contextmanager
def failures_refused(path: Path) -> Iterator[None]:
    """Turn errors about a file into a refusal, the machine's own failures into MachineError."""
    try:
        if not path.exists():
            raise ScanRefused("not-found", f"there is no {path.name}")
        if not (path.is_file() or path.is_dir()):
            raise unreadable(path.name, "neither a file nor a folder")
        yield
    except (MemoryError, OSError) as error:  # a disk that fails; no permission, a name too long
        if is_machine_failure(error):
            raise machine_error(error, f"reading {path.name}") from None
        why = error.strerror or type(error).__name__
        raise unreadable(path.name, why) from None


def files_of(path: Path) -> list[Path]:
    """Return a scan's file and those beside it that hold its voxels, in order.

    Only the file itself when its header is refused, or it is no file: a pipe would be waited for.
    """
    files = [path]
    # a pipe would wait for its writer, a name with a null byte is none
    if path.name.lower().endswith(MAY_LEAD_ON) and os.path.isfile(path):
        with contextlib.suppress(ScanRefused, OSError):
            header, folder = header_of(path), path.parent.resolve()
            for file in (header_beside(path), header.body, *header.others):
                inside = file.is_relative_to(folder)
                files.append(path.parent / file.relative_to(folder) if inside else file)
    return list(dict.fromkeys(files))


def header_of(path: Path) -> Header:
    """Return the checked header of a file; its content tells the format.

    An .img stands for the .hdr beside it.
    """
    path = header_beside(path)
    with path.open("rb") as file:
        start = file.read(START_BYTES)
    for is_format, read in FORMATS:
        if is_format(start):
            return read(path)
    if path.is_dir() or not start:
        raise unreadable(path.name, "a folder" if path.is_dir() else "an empty file")
    if start[128:132] == b"DICM":
        raise unreadable(path.name, "one DICOM file; give the folder with all slices of the series")
    if path.name.lower().endswith(BODIES):
        raise unreadable(path.name, "voxels without a header; give the .mhd, .nhdr or .hdr of them")
    raise unreadable(path.name, f"no known format; a scan is {KNOWN}")
