"""DICOM input: whether a scan is DICOM, and the folder or file in which its slices lie."""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pylayers.errors import ScanRefused
from pylayers.reading.archive import members_of, unpacked
from pylayers.reading.dicom_start import is_dicom_start, start_of


@contextmanager
def dicom_of(path: Path) -> Iterator[Path | None]:
    """Yield the folder or file with a scan's DICOM slices; None for a scan of another format.

    An archive is unpacked for the time. Raises ScanRefused for one that is damaged or not read,
    MachineError when the disk is full.
    """
    if path.is_dir():
        yield path
    elif members := members_of(path):
        with unpacked(path, members) as folder:
            yield folder
    else:
        yield path if is_dicom_alone(path) else None


def may_be_dicom(path: Path) -> bool:
    """Return whether a scan may be DICOM, without unpacking it.

    False is certain; True also stands for a folder, an archive and what cannot be read at all.
    """
    with contextlib.suppress(OSError, ValueError, ScanRefused):
        if path.is_file():
            return members_of(path) is not None or is_dicom_alone(path)
    return True


def is_dicom_alone(path: Path) -> bool:
    """Return whether one file, given as a scan, is DICOM: voxels of others may begin like it."""
    if not is_dicom_start(start_of(path)):
        return False
    from pylayers.reading.dicom_files import is_dicom_content  # with pydicom, slow to import

    return is_dicom_content(path)
