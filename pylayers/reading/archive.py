"""Archive: the DICOM files of a zip, in a folder for the time of reading."""

import lzma
import tempfile
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path

from pylayers.errors import ScanRefused
from pylayers.reading.dicom_files import MAX_FILES

MAX_BYTES = 1 << 32  # unpacked; the largest chest CT has a quarter of it
PIECE_BYTES = 1 << 20


def is_zip(start: bytes) -> bool:
    """Return whether a file begins as a zip."""
    return start.startswith((b"PK\x03\x04", b"PK\x05\x06"))


@contextmanager
def unpacked(path: Path):
    """Yield a folder with the files of a zip under numbers, names and folders left behind."""
    with tempfile.TemporaryDirectory(prefix="scan2num-") as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                unpack(archive, Path(folder), path.name)
        except ScanRefused:
            raise
        except Exception as error:  # whatever zipfile makes of hostile bytes
            raise refusal_of(error, path.name) from None
        yield Path(folder)


def refusal_of(error: Exception, name: str) -> ScanRefused:
    """Return what an error says of a zip; its own text may name files, and they patients."""
    if "CRC" in str(error) or isinstance(error, (zlib.error, lzma.LZMAError)):
        return ScanRefused("corrupt", f"a file in {name} fails its checksum")
    if isinstance(error, NotImplementedError):  # a RuntimeError, too
        return ScanRefused("unreadable", f"{name} has a compression that is not read; use deflate")
    if isinstance(error, RuntimeError):
        return ScanRefused("unreadable", f"{name} is encrypted")
    if isinstance(error, OSError):
        return ScanRefused("unreadable", f"{name} cannot be unpacked: {error.strerror}")
    return ScanRefused("unreadable", f"{name} is cut or no whole zip")


def unpack(archive: zipfile.ZipFile, folder: Path, name: str) -> None:
    """Copy every member, sorted by name, checking its CRC-32 and what all of them really hold."""
    members = sorted(
        (member for member in archive.infolist() if not member.is_dir()),
        key=lambda member: member.filename,
    )
    if len(members) > MAX_FILES:
        raise ScanRefused("too-large", f"{name} holds more than {MAX_FILES:,} files")
    total = 0
    for number, member in enumerate(members):
        with archive.open(member) as source, (folder / f"{number:05d}").open("wb") as target:
            while piece := source.read(PIECE_BYTES):
                total += len(piece)
                if total > MAX_BYTES:
                    raise ScanRefused(
                        "too-large", f"{name} unpacks to more than {MAX_BYTES:,} bytes"
                    )
                target.write(piece)
