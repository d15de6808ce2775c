"""DICOM slice: what one header says of it; pydicom knows the tags."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from pydicom.uid import ImplicitVRLittleEndian

from pylayers.errors import ScanRefused

MAX_TEXT = 64  # of a UID or kernel
CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"  # SOP class CT Image Storage
ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.1"
DICOMDIR = "1.2.840.10008.1.3.10"  # SOP class of a medium's table of contents
NO_SLICE = {"LOCALIZER", "MIP", "MINIP", "MIN_IP", "SUBTRACTION", "PROJECTION IMAGE"}  # Image Type
AXIAL = 0.8  # least cosine between a slice's normal and the body's axis: gantries tilt to 30 deg


@dataclass(frozen=True)
class Slice:
    """One DICOM slice; number: its place among the folder's files in order of their names.

    shape: (rows, columns); spacing_mm: between rows, between columns; row, column: LPS directions
    of a row and of a column; position_mm: LPS of the first pixel. scaled: whether the header gives
    the HU scale. original: whether it comes straight from the scanner. syntax: UID of the transfer
    syntax.
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
    scaled: bool
    original: bool
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


class Unsaid(Exception):
    """A header lacks what a slice needs; the message says what."""


def axial_slice(ds: pydicom.Dataset, path: Path, number: int) -> Slice | None:
    """Return the slice of a header; None when it is no axial CT slice."""
    if "SOPClassUID" not in ds:
        if ds.file_meta.get("MediaStorageSOPClassUID") == DICOMDIR:
            return None
        raise Unsaid("it does not say what it is")
    if ds.SOPClassUID == ENHANCED_CT:
        raise ScanRefused(
            "no-series", "enhanced (multi-frame) CT is not read; export it as single slices"
        )
    kinds = {str(kind).upper() for kind in ds.get("ImageType") or ()}
    if ds.SOPClassUID != CT_IMAGE or kinds & NO_SLICE:
        return None
    row, column = floats(ds, "ImageOrientationPatient", 6).reshape(2, 3)
    if abs(np.cross(row, column)[2]) < AXIAL:
        return None
    check_pixels(ds, number)
    scaled = "RescaleSlope" in ds and "RescaleIntercept" in ds
    slope, intercept = 1.0, 0.0
    if scaled:
        slope, intercept = (
            floats(ds, tag, 1).item() for tag in ("RescaleSlope", "RescaleIntercept")
        )
        if slope == 0:
            raise Unsaid("its HU scale has a slope of 0")
    return Slice(
        path=path,
        number=number,
        series=str(ds.SeriesInstanceUID)[:MAX_TEXT],
        shape=(int(ds.Rows), int(ds.Columns)),
        spacing_mm=tuple(floats(ds, "PixelSpacing", 2).tolist()),
        row=row,
        column=column,
        position_mm=floats(ds, "ImagePositionPatient", 3),
        slope=slope,
        intercept=intercept,
        scaled=scaled,
        original="DERIVED" not in kinds,
        kernel=str(ds.get("ConvolutionKernel") or "")[:MAX_TEXT],
        syntax=str(ds.file_meta.get("TransferSyntaxUID", ImplicitVRLittleEndian)),
    )


def check_pixels(ds: pydicom.Dataset, number: int) -> None:
    """Raise ScanRefused or Unsaid unless pixels are stored in a way that HU can be had from."""
    if int(ds.SamplesPerPixel) != 1:
        raise ScanRefused("not-3d", f"slices in colour: {ds.SamplesPerPixel} values a voxel")
    if ds.get("PhotometricInterpretation", "MONOCHROME2") != "MONOCHROME2":
        raise ScanRefused("not-hu", f"DICOM file {number} (by name) has inverted or coloured greys")
    if int(ds.get("HighBit", ds.BitsStored - 1)) != int(ds.BitsStored) - 1:
        raise Unsaid("its pixels do not use their lower bits")


def floats(ds: pydicom.Dataset, tag: str, count: int) -> np.ndarray:
    """Return the `count` finite numbers of a tag, else raise Unsaid."""
    try:
        array = np.atleast_1d(np.array(ds.get(tag), float))
    except (TypeError, ValueError):
        array = np.array([np.nan])
    if array.shape != (count,) or not np.isfinite(array).all():
        raise Unsaid(f"{tag} is missing or not {count} numbers")
    return array
