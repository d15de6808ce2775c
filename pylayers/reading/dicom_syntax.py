"""DICOM transfer syntaxes: which are read and how, and what a compressed stream says of itself."""

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from pylayers.reading.dicom_tags import UnusableHeader

JPEG = "1.2.840.10008.1.2.4."
PLAIN = (
    *(ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian),
    DeflatedExplicitVRLittleEndian,
)
RLE = RLELossless
# What GDCM decodes: JPEG baseline, extended and lossless, JPEG-LS, JPEG 2000.
CODED = frozenset(
    JPEG + end for end in ("50", "51", "57", "70", "80", "81", "90", "91", "92", "93")
)
LOSSY = {JPEG + "50": "JPEG", JPEG + "51": "JPEG"}  # whatever their streams say
MAYBE_LOSSY = {JPEG + "81": "JPEG-LS", JPEG + "91": "JPEG 2000", JPEG + "93": "JPEG 2000"}
# Younger than pydicom's list.
NAMES = {
    JPEG + "110": "JPEG XL Lossless",
    JPEG + "111": "JPEG XL JPEG Recompression",
    JPEG + "112": "JPEG XL",
    "1.2.840.10008.1.2.8.1": "Deflated Image Frame Compression",
    "1.2.840.10008.1.2.1.98": "Encapsulated Uncompressed Explicit VR Little Endian",
}
SOI, SOC = b"\xff\xd8", b"\xff\x4f"  # a JPEG or JPEG-LS stream; a JPEG 2000 codestream
FRAME_MARKERS = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}  # SOF0 to SOF15, SOF55 (JPEG-LS)
SCAN, SIZE, CODING = 0xDA, 0x51, 0x52  # SOS; SIZ and COD of JPEG 2000


class Stream(NamedTuple):
    """What a compressed stream says: shape (rows, columns), values a pixel, whether it is lossy."""

    shape: tuple[int, int]
    samples: int
    lossy: bool


def check_syntax(syntax: str) -> None:
    """Raise UnusableHeader for a transfer syntax that is not read."""
    if syntax in PLAIN or syntax == RLE or syntax in CODED:
        return
    uid = UID(syntax)
    name = NAMES.get(syntax) or (uid.name if uid.name != uid else "")
    number = syntax if re.fullmatch(r"[0-9.]{1,64}", syntax) else "of no UID"
    named = f"{name} ({number})" if name else number
    raise UnusableHeader(
        f"its transfer syntax {named} is not read; convert it to Explicit VR Little Endian"
    )


def stream_of(data: bytes) -> Stream | None:
    """Return what the beginning of a compressed stream says; None when it cannot be told.

    JPEG: ITU-T T.81 annex B; JPEG-LS: T.87 annex C, lossy when NEAR is above 0; JPEG 2000: T.800
    annex A, lossy with the 9-7 wavelet.
    """
    try:
        if data.startswith(SOI):
            return jpeg_stream(data)
        start = data.find(SOC + b"\xff\x51")  # a JP2 file may lie around it
        return jpeg2000_stream(data[start:]) if start >= 0 else None
    except (IndexError, struct.error):
        return None


def segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (marker, content) of the segments that follow a stream's first two bytes."""
    at = 2
    while at < len(data):
        if data[at] != 0xFF:
            return
        marker = data[at + 1]
        if marker == 0xFF:  # fill
            at += 1
            continue
        length = struct.unpack_from(">H", data, at + 2)[0]
        yield marker, data[at + 4 : at + 2 + length]
        at += 2 + length


def jpeg_stream(data: bytes) -> Stream | None:
    """Return what a JPEG or JPEG-LS stream says."""
    shape, samples, process = None, 0, 0
    for marker, content in segments(data):
        if marker in FRAME_MARKERS:
            process = marker
            _, rows, columns, samples = struct.unpack_from(">BHHB", content)
            shape = (rows, columns)
        elif marker == SCAN and shape:
            near = content[1 + 2 * content[0]] if process == 0xF7 else 0
            discrete_cosine = process in (0xC0, 0xC1, 0xC2, 0xC5, 0xC6, 0xC9, 0xCA, 0xCD, 0xCE)
            return Stream(shape, samples, discrete_cosine or near > 0)
    return None


def jpeg2000_stream(data: bytes) -> Stream | None:
    """Return what a JPEG 2000 codestream says."""
    shape, samples = None, 0
    for marker, content in segments(data):
        if marker == SIZE:
            _, right, bottom, left, top = struct.unpack_from(">H4I", content)
            samples = struct.unpack_from(">H", content, 34)[0]
            shape = (bottom - top, right - left)
        elif marker == CODING and shape:
            return Stream(shape, samples, content[9] == 0)
    return None
