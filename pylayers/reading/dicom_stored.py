"""DICOM stored pixels: how a file keeps its numbers, and the scale that makes HU of them."""

from typing import NamedTuple

import pydicom
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from pylayers.errors import ScanRefused
from pylayers.reading.dicom_header import Head
from pylayers.reading.dicom_syntax import PLAIN, check_syntax
from pylayers.reading.dicom_tags import UnusableHeader, floats, has_value, whole, words_of

ENCAPSULATED = 0xFFFFFFFF  # length of compressed pixels
SCALE = ("RescaleSlope", "RescaleIntercept")


class Stored(NamedTuple):
    """How a file keeps its pixels.

    syntax: UID of the transfer syntax. bits: of a pixel's cell, which uses `used` of them. at,
    length: the value of PixelData in bytes; at is None when there is none. frames: in the file.
    """

    syntax: str
    bits: int
    used: int
    signed: bool
    at: int | None
    length: int
    frames: int


def stored_of(head: Head, number: int, frames: int) -> Stored:
    """Return how pixels are stored; ScanRefused or UnusableHeader unless they can become HU."""
    ds = head.ds
    greys = words_of(ds, "PhotometricInterpretation")
    if "SamplesPerPixel" not in ds and greys == "MONOCHROME2":
        samples = 1  # by definition, PS3.3 C.7.6.3.1.2
    else:
        samples = whole(ds, "SamplesPerPixel")
    if samples != 1:
        raise ScanRefused("not-3d", f"slices in colour: {samples} values a voxel")
    if greys not in ("", "MONOCHROME1", "MONOCHROME2"):
        raise ScanRefused("not-3d", "slices in colour, going by PhotometricInterpretation")
    if greys == "MONOCHROME1":
        raise ScanRefused(
            "not-hu", f"DICOM file {number} (by name) has inverted greys (MONOCHROME1)"
        )
    bits, used = whole(ds, "BitsAllocated"), whole(ds, "BitsStored")
    if "HighBit" in ds and whole(ds, "HighBit") != used - 1:
        raise UnusableHeader("its pixels do not use their lower bits (HighBit)")
    if bits not in (8, 16, 32):
        raise UnusableHeader(f"BitsAllocated is {bits}; 8, 16 and 32 are read")
    signed = whole(ds, "PixelRepresentation", least=0)
    if signed > 1:
        raise UnusableHeader(f"PixelRepresentation is {signed}, neither 0 nor 1")
    syntax = syntax_of(ds)
    packed = head.pixels_length == ENCAPSULATED
    if packed and syntax in PLAIN:
        stated = "TransferSyntaxUID" in ds.file_meta
        why = "says that they are not" if stated else "is missing"
        raise UnusableHeader(f"its pixels are compressed, but TransferSyntaxUID {why}")
    check_syntax(syntax)
    return Stored(syntax, bits, used, bool(signed), head.pixels_at, head.pixels_length, frames)


def syntax_of(ds: pydicom.Dataset) -> str:
    """Return the transfer syntax of the meta header or, without one, as the data set is written."""
    stated = ds.file_meta.get("TransferSyntaxUID")
    if stated:
        return str(stated)
    implicit, little = ds.original_encoding
    if not little:
        return ExplicitVRBigEndian
    return ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian


def hu_scale(ds: pydicom.Dataset) -> tuple[float, float, bool]:
    """Return slope, intercept, and whether the header gives them; half a scale is refused."""
    if not any(has_value(ds, tag) for tag in SCALE):
        if "ModalityLUTSequence" in ds:
            raise UnusableHeader("its HU are defined by a ModalityLUTSequence, which is not read")
        return 1.0, 0.0, False
    slope, intercept = (float(floats(ds, tag, 1)[0]) for tag in SCALE)
    if slope == 0:
        raise UnusableHeader("its HU scale has a slope of 0")
    return slope, intercept, True
