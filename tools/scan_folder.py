"""The scans of a folder: what in it, and in the folders below, is one chest CT each."""

import os
from collections import deque
from fnmatch import fnmatch
from pathlib import Path

from pylayers.errors import UsageError

SCAN_SUFFIXES = (".mhd", ".nhdr", ".hdr", ".hdr.gz", ".mha", ".nrrd", ".nii", ".nii.gz", ".zip")
BESIDE = (".raw", ".zraw", ".raw.gz")  # voxels of a header
LABEL_MAPS = "*_partiallunglabelmap.*"  # as the Chest Imaging Platform names them
DICOM_MAGIC, DICOM_MAGIC_AT = b"DICM", 128
DICOM_INDEX = "dicomdir"  # has the magic, but no slice


def is_scan_file(name: str) -> bool:
    """Return whether a file of that name is a scan, going by its ending."""
    name = name.lower()
    return name.endswith(SCAN_SUFFIXES) and not fnmatch(name, LABEL_MAPS)


def scans_of(folder) -> list[Path]:
    """Return the scans of a folder and of those below it, sorted.

    A scan is a file with a known ending, or a folder that itself holds DICOM files. Hidden names
    and label maps are passed over. Symbolic links are followed, but no folder is visited twice.
    Raises UsageError for a folder that cannot be read.
    """
    found, seen, waiting = [], set(), deque([Path(folder)])
    while waiting:
        place = waiting.popleft()
        try:
            status = os.stat(place)
            names = [name for name in os.listdir(place) if not name.startswith(".")]
        except OSError as error:
            raise UsageError(f"the folder {place} cannot be read: {error.strerror}") from None
        if (status.st_dev, status.st_ino) in seen:
            continue
        seen.add((status.st_dev, status.st_ino))
        paths = sorted(place / name for name in names)
        files = [path for path in paths if not os.path.isdir(path)]
        found += [path for path in files if is_scan_file(path.name)]
        if any(_is_dicom(path) for path in files):
            found.append(place)
        for path in sorted(set(paths) - set(files)):
            # links come after all real folders: scans go by their own names
            (waiting.append if path.is_symlink() else waiting.appendleft)(path)
    return sorted(found)


def _is_dicom(path: Path) -> bool:
    """Return whether a file without a scan's ending starts as DICOM files do."""
    name = path.name.lower()
    if name == DICOM_INDEX or name.endswith((*SCAN_SUFFIXES, *BESIDE)) or fnmatch(name, LABEL_MAPS):
        return False
    try:
        if not os.path.isfile(path):
            return False
        with path.open("rb") as file:
            file.seek(DICOM_MAGIC_AT)
            return file.read(len(DICOM_MAGIC)) == DICOM_MAGIC
    except OSError:
        return False  # what else is in the folder decides
