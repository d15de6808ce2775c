"""DICOM files: which files of a folder are axial CT slices, and which are damaged."""

import io
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from pylayers.errors import ScanRefused, is_machine_failure
from pylayers.reading.dicom_frames import frame_count, frames_of
from pylayers.reading.dicom_header import Head, header_of, kind_of, opened, series_of
from pylayers.reading.dicom_kind import no_ct, sop_class_of
from pylayers.reading.dicom_slice import MAX_TEXT, Slice, axial_slice
from pylayers.reading.dicom_start import has_magic, is_dicom_start, start_of
from pylayers.reading.dicom_tags import UnusableHeader, words_of
from pylayers.reading.folder_walk import MAX_FILES, folders_of

MAX_INFLATED = 1 << 32  # bytes of all deflated files of a folder


class Fault(NamedTuple):
    """A file that may be a slice and cannot be read.

    series: blank when the file does not state one. shape: (rows, columns) where only the position
    is missing.
    """

    series: str
    shape: tuple[int, int] | None
    refusal: ScanRefused

    def may_belong(self, series: str, shape: tuple[int, int]) -> bool:
        """Return whether it may be a slice of a series whose slices have that shape."""
        if self.refusal.slug == "not-3d":  # a colour picture is not a slice of a grey series
            return False
        return self.series in ("", series) and self.shape in (None, shape)


@dataclass
class FolderContent:
    """slices: axial CT; others: how many DICOM files of which other kinds; faults."""

    slices: list[Slice] = field(default_factory=list)
    others: Counter = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)
    inflated: int = 0


def axial_slices(folder: Path) -> FolderContent:
    """Return the axial CT slices below a folder or in a file, and what else there is.

    Raises ScanRefused (too-large), and OSError or MemoryError where the disk or memory fails.
    """
    content = FolderContent()
    for number, path in enumerate(files_below(folder), 1):
        start = start_of(path)
        if is_dicom_start(start):
            with warnings.catch_warnings():  # pydicom's, about unusual files
                warnings.simplefilter("ignore")
                add(path, number, has_magic(start), content)
        if content.inflated > MAX_INFLATED or len(content.slices) > MAX_FILES:
            raise ScanRefused(
                "too-large",
                f"{folder.name} holds more than {MAX_FILES:,} slices or "
                f"{MAX_INFLATED:,} inflated bytes; give the folder of one scan",
            )
    return content


def files_below(folder: Path) -> list[Path]:
    """Return the files of a folder and the folders in it, sorted by name; a file is its own."""
    if folder.is_file():
        return [folder]
    paths = []
    for _, files in folders_of(folder):
        paths += files
        if len(paths) > MAX_FILES:
            raise ScanRefused(
                "too-large",
                f"{folder.name} holds over {MAX_FILES:,} files; give the folder of one scan",
            )
    return paths


def is_dicom_content(path: Path) -> bool:
    """Return whether a file that begins like DICOM is: voxels of others may begin so."""
    if has_magic(start_of(path)):
        return True
    try:
        with warnings.catch_warnings(), opened(path) as file:
            warnings.simplefilter("ignore")
            kind = kind_of(file)
            return bool(sop_class_of(kind) or words_of(kind, "Modality").strip())
    except (ScanRefused, UnusableHeader):
        return False


def add(path: Path, number: int, sure: bool, content: FolderContent) -> None:
    """Add to `content` what a file is; sure: whether it is DICOM, damaged or not."""
    head = None
    try:
        with opened(path) as file:
            if isinstance(file, io.BytesIO):
                content.inflated += len(file.getbuffer())
            why = no_ct(kind_of(file))
            if why is None:
                head = header_of(file)
                why = no_ct(head.ds)
        if why:
            content.others[why] += 1
            return
        frames = frame_count(head.ds)
        slices = [
            axial_slice(one, path, number, frame, frames)
            for frame, one in enumerate(frames_of(head))
        ]
        content.others.update({one for one in slices if isinstance(one, str)})
        content.slices += [one for one in slices if isinstance(one, Slice)]
    except Exception as error:  # pydicom raises anything on hostile bytes
        if is_machine_failure(error) or isinstance(error, OSError):
            raise
        series = series_below(path)
        if sure or series:  # otherwise it only begins like DICOM
            content.faults.append(fault_of(error, head, series, number))


def series_below(path: Path) -> str:
    """Return the series of a file that cannot be read as a slice; blank when it cannot be told."""
    try:
        with opened(path) as file:
            return series_of(file)[:MAX_TEXT]
    except Exception as error:  # pydicom raises anything on hostile bytes
        if is_machine_failure(error):
            raise
        return ""


def fault_of(error: Exception, head: Head | None, series: str, number: int) -> Fault:
    """Return the fault of a file; file names may carry names of patients, so none is given."""
    if isinstance(error, ScanRefused):
        sentence = error.sentence
        slug = error.slug
    else:
        sentence = str(error) if isinstance(error, UnusableHeader) else "its header is damaged"
        slug = "unreadable"
    shape = None
    if isinstance(error, UnusableHeader) and head:
        shape = shape_of(head)
        if head.pixels_at is None:
            sentence = f"it has no pixels, and {sentence}; it may be cut off"
    if "(by name)" not in sentence:
        sentence = f"DICOM file {number} (by name): {sentence}"
    return Fault(series, shape, ScanRefused(slug, sentence))


def shape_of(head: Head) -> tuple[int, int] | None:
    """Return rows and columns of a header that goes on to its pixels but has no place.

    Without one, a scout of another size than the slices can be told from them.
    """
    placed = "ImageOrientationPatient" in head.ds and "ImagePositionPatient" in head.ds
    if placed or head.pixels_at is None:
        return None
    try:
        return int(head.ds.Rows), int(head.ds.Columns)
    except (AttributeError, TypeError, ValueError):
        return None
