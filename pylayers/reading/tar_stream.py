"""Tar stream: the regular files of a tar, read once from front to end.

No size that a header states is read at once, and a tar must end as tars do: tarfile takes a damaged
header for the end, and slices would be missing.
"""

import tarfile
from collections.abc import Iterator
from typing import Any, BinaryIO

from pylayers.errors import ScanRefused

BLOCK = 512
MOST_MEMBERS = 100_000  # folders and links, too
MOST_HEADER = 1 << 20  # bytes of one long name or extended header
# Headers whose content tarfile reads at once: POSIX.1-2001 extended ones, GNU's and Sun's.
READ_AT_ONCE = (
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
)


class SmallHeader(tarfile.TarInfo):
    """A tar's header that claims no more than a name needs; ended: whether the end was met."""

    ended = False

    @classmethod
    def frombuf(cls, buf: bytes, encoding: str, errors: str) -> tarfile.TarInfo:
        """Parse a header's block."""
        cls.ended = is_end(buf)
        return small(super().frombuf(buf, encoding, errors))

    @classmethod
    def _frombuf(cls, buf: bytes, encoding: str, errors: str, **how: Any) -> tarfile.TarInfo:
        """Parse a header's block: what newer Pythons (Debian 12: deb12u9) call instead."""
        cls.ended = is_end(buf)
        return small(super()._frombuf(buf, encoding, errors, **how))


def is_end(block: bytes) -> bool:
    """Return whether a header's block is the one of zeros with which a tar ends."""
    return len(block) == BLOCK and not any(block)


def small(header: tarfile.TarInfo) -> tarfile.TarInfo:
    """Return a header; ScanRefused when it claims a longer name than there are."""
    if header.type in READ_AT_ONCE and header.size > MOST_HEADER:
        raise ScanRefused("unreadable", f"the archive has a name of {header.size:,} bytes")
    return header


class Counted:
    """A stream that ends in ScanRefused (too-large) after `most` bytes."""

    def __init__(self, stream: BinaryIO, most: int) -> None:
        self.stream, self.left = stream, most

    def read(self, size: int) -> bytes:
        """Read as the stream does."""
        data = self.stream.read(size)
        self.left -= len(data)
        if self.left < 0:
            raise ScanRefused("too-large", "the archive unpacks to too many bytes")
        return data


def tar_members(stream: BinaryIO, most: int) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
    """Yield (archive, member) of each regular file; links, devices and folders are passed over.

    Raises tarfile.TarError, EOFError or the decompressor's error for a tar that is cut or damaged,
    ScanRefused for one of more than `most` bytes.
    """
    counted = Counted(stream, most + most // 8)  # headers take some, too
    kind = type("Header", (SmallHeader,), {})
    with tarfile.open(fileobj=counted, mode="r|", tarinfo=kind) as archive:
        for number, member in enumerate(archive):
            archive.members = []  # a stream cannot go back to any
            if number >= MOST_MEMBERS:
                raise ScanRefused("too-large", f"the archive has over {MOST_MEMBERS:,} entries")
            if member.isreg() and not member.issparse():
                yield archive, member
    if not kind.ended:
        raise tarfile.ReadError("no end")
    while counted.read(BLOCK * 2048):  # to the end, where compressed streams have their checksum
        pass
