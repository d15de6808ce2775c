"""Body: the voxels' bytes, whole and verified, in pieces; nothing is allocated on a header's word.

Plain bodies are measured before they are read. Compressed ones are decompressed piece by piece:
their checksum (zlib's Adler-32, gzip's and bzip2's CRC-32) must hold and they must end where the
header says.
"""

import bz2
import gzip
import zlib

import numpy as np

from pylayers.errors import ScanRefused
from pylayers.reading.header import Header

PIECE_BYTES = 1 << 22
# A deflate stream holds at most 1032 times its own bytes: https://zlib.net/zlib_tech.html
MOST_EXPANSION = 1032


def read_voxels(header: Header) -> np.ndarray:
    """Return all voxels as stored, in native byte order, slowest axis first."""
    voxels = np.empty(header.count, header.dtype.newbyteorder("="))
    position = 0
    for piece in pieces(header):
        voxels[position : position + len(piece)] = piece
        position += len(piece)
    return voxels.reshape(header.shape[::-1])


def pieces(header: Header):
    """Yield the voxels in order, 1D arrays of header.dtype; ScanRefused unless they are whole."""
    with header.body.open("rb") as file:
        file.seek(header.offset)
        if header.compression == "none":
            size = header.body.stat().st_size - header.offset
            if size < header.nbytes:
                raise too_short(header, max(size, 0))
            if size > header.nbytes:
                raise too_long(header, f"{size:,}")
            blocks = plain(file)
        else:
            most = MOST_EXPANSION * header.body.stat().st_size
            if header.compression != "bzip2" and header.nbytes > most:
                raise too_short(header, most, "at most ")
            blocks = decompressed(header, file)
        yield from whole_voxels(header, blocks)


def whole_voxels(header: Header, blocks):
    """Yield the voxels that blocks of bytes hold after header.skip bytes."""
    left, skip, rest = header.nbytes, header.skip, b""
    for block in blocks:
        if skip:
            block, skip = block[skip:], max(0, skip - len(block))
        rest = rest + block if rest else block
        if len(rest) > left:
            raise too_long(header, "more")
        whole = len(rest) - len(rest) % header.dtype.itemsize
        yield np.frombuffer(rest, header.dtype, whole // header.dtype.itemsize)
        rest, left = rest[whole:], left - whole
    if left:
        raise too_short(header, header.nbytes - left)


def plain(file):
    """Yield the bytes of a file."""
    while block := file.read(PIECE_BYTES):
        yield block


def decompressed(header: Header, file):
    """Yield the plain bytes of a compressed file; ScanRefused when it is cut or damaged."""
    if header.compression == "zlib":
        blocks = inflated(file)
    elif header.compression == "gzip":
        blocks = plain(gzip.GzipFile(fileobj=file))
    else:
        blocks = plain(bz2.BZ2File(file))
    try:
        yield from blocks
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


def inflated(file):
    """Yield the plain bytes of a zlib stream."""
    stream = zlib.decompressobj()
    for block in plain(file):
        while block:
            yield stream.decompress(block, PIECE_BYTES)
            block = stream.unconsumed_tail
        if stream.eof:
            if stream.unused_data or file.read(1):
                raise OSError("bytes follow its end")
            return
    raise EOFError


def too_short(header: Header, size: int, how="") -> ScanRefused:
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
