"""DICOM coded frames: the compressed streams in a file, and each frame as a file of its own."""

import itertools
import struct
from dataclasses import replace
from pathlib import Path

import pydicom
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import UID, generate_uid

from pylayers.errors import ScanRefused
from pylayers.reading.dicom_header import header_of, opened
from pylayers.reading.dicom_kind import CT_IMAGE
from pylayers.reading.dicom_slice import Slice
from pylayers.reading.dicom_syntax import CODED, RLE, Stream, stream_of
from pylayers.reading.header import sizes

STREAM_START = 1 << 16  # bytes; the markers that tell size and method come first
ITEM = 0xFFFEE000


def is_coded(one: Slice) -> bool:
    """Return whether a slice's pixels are compressed."""
    return one.stored.syntax in CODED or one.stored.syntax == RLE


def damaged(one: Slice, slug: str, why: str) -> ScanRefused:
    """Return the refusal of a slice; file names may carry names of patients, so none is given."""
    return ScanRefused(slug, f"DICOM file {one.number} (by name) {why}")


def stream_of_file(one: Slice) -> Stream | None:
    """Return what the first compressed stream of a slice's file says; None when it cannot be told.

    PixelData holds items: offsets first, then the streams' pieces (PS3.5 A.4).
    """
    if one.stored.at is None:
        return None
    with opened(one.path, None) as file:
        file.seek(one.stored.at)
        for _ in range(2):
            head = file.read(8)
            tag = struct.unpack("<HHI", head) if len(head) == 8 else (0, 0, 0)
            if tag[0] << 16 | tag[1] != ITEM:
                return None
            start = file.tell()
            data = file.read(min(tag[2], STREAM_START))
            file.seek(start + tag[2])
    return stream_of(data)


def check_stream(one: Slice) -> None:
    """Raise ScanRefused (corrupt) for a stream that says another size than the header.

    Codecs take memory on a stream's word.
    """
    stream = stream_of_file(one)
    if stream and 0 not in stream.shape and stream.shape != one.shape:
        raise damaged(
            one,
            "corrupt",
            f"has {sizes(stream.shape)} compressed pixels, its header says {sizes(one.shape)}",
        )
    if stream and stream.samples != 1:
        raise damaged(one, "corrupt", f"has {stream.samples} values a compressed pixel, not 1")


def single_files(slices: list[Slice], folder: Path) -> list[Slice]:
    """Return slices whose compressed frames lie in files of their own below a folder.

    Raises ScanRefused (truncated) for a file with fewer frames than its header says.
    """
    paths = {one.path for one in slices if is_coded(one) and one.stored.frames > 1}
    alone = {}
    for number, path in enumerate(sorted(paths)):
        wanted = {one.frame: one for one in slices if one.path == path}
        first = next(iter(wanted.values()))
        if first.stored.at is None:
            raise damaged(first, "truncated", "holds no pixels")
        count = first.stored.frames
        with opened(path, None) as file:
            file.seek(first.stored.at)
            frames = itertools.islice(generate_frames(file, number_of_frames=count), count)
            for frame, data in enumerate(frames):
                if frame in wanted:
                    target = folder / f"{number}-{frame}"
                    alone[path, frame] = write_single(wanted.pop(frame), data, target)
        if wanted:
            raise damaged(first, "truncated", f"holds fewer than its {count} frames")
    return [alone.get((one.path, one.frame), one) for one in slices]


def write_single(one: Slice, data: bytes, path: Path) -> Slice:
    """Write one compressed frame as a slice with what its decoding needs; return that slice."""
    stored, ds = one.stored, pydicom.Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID, ds.Modality = CT_IMAGE, generate_uid(), "CT"
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = one.shape
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = stored.bits, stored.used, stored.used - 1
    ds.PixelRepresentation = int(stored.signed)
    if one.scaled:
        ds.RescaleSlope, ds.RescaleIntercept = repr(one.slope), repr(one.intercept)
    ds.PixelData = encapsulate([data])
    ds["PixelData"].VR = "OB"
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = UID(stored.syntax)
    pydicom.dcmwrite(path, ds, enforce_file_format=True)
    with opened(path) as file:
        head = header_of(file)
    at = stored._replace(at=head.pixels_at, length=head.pixels_length, frames=1)
    return replace(one, path=path, frame=0, stored=at)
