"""Source series: the DICOM series that was scored, with the UIDs by which it is referred to."""

import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pydicom
from pydicom.datadict import tag_for_keyword
from pydicom.uid import UID

from pylayers.errors import MachineError, UsageError, is_machine_failure
from pylayers.lungs.scan_request import ScanRequest
from pylayers.reading.dicom_header import header_of, opened
from pylayers.reading.dicom_input import dicom_of
from pylayers.reading.dicom_kind import CT_IMAGE, sop_class_of
from pylayers.reading.dicom_series import read_series
from pylayers.reading.dicom_slice import Slice
from pylayers.reading.dicom_tags import UnusableHeader, value_of
from pylayers.reading.header import Header
from pylayers.reading.orientation import Placed, to_lps
from pylayers.reading.scan import failures_refused
from tools.dicom_out.copied_identity import TAGS, Identity, identity_of

REFERENCE_TAGS = frozenset(map(tag_for_keyword, ("SOPClassUID", "SOPInstanceUID")))
SAME_MM = 0.05  # a result rounds its places
LAST = tag_for_keyword("StudyID")  # of all that is read of a header, the farthest


class Instance(NamedTuple):
    """A slice as documents refer to it; frame: from 1 in a multi-frame file, else None."""

    sop_class: str
    uid: str
    frame: int | None


class SourceSeries(NamedTuple):
    """A series. planes: one for each plane of the scan, from base to apex. study, uid: its UIDs."""

    study: str
    uid: str
    planes: tuple[Instance, ...]
    identity: Identity

    @property
    def files(self) -> dict[str, str]:
        """The SOP class of each file, by its UID."""
        return {plane.uid: plane.sop_class for plane in self.planes}

    def referred(self, planes: Iterable[int]) -> dict[str, list[int]]:
        """Return which frames of which files some planes of the scan are; none of a single one."""
        frames: dict[str, list[int]] = {}
        for plane in planes:
            one = self.planes[plane]
            frames.setdefault(one.uid, []).extend([one.frame] if one.frame else [])
        return frames


def source_series(
    request: ScanRequest, series: str, z_mm: Mapping[int, float]
) -> SourceSeries | None:
    """Read again which files the scored series consists of; None when the scan is no DICOM.

    series: its UID. z_mm: where planes of the scan lay when it was scored, by number. Raises
    UsageError for a series that no document can refer to or be filed with, MachineError when it is
    another one by now, ScanRefused and MachineError as read_scan does.
    """
    path = Path(request.scan)
    with (
        warnings.catch_warnings(),
        failures_refused(path),
        dicom_of(path) as folder,
    ):
        warnings.simplefilter("ignore")  # pydicom's, about unusual files
        if folder is None:
            return None
        header, slices = read_series(folder, path.name, request.series, request.allow_uneven)
        placed = placed_numbers(header)
        if slices[0].series != series or not lies_at(placed, z_mm):
            raise MachineError(f"{path.name} was changed while it was scored; score it again")
        return described([slices[number] for number in placed.voxels.ravel()])


def described(slices: list[Slice]) -> SourceSeries:
    """Return a series, given its slices from base to apex, by what their files say."""
    heads = {file: header_below(file) for file in {one.path: None for one in slices}}
    planes = tuple(instance_of(one, heads[one.path]) for one in slices)
    if len(set(planes)) < len(planes):
        raise impossible("several of its slices have one SOPInstanceUID")
    studies, patients = (
        {str(value_of(head, keyword) or "") for head in heads.values()}
        for keyword in ("StudyInstanceUID", "PatientID")
    )
    if len(studies) > 1 or len(patients) > 1:
        raise impossible("its slices are of several patients or studies")
    return SourceSeries(
        uid_of(studies, "StudyInstanceUID"),
        uid_of([slices[0].series], "SeriesInstanceUID"),
        planes,
        identity_of(heads[slices[0].path]),
    )


def placed_numbers(header: Header) -> Placed:
    """Return the numbers of a series' slices, in place of their voxels, from base to apex."""
    numbers = np.arange(header.shape[2])[:, None, None]
    return to_lps(numbers, header.spacing_mm, header.origin_mm, header.direction)


def lies_at(placed: Placed, z_mm: Mapping[int, float]) -> bool:
    """Return whether a series' planes lie where the scored ones did."""
    return all(
        plane < len(placed.voxels)
        and abs(placed.origin_mm[0] + plane * placed.spacing_mm[0] - place) < SAME_MM
        for plane, place in z_mm.items()
    )


def header_below(file: Path) -> pydicom.Dataset:
    """Return what is needed of a file's header, within the limits of reading scans."""
    try:
        with opened(file) as stream:
            return header_of(stream, LAST, TAGS | REFERENCE_TAGS).ds
    except Exception as error:  # pydicom raises anything on hostile bytes
        if is_machine_failure(error) or isinstance(error, OSError):
            raise
        why = str(error) if isinstance(error, UnusableHeader) else "a header is damaged"
        raise impossible(why) from None


def instance_of(one: Slice, head: pydicom.Dataset) -> Instance:
    """Return how a slice is referred to; files without a SOP class are taken for CT slices."""
    stated = (value_of(head, "SOPInstanceUID"), head.file_meta.get("MediaStorageSOPInstanceUID"))
    return Instance(
        uid_of([sop_class_of(head) or CT_IMAGE], "SOPClassUID"),
        uid_of([uid for uid in stated if uid], "SOPInstanceUID"),
        one.frame + 1 if one.stored.frames > 1 else None,
    )


def uid_of(values: Iterable[str], keyword: str) -> str:
    """Return the first of some UIDs; UsageError when it is none."""
    uid = UID(str(next(iter(values), "")).strip(" \0"))
    if not uid.is_valid:
        raise impossible(f"its {keyword} is {'not a UID' if uid else 'missing'}")
    return str(uid)


def impossible(why: str) -> UsageError:
    """Return the error of a series that cannot be referred to."""
    return UsageError(f"no DICOM file can be written for this series: {why}")
