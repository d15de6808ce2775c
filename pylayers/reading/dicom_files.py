"""DICOM files: which files of a folder are axial CT slices, and which are damaged."""

import io
import os
import warnings
from pathlib import Path
from typing import NamedTuple

import pydicom
from pydicom.filereader import read_file_meta_info
from pydicom.uid import DeflatedExplicitVRLittleEndian

from pylayers.errors import ScanRefused
from pylayers.reading.dicom_slice import MAX_TEXT, Slice, Unsaid, axial_slice

MAX_FILES = 20_000
MAX_FILE_BYTES = 1 << 25  # a slice of 1100 x 1100 has 2.4 MB
MAX_HEADER_BYTES = 1 << 20  # before the pixels; scanners write some tens of kB
STARTS = (b"\x08\x00", b"\x02\x00")  # of old files, which have no preamble

pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE


class Found(NamedTuple):
    """slices: axial CT; others: how many other DICOM images; faults: (series, refusal) of files.

    A fault's series is None when the file does not even tell that.
    """

    slices: list[Slice]
    others: int
    faults: list[tuple[str | None, ScanRefused]]


def axial_slices(folder: Path) -> Found:
    """Return the axial CT slices below a folder, and what else there is."""
    found = Found([], 0, [])
    for number, path in enumerate(files_below(folder), 1):
        data = dicom_bytes(path)
        if data is None:
            continue
        series = None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ds = header_of(data, path)
                series = str(ds.SeriesInstanceUID)[:MAX_TEXT] if "SeriesInstanceUID" in ds else None
                one = axial_slice(ds, path, number)
            if one is None:
                found = found._replace(others=found.others + 1)
            else:
                found.slices.append(one)
        except ScanRefused as refusal:
            found.faults.append((series, refusal))
        except Exception as error:  # whatever pydicom makes of hostile bytes
            if series is not None or data[128:132] == b"DICM":  # else it only began like one
                said = str(error) if isinstance(error, Unsaid) else "its header is damaged"
                sentence = f"DICOM file {number} (by name): {said}"
                found.faults.append((series, ScanRefused("unreadable", sentence)))
    return found


def files_below(folder: Path) -> list[Path]:
    """Return the files of a folder and the folders in it, sorted by name."""
    found = []
    for parent, folders, names in os.walk(folder):
        folders.sort()
        found += [Path(parent, name) for name in sorted(names)]
        if len(found) > MAX_FILES:
            raise ScanRefused(
                "too-large",
                f"{folder.name} holds over {MAX_FILES:,} files; give the folder of one scan",
            )
    return found


def dicom_bytes(path: Path) -> bytes | None:
    """Return a file's bytes as far as its header may go; None when it is no DICOM slice."""
    if not path.is_file() or path.stat().st_size > MAX_FILE_BYTES:
        return None
    with path.open("rb") as file:
        data = file.read(MAX_HEADER_BYTES)
    return data if data[128:132] == b"DICM" or data.startswith(STARTS) else None


def header_of(data: bytes, path: Path) -> pydicom.Dataset:
    """Parse a file up to its pixels."""
    if data[128:132] == b"DICM":
        syntax = read_file_meta_info(path).get("TransferSyntaxUID")
        if syntax == DeflatedExplicitVRLittleEndian:  # would be inflated without a limit
            raise Unsaid("deflated DICOM is not read")
    return pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True, force=True)
