"""DICOM slice: what one header says of it; pydicom knows the tags.

A tag that is needed and missing is refused with its name; one that de-identification strips is
replaced where the standard or other tags leave no doubt.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom

from pylayers.reading.dicom_derived import lossy, projection, remarks
from pylayers.reading.dicom_header import Head
from pylayers.reading.dicom_kind import sop_class_of
from pylayers.reading.dicom_stored import Stored, hu_scale, stored_of
from pylayers.reading.dicom_tags import UnusableHeader, floats, has_value, value_of, whole, words_of

MAX_TEXT = 64  # of a UID or kernel
AXIAL = 0.8  # least cosine between a slice's normal and the body's axis: gantries tilt to 30 deg
GEOMETRY = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")
LABELS = (  # by which acquisitions can be told apart
    *("AcquisitionNumber", "TemporalPositionIdentifier", "TemporalPositionIndex", "StackID"),
    *("NominalPercentageOfCardiacPhase", "NominalPercentageOfRespiratoryPhase", "TriggerTime"),
    *("IrradiationEventUID", "FrameOfReferenceUID", "AcquisitionTime", "AcquisitionDateTime"),
    *("AcquisitionDate", "StudyInstanceUID", "PatientID"),
    *("KVP", "SliceThickness", "ContentTime", "InstanceNumber"),
)


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


def axial_slice(
    head: Head, path: Path, number: int, frame: int = 0, frames: int = 1
) -> Slice | str:
    """Return the slice of a header, or in words what it is when it is no axial CT slice.

    Raises UnusableHeader for a tag that is missing and ScanRefused for one that cannot be used.
    """
    ds = head.ds
    if not (sop_class_of(ds) or words_of(ds, "Modality").strip()):
        raise UnusableHeader("SOPClassUID and Modality are missing")
    why = projection(ds)
    if why:
        return why
    stored = stored_of(head, number, frames)
    if is_page(ds):
        return "page without a place in the patient"
    row, column = floats(ds, "ImageOrientationPatient", 6).reshape(2, 3)
    if not all(0.9 < np.linalg.norm(way) < 1.1 for way in (row, column)):
        raise UnusableHeader("ImageOrientationPatient is not two directions of length 1")
    if abs(np.cross(row, column)[2]) < AXIAL:
        return "sagittal, coronal or oblique slice"
    position = floats(ds, "ImagePositionPatient", 3)
    spacing = floats(ds, "PixelSpacing", 2)
    shape = (whole(ds, "Rows"), whole(ds, "Columns"))
    slope, intercept, scaled = hu_scale(ds)
    if not (sop_class_of(ds) or scaled):
        # a screenshot of a CT has Modality CT, too, but neither position nor HU
        raise UnusableHeader(
            "SOPClassUID is missing, and so is the HU scale, by which a CT is known"
        )
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
        labels={tag: str(value_of(ds, tag)) for tag in LABELS if has_value(ds, tag)},
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
    return bool(kinds) and "AXIAL" not in kinds and not any(has_value(ds, tag) for tag in GEOMETRY)
