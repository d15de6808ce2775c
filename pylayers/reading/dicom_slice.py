"""DICOM slice: what one header says of it; pydicom knows the tags.

What a sure reading needs and the header lacks is refused by the tag's name; what de-identification
strips and the standard or other tags tell for sure is taken.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pydicom
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from pylayers.errors import ScanRefused
from pylayers.reading.dicom_derived import lossy, projection, remarks
from pylayers.reading.dicom_header import Head
from pylayers.reading.dicom_kind import sop_class_of
from pylayers.reading.dicom_syntax import PLAIN, check_syntax
from pylayers.reading.dicom_tags import Unsaid, floats, told, value_of, whole, words_of

MAX_TEXT = 64  # of a UID or kernel
AXIAL = 0.8  # least cosine between a slice's normal and the body's axis: gantries tilt to 30 deg
ENCAPSULATED = 0xFFFFFFFF  # length of compressed pixels
GEOMETRY = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")
SCALE = ("RescaleSlope", "RescaleIntercept")
LABELS = (  # by which acquisitions can be told apart
    *("AcquisitionNumber", "TemporalPositionIdentifier", "TemporalPositionIndex", "StackID"),
    *("NominalPercentageOfCardiacPhase", "NominalPercentageOfRespiratoryPhase", "TriggerTime"),
    *("IrradiationEventUID", "FrameOfReferenceUID", "AcquisitionTime", "AcquisitionDateTime"),
    *("AcquisitionDate", "StudyInstanceUID", "PatientID"),
    *("KVP", "SliceThickness", "ContentTime", "InstanceNumber"),
)


class Stored(NamedTuple):
    """How a file keeps its pixels.

    syntax: UID of the transfer syntax. bits: of a pixel's cell, which uses `used` of them. at,
    length: the value of PixelData in bytes; at is None when there is none. frames: in the file.
    """

    syntax: str
    bits: int
    used: int
    signed: bool
    at: int | None
    length: int
    frames: int


@dataclass(frozen=True)
class Slice:
    """One DICOM slice; number: its place among the folder's files in order of their names.

    frame: which of the file's. shape: (rows, columns); spacing_mm: between rows, between columns;
    row, column: LPS directions of a row and of a column; position_mm: LPS of the first pixel.
    scaled: whether the header gives the HU scale. original: whether it comes straight from the
    scanner. labels: tags that tell acquisitions apart. remarks: warnings. lossy: ratio of a lossy
    compression that the header tells of, blank where unknown, else None.
    """

    path: Path
    number: int
    frame: int
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
    labels: dict[str, str]
    remarks: tuple[str, ...]
    lossy: str | None
    stored: Stored

    @property
    def normal(self) -> np.ndarray:
        """The direction in which slices follow each other."""
        return np.cross(self.row, self.column)

    @property
    def place_mm(self) -> float:
        """Where the slice lies along its normal."""
        return float(self.position_mm @ self.normal)


def axial_slice(head: Head, path: Path, number: int, frame=0, frames=1) -> Slice | str:
    """Return the slice of a header, or in words what it is when it is no axial CT slice.

    Raises Unsaid for a tag that is missing and ScanRefused for one that cannot be used.
    """
    ds = head.ds
    if not (sop_class_of(ds) or words_of(ds, "Modality").strip()):
        raise Unsaid("SOPClassUID and Modality are missing")
    why = projection(ds)
    if why:
        return why
    stored = stored_of(head, number, frames)
    if is_page(ds):
        return "page without a place in the patient"
    row, column = floats(ds, "ImageOrientationPatient", 6).reshape(2, 3)
    if not all(0.9 < np.linalg.norm(way) < 1.1 for way in (row, column)):
        raise Unsaid("ImageOrientationPatient is not two directions of length 1")
    if abs(np.cross(row, column)[2]) < AXIAL:
        return "sagittal, coronal or oblique slice"
    position = floats(ds, "ImagePositionPatient", 3)
    spacing = floats(ds, "PixelSpacing", 2)
    shape = (whole(ds, "Rows"), whole(ds, "Columns"))
    slope, intercept, scaled = hu_scale(ds)
    if not (sop_class_of(ds) or scaled):
        # a screenshot of a CT has Modality CT, too, but neither place nor HU
        raise Unsaid("SOPClassUID is missing, and so is the HU scale, by which a CT is known")
    return Slice(
        path=path,
        number=number,
        frame=frame,
        series=str(ds.get("SeriesInstanceUID") or "").strip()[:MAX_TEXT],
        shape=shape,
        spacing_mm=tuple(spacing.tolist()),
        row=row,
        column=column,
        position_mm=position,
        slope=slope,
        intercept=intercept,
        scaled=scaled,
        original="DERIVED" not in words_of(ds, "ImageType").split("\\"),
        kernel=str(value_of(ds, "ConvolutionKernel") or "")[:MAX_TEXT],
        labels={tag: str(value_of(ds, tag)) for tag in LABELS if told(ds, tag)},
        remarks=remarks(ds),
        lossy=lossy(ds),
        stored=stored,
    )


def is_page(ds: pydicom.Dataset) -> bool:
    """Return whether an image has no geometry at all and does not call itself a slice.

    CT's Image Type is AXIAL or LOCALIZER (PS3.3 C.8.2.1.1.1); scanners keep dose and protocol
    pages in CT's class, too.
    """
    kinds = words_of(ds, "ImageType")
    return bool(kinds) and "AXIAL" not in kinds and not any(told(ds, tag) for tag in GEOMETRY)


def stored_of(head: Head, number: int, frames: int) -> Stored:
    """Return how pixels are stored; ScanRefused or Unsaid unless HU can be had from them."""
    ds = head.ds
    greys = words_of(ds, "PhotometricInterpretation")
    if "SamplesPerPixel" not in ds and greys == "MONOCHROME2":
        samples = 1  # that it means, PS3.3 C.7.6.3.1.2
    else:
        samples = whole(ds, "SamplesPerPixel")
    if samples != 1:
        raise ScanRefused("not-3d", f"slices in colour: {samples} values a voxel")
    if greys not in ("", "MONOCHROME1", "MONOCHROME2"):
        raise ScanRefused("not-3d", "slices in colour, going by PhotometricInterpretation")
    if greys == "MONOCHROME1":
        raise ScanRefused(
            "not-hu", f"DICOM file {number} (by name) has inverted greys (MONOCHROME1)"
        )
    bits, used = whole(ds, "BitsAllocated"), whole(ds, "BitsStored")
    if "HighBit" in ds and whole(ds, "HighBit") != used - 1:
        raise Unsaid("its pixels do not use their lower bits (HighBit)")
    if bits not in (8, 16, 32):
        raise Unsaid(f"BitsAllocated is {bits}; 8, 16 and 32 are read")
    signed = whole(ds, "PixelRepresentation", least=0)
    if signed > 1:
        raise Unsaid(f"PixelRepresentation is {signed}, neither 0 nor 1")
    syntax = syntax_of(ds)
    packed = head.pixels_length == ENCAPSULATED
    if packed and syntax in PLAIN:
        given = "TransferSyntaxUID" in ds.file_meta
        why = "says that they are not" if given else "is missing"
        raise Unsaid(f"its pixels are compressed, but TransferSyntaxUID {why}")
    check_syntax(syntax)
    return Stored(syntax, bits, used, bool(signed), head.pixels_at, head.pixels_length, frames)


def syntax_of(ds: pydicom.Dataset) -> str:
    """Return the transfer syntax of the meta header or, without one, as the data set is written."""
    given = ds.file_meta.get("TransferSyntaxUID")
    if given:
        return str(given)
    implicit, little = ds.original_encoding
    if not little:
        return ExplicitVRBigEndian
    return ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian


def hu_scale(ds: pydicom.Dataset) -> tuple[float, float, bool]:
    """Return slope, intercept, and whether the header gives them; Unsaid for half a scale."""
    if not any(told(ds, tag) for tag in SCALE):
        if "ModalityLUTSequence" in ds:
            raise Unsaid("its HU are told by a ModalityLUTSequence, which is not read")
        return 1.0, 0.0, False
    slope, intercept = (float(floats(ds, tag, 1)[0]) for tag in SCALE)
    if slope == 0:
        raise Unsaid("its HU scale has a slope of 0")
    return slope, intercept, True
