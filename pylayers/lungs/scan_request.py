"""Scan request: which scan is read, with which mask, and what of it is taken."""

from dataclasses import dataclass
from os import PathLike


@dataclass(frozen=True)
class ScanRequest:
    """A scan to read and how.

    scan: a file or a DICOM folder. mask: a lung label map on the scan's grid (None: the lungs are
    computed). mask_labels: the map's labels that are lung (None: coded as by the Chest Imaging
    Platform). series: UID of the DICOM series (None: the largest axial one). allow_uneven: take a
    DICOM series with missing, duplicated or unevenly spaced slices, with a warning.
    """

    scan: str | PathLike[str]
    mask: str | PathLike[str] | None = None
    mask_labels: tuple[int, ...] | None = None
    series: str | None = None
    allow_uneven: bool = False
