"""Archive: the DICOM files of a zip or tar, unpacked into a folder while they are read.

Names, folders, links and devices of an archive are dropped: files are written under numbers in the
order of their names, and their total size is limited.
"""

import bz2
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple

from pylayers.errors import ScanRefused, is_machine_failure, machine_error
from pylayers.reading.folder_walk import MAX_FILES
from pylayers.reading.scratch import scratch_folder
from pylayers.reading.tar_stream import tar_members

MAX_BYTES = 1 << 32  # unpacked; the largest chest CT has a quarter of it
PIECE_BYTES = 1 << 20
SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2")
TAR_MAGIC, TAR_MAGIC_AT = b"ustar", 257
ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
GZIP, BZIP2 = b"\x1f\x8b", b"BZh"
NOT_READ = {
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "RAR",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}


class Member(NamedTuple):
    """A file of an archive: its name there, and how to open its bytes."""

    name: str
    open: Callable[[], BinaryIO]


def members_of(path: Path) -> Callable[[Path], Iterator[Member]] | None:
    """Return what yields the members of an archive; None for another file.

    Raises ScanRefused (unreadable) for an archive that is not read.
    """
    with path.open("rb") as file:
        start = file.read(TAR_MAGIC_AT + len(TAR_MAGIC))
    if start.startswith(ZIP_STARTS):
        return zip_files
    if start[TAR_MAGIC_AT:] == TAR_MAGIC:
        return partial(tar_files, unpacker=open)
    for magic, kind in NOT_READ.items():
        if start.startswith(magic):
            raise ScanRefused(
                "unreadable",
                f"{path.name} is packed with {kind}, which is not read; pack it as .zip or .tar.gz",
            )
    if start.startswith(BZIP2):  # no other format begins so
        return partial(tar_files, unpacker=bz2.open)
    if start.startswith(GZIP) and holds_tar(path):
        return partial(tar_files, unpacker=gzip.open)
    return None


def holds_tar(path: Path) -> bool:
    """Return whether a gzip file holds a tar; one that is damaged at once does not."""
    try:
        with gzip.open(path, "rb") as file:
            return file.read(TAR_MAGIC_AT + len(TAR_MAGIC))[TAR_MAGIC_AT:] == TAR_MAGIC
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return False


@contextmanager
def unpacked(path: Path, members: Callable[[Path], Iterator[Member]]) -> Iterator[Path]:
    """Yield a folder with the files of an archive under numbers.

    Raises ScanRefused for a damaged archive, MachineError when the disk is full.
    """
    with scratch_folder() as folder:
        try:
            unpack(members(path), folder, path.name)
        except ScanRefused:
            raise
        except Exception as error:  # libraries raise anything on hostile bytes
            if is_machine_failure(error):
                raise machine_error(error, f"unpacking {path.name}") from None
            raise refusal_of(error, path.name) from None
        yield folder


def refusal_of(error: Exception, name: str) -> ScanRefused:
    """Return an error as a refusal; its own text may hold file names, and those patients' names."""
    if "CRC" in str(error) or isinstance(error, (zlib.error, lzma.LZMAError)):
        return ScanRefused("corrupt", f"a file in {name} fails its checksum")
    if isinstance(error, NotImplementedError):  # a RuntimeError, too
        return ScanRefused("unreadable", f"{name} has a compression that is not read; use deflate")
    if isinstance(error, RuntimeError):
        return ScanRefused("unreadable", f"{name} is encrypted")
    if isinstance(error, EOFError):
        return ScanRefused("truncated", f"{name} breaks off")
    if isinstance(error, OSError):
        if error.errno is None:  # of bz2's own
            return ScanRefused("corrupt", f"the bzip2 stream of {name} is damaged")
        return ScanRefused("unreadable", f"{name} cannot be unpacked: {error.strerror}")
    return ScanRefused("unreadable", f"{name} is cut off or not an archive")


def unpack(members: Iterator[Member], folder: Path, name: str) -> None:
    """Copy every member, checking its checksum and the total size.

    Of members with one name the last is kept, as unpacking by hand does. Files are then numbered
    in the order of the names, whatever their order in the archive.
    """
    total, copies = 0, {}
    for number, member in enumerate(members):
        if number >= MAX_FILES:
            raise ScanRefused("too-large", f"{name} holds more than {MAX_FILES:,} files")
        target = folder / f"unsorted-{number}"
        with member.open() as source, target.open("wb") as file:
            while piece := source.read(PIECE_BYTES):
                total += len(piece)
                if total > MAX_BYTES:
                    raise ScanRefused(
                        "too-large", f"{name} unpacks to more than {MAX_BYTES:,} bytes"
                    )
                file.write(piece)
        if member.name in copies:
            copies[member.name].unlink()
        copies[member.name] = target
    for number, inner in enumerate(sorted(copies)):
        copies[inner].rename(folder / f"{number:05d}")


def zip_files(path: Path) -> Iterator[Member]:
    """Yield the files of a zip."""
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if not member.is_dir():
                yield Member(member.filename, partial(archive.open, member))


def tar_files(path: Path, unpacker: Callable[..., BinaryIO]) -> Iterator[Member]:
    """Yield the regular files of a tar; unpacker: opens it as plain bytes."""
    with unpacker(path, "rb") as stream:
        for archive, member in tar_members(stream, MAX_BYTES):
            yield Member(member.name, partial(archive.extractfile, member))
