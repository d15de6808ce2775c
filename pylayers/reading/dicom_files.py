"""DICOM files of a folder: what the header of each slice says; pydicom knows the tags."""

import io
import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from pydicom.filereader import read_file_meta_info
from pydicom.uid import DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian

from pylayers.errors import ScanRefused

MAX_FILES = 20_000
MAX_FILE_BYTES = 1 << 28  # a slice has half a megabyte
CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"  # SOP class CT Image Storage
ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.1"
DICOMDIR = "1.2.840.10008.1.3.10"  # SOP class of a medium's table of contents
AXIAL = 0.8  # least cosine between a slice's normal and the body's axis: gantries tilt to 30 deg

pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE


@dataclass(frozen=True)
class Slice:
    """One DICOM slice; number: its place among the folder's files in order of their names.

    shape: (rows, columns); spacing_mm: between rows, between columns; rows, columns: LPS
    directions of a row and of a column; position_mm: LPS of the first pixel.
    syntax: UID of the transfer syntax.
    """

    path: Path
    number: int
    series: str
    shape: tuple[int, int]
    spacing_mm: tuple[float, float]
    row: np.ndarray
    column: np.ndarray
    position_mm: np.ndarray
    slope: float
    intercept: float
    kernel: str
    syntax: str

    @property
    def normal(self) -> np.ndarray:
        """The direction in which slices follow each other."""
        return np.cross(self.row, self.column)

    @property
    def place_mm(self) -> float:
        """Where the slice lies along its normal."""
        return float(self.position_mm @ self.normal)


def axial_slices(folder: Path) -> tuple[list[Slice], int]:
    """Return the axial CT slices below a folder, and how many other DICOM images there are.

    Raises ScanRefused (unreadable) for a DICOM file whose header breaks off.
    """
    slices, others = [], 0
    for number, path in enumerate(files_below(folder), 1):
        data = dicom_bytes(path)
        if data is None:
            continue
        one = read_slice(data, path, number)
        if one is None:
            others += 1
        else:
            slices.append(one)
    return slices, others


def files_below(folder: Path) -> list[Path]:
    """Return the files of a folder and the folders in it, sorted by name."""
    found = []
    for parent, folders, names in os.walk(folder):
        folders.sort()
        found += [Path(parent, name) for name in sorted(names)]
        if len(found) > MAX_FILES:
            raise ScanRefused(
                "too-large",
                f"{folder.name} holds more than {MAX_FILES:,} files; give one scan's folder",
            )
    return found


def dicom_bytes(path: Path) -> bytes | None:
    """Return a file's bytes; None when it is no DICOM."""
    if not path.is_file() or path.stat().st_size > MAX_FILE_BYTES:
        return None
    with path.open("rb") as file:
        start = file.read(132)
        if start[128:] != b"DICM" and start[:2] != b"\x08\x00":  # old files have no preamble
            return None
        return start + file.read()


def read_slice(data: bytes, path: Path, number: int) -> Slice | None:
    """Return what a DICOM file says of its slice; None when it is no axial CT slice."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return axial_slice(header_of(data, path), path, number)
    except ScanRefused:
        raise
    except Exception as error:  # whatever pydicom makes of hostile bytes
        raise ScanRefused(
            "unreadable",
            f"the header of DICOM file {number} (by name) is damaged: {type(error).__name__}",
        ) from None


def header_of(data: bytes, path: Path) -> pydicom.Dataset:
    """Parse a file up to its pixels."""
    if data[128:132] == b"DICM":
        syntax = read_file_meta_info(path).get("TransferSyntaxUID")
        if syntax == DeflatedExplicitVRLittleEndian:  # would be inflated without a limit
            raise ValueError("deflated DICOM")
    return pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True, force=True)


def axial_slice(ds: pydicom.Dataset, path: Path, number: int) -> Slice | None:
    """Return the slice of a header; None when it is no axial CT slice."""
    if "SOPClassUID" not in ds:
        if ds.file_meta.get("MediaStorageSOPClassUID") == DICOMDIR:
            return None
        raise ValueError("no SOP class")
    if ds.SOPClassUID == ENHANCED_CT:
        raise ScanRefused(
            "no-series", "enhanced (multi-frame) CT is not read; export it as single slices"
        )
    kinds = {str(kind).upper() for kind in ds.get("ImageType") or ()}
    if ds.SOPClassUID != CT_IMAGE or "LOCALIZER" in kinds:
        return None
    row, column = floats(ds.ImageOrientationPatient, 6).reshape(2, 3)
    if abs(np.cross(row, column)[2]) < AXIAL:
        return None
    if int(ds.SamplesPerPixel) != 1:
        raise ScanRefused("not-3d", f"slices in colour: {ds.SamplesPerPixel} values a voxel")
    slope, intercept = ds.get("RescaleSlope"), ds.get("RescaleIntercept")
    return Slice(
        path=path,
        number=number,
        series=str(ds.SeriesInstanceUID),
        shape=(int(ds.Rows), int(ds.Columns)),
        spacing_mm=tuple(floats(ds.PixelSpacing, 2).tolist()),
        row=row,
        column=column,
        position_mm=floats(ds.ImagePositionPatient, 3),
        slope=1.0 if slope is None else float(slope),
        intercept=0.0 if intercept is None else float(intercept),
        kernel=str(ds.get("ConvolutionKernel") or ""),
        syntax=str(ds.file_meta.get("TransferSyntaxUID", ImplicitVRLittleEndian)),
    )


def floats(values, count: int) -> np.ndarray:
    """Return `count` finite numbers, else raise ValueError."""
    array = np.array(values, float)
    if array.shape != (count,) or not np.isfinite(array).all():
        raise ValueError(f"not {count} numbers")
    return array
