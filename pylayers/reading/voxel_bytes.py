"""Body: the voxels' bytes, whole and verified, in pieces; no size is trusted before it is checked.

Plain bodies are measured before they are read. Compressed ones are decompressed piece by piece:
their checksum (zlib's Adler-32, gzip's and bzip2's CRC-32) must hold and they must end where the
header says.
"""

import bz2
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import numpy as np

from pylayers.errors import ScanRefused
from pylayers.reading.header import AT_THE_END, Header

PIECE_BYTES = 1 << 18  # what a core's cache holds
WINDOW_BITS = {"zlib": 47, "gzip": 31}  # MetaIO takes gzip for zlib, too, as 32 + 15 says
GZIP = b"\x1f\x8b"
# A deflate stream holds at most 1032 times its own bytes: https://zlib.net/zlib_tech.html
MOST_EXPANSION = 1032
MOST_PADDING = 1 << 16  # bytes
INT32 = np.iinfo(np.int32)
LINE_END = 8  # bytes; more of them are text


def read_labels_of(header: Header) -> np.ndarray:
    """Return all voxels as labels, integers of at most 4 bytes, slowest axis first.

    Fractions are rounded, NaN and infinities are 0.
    """
    stored = header.dtype.newbyteorder("=")
    kept = stored.kind in "iu" and stored.itemsize <= 4
    labels = np.empty(header.count, stored if kept else np.int32)
    position = 0
    for piece in pieces(header):
        if not kept:
            whole = np.nan_to_num(np.rint(piece.astype(np.float64)), nan=0, posinf=0, neginf=0)
            piece = whole.clip(INT32.min, INT32.max)
        labels[position : position + len(piece)] = piece
        position += len(piece)
    return labels.reshape(header.shape[::-1])


def pieces(header: Header) -> Iterator[np.ndarray]:
    """Yield the voxels in order, 1D arrays of header.dtype; ScanRefused unless they are whole."""
    for part in header.parts():
        with part.body.open("rb") as file:
            yield from pieces_of_file(part, file)


def pieces_of_file(header: Header, file: BinaryIO) -> Iterator[np.ndarray]:
    """Yield the voxels of a header that names one file."""
    size = header.body.stat().st_size
    offset = max(0, size - header.nbytes) if header.offset == AT_THE_END else header.offset
    file.seek(min(offset, size))
    if header.compression == "none":
        size -= offset
        if size < header.nbytes:
            raise too_short(header, max(size, 0))
        if size > header.nbytes + MOST_PADDING:
            raise too_long(header, f"{size:,}")
        blocks = plain(file)
    else:
        most = MOST_EXPANSION * size
        if header.compression != "bzip2" and header.nbytes > most:
            raise too_short(header, most, "at most ")
        blocks = decompressed(header, file)
    yield from whole_voxels(header, blocks)


def whole_voxels(header: Header, blocks: Iterable[bytes]) -> Iterator[np.ndarray]:
    """Yield the voxels that blocks of bytes hold after header.skip bytes."""
    left, skip, rest, tail = header.nbytes, header.skip, b"", b""
    for block in blocks:
        if skip:
            block, skip = block[skip:], max(0, skip - len(block))
        rest = rest + block if rest else block
        if len(rest) > left:
            tail += rest[left:]
            rest = rest[:left]
            if not is_padding(tail):
                plain_size = f"{header.nbytes + len(tail):,}"
                raise too_long(header, plain_size if header.compression == "none" else "more")
        whole = len(rest) - len(rest) % header.dtype.itemsize
        yield np.frombuffer(rest, header.dtype, whole // header.dtype.itemsize)
        rest, left = rest[whole:], left - whole
    if left:
        raise too_short(header, header.nbytes - left)


def is_padding(tail: bytes) -> bool:
    """Return whether bytes after the voxels are padding: zeros that fill a block, or a line's end.

    Storage and tape pad to blocks of 512 bytes to 64 KiB with zeros, editors and transfers in text
    mode add a newline or Ctrl-Z. A header that is wrong about a size leaves slices or rows, which
    are not zeros in HU.
    """
    if len(tail) <= LINE_END:
        return not tail.strip(b"\0\r\n \x1a")
    return len(tail) <= MOST_PADDING and not tail.strip(b"\0")


def plain(file: BinaryIO) -> Iterator[bytes]:
    """Yield the bytes of a file."""
    while block := file.read(PIECE_BYTES):
        yield block


def decompressed(header: Header, file: BinaryIO) -> Iterator[bytes]:
    """Yield the plain bytes of a compressed file; ScanRefused when it is cut or damaged."""
    try:
        if header.compression == "bzip2":
            yield from plain(bz2.BZ2File(file))
        else:
            yield from inflated(file, WINDOW_BITS[header.compression])
    except EOFError:
        raise ScanRefused(
            "truncated", f"the {header.compression} stream of {header.name} breaks off"
        ) from None
    except (zlib.error, OSError) as error:
        if getattr(error, "errno", None) is not None:  # the disk's failure, not the stream's
            raise
        raise ScanRefused(
            "corrupt", f"the {header.compression} stream of {header.name} is damaged: {error}"
        ) from None


def inflated(file: BinaryIO, window_bits: int) -> Iterator[bytes]:
    """Yield the plain bytes of zlib's or gzip's streams, of which gzip's may be several."""
    stream = zlib.decompressobj(window_bits)
    for block in plain(file):
        while block:
            yield stream.decompress(block, PIECE_BYTES)
            block = stream.unconsumed_tail
            if not stream.eof:
                continue
            after = stream.unused_data or file.read(PIECE_BYTES)
            if window_bits == WINDOW_BITS["gzip"] and after.lstrip(b"\0").startswith(GZIP):
                block, stream = after.lstrip(b"\0"), zlib.decompressobj(window_bits)
            elif is_padding(after + file.read(MOST_PADDING)):
                return
            else:
                raise OSError("bytes follow its end")
    raise EOFError


def too_short(header: Header, size: int, how: str = "") -> ScanRefused:
    """Return the refusal of a body that ends early."""
    return ScanRefused(
        "truncated",
        f"{header.name} holds {how}{size:,} of the {header.nbytes:,} bytes {claim(header)}",
    )


def too_long(header: Header, size: str) -> ScanRefused:
    """Return the refusal of a body that the header does not describe."""
    return ScanRefused(
        "size-mismatch",
        f"{header.name} holds {size} bytes, not the {header.nbytes:,} {claim(header)}",
    )


def claim(header: Header) -> str:
    """Return what the header says of the body's size."""
    shape = " x ".join(str(n) for n in header.shape)
    return f"of {shape} voxels of {header.dtype.itemsize} bytes"
