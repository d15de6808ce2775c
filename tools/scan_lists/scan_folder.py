"""The scans of a folder: what in it, and in the folders below, is one chest CT each."""

from fnmatch import fnmatch
from os import PathLike
from pathlib import Path

from pylayers.errors import UsageError
from pylayers.reading.archive import SUFFIXES
from pylayers.reading.dicom_start import is_dicom_file
from pylayers.reading.folder_walk import folders_of

SCAN_SUFFIXES = (
    *(".mhd", ".nhdr", ".hdr", ".hdr.gz", ".mha", ".nrrd", ".nii", ".nii.gz"),
    *SUFFIXES,
)
BESIDE = (".raw", ".zraw", ".raw.gz")  # voxels of a header
LABEL_MAPS = "*_partiallunglabelmap.*"  # as the Chest Imaging Platform names them
DICOM_INDEX = "dicomdir"  # is DICOM, but no slice


def is_scan_file(name: str) -> bool:
    """Return whether a file of that name is a scan, going by its ending."""
    name = name.lower()
    return name.endswith(SCAN_SUFFIXES) and not fnmatch(name, LABEL_MAPS)


def scans_of(folder: str | PathLike[str]) -> list[Path]:
    """Return the scans of a folder and of those below it, sorted.

    A scan is a file with a known ending, or a folder that itself holds DICOM files; folders are
    gone through as score_scan does with one that it is given. Label maps are passed over. Raises
    UsageError for a folder that cannot be read.
    """
    scans = []
    try:
        for place, files in folders_of(folder):
            scans += [path for path in files if is_scan_file(path.name)]
            if any(_is_dicom(path) for path in files):
                scans.append(place)
    except OSError as error:
        where = error.filename or folder
        raise UsageError(f"the folder {where} cannot be read: {error.strerror}") from None
    return sorted(scans)


def _is_dicom(path: Path) -> bool:
    """Return whether a file without a scan's ending starts as DICOM files do."""
    name = path.name.lower()
    if name == DICOM_INDEX or name.endswith((*SCAN_SUFFIXES, *BESIDE)) or fnmatch(name, LABEL_MAPS):
        return False
    try:
        return is_dicom_file(path)
    except OSError:
        return False  # what else is in the folder decides
