"""DICOM header: the tags that a scan needs, up to the pixels, however much lies between.

Other elements, such as private blocks of megabytes, are skipped without being read. What is read of
one header is limited, and so is what a deflated file may inflate to.
"""

import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

import pydicom
from pydicom.datadict import tag_for_keyword
from pydicom.filereader import read_dataset, read_partial
from pydicom.filewriter import write_file_meta_info
from pydicom.tag import BaseTag
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

from pylayers.errors import ScanRefused
from pylayers.reading.dicom_kind import no_ct
from pylayers.reading.dicom_start import MAGIC, MAGIC_AT, START_BYTES, has_magic
from pylayers.reading.dicom_tags import UnusableHeader

MOST_READ = 1 << 25  # bytes of one header; 2,000 frames' functional groups take a few MB
MOST_VALUE = 1 << 16  # bytes of one wanted value that is no sequence
MOST_INFLATED = 1 << 28  # bytes of a deflated file: 500 frames of 512 x 512
PIXELS = 0x7FE00010
KIND_END, SERIES_END = 0x00080060, 0x0020000E  # Modality, SeriesInstanceUID
GROUPS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
KEYWORDS = (
    *("ImageType", "SOPClassUID", "AcquisitionTime", "AcquisitionDateTime", "ContentTime"),
    *("AcquisitionDate", "StudyInstanceUID", "PatientID", "Modality", "IrradiationEventUID"),
    *("DerivationDescription", "DerivationCodeSequence"),
    *("SeriesDescription", "VolumetricProperties", "VolumeBasedCalculationTechnique"),
    *("SliceThickness", "KVP", "TriggerTime", "ScanOptions", "ConvolutionKernel"),
    *("SeriesInstanceUID", "AcquisitionNumber", "InstanceNumber", "ImagePositionPatient"),
    *("ImageOrientationPatient", "FrameOfReferenceUID", "TemporalPositionIdentifier"),
    *("TemporalPositionIndex", "StackID", "NominalPercentageOfCardiacPhase"),
    *("NominalPercentageOfRespiratoryPhase", "SamplesPerPixel", "PhotometricInterpretation"),
    *("NumberOfFrames", "Rows", "Columns", "PixelSpacing", "BitsAllocated", "BitsStored"),
    *("HighBit", "PixelRepresentation", "RescaleIntercept", "RescaleSlope", "RescaleType"),
    *("LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod"),
    *("ModalityLUTSequence",),
)
WANTED = frozenset(tag_for_keyword(keyword) for keyword in (*KEYWORDS, *GROUPS))
SEQUENCES = frozenset(
    tag_for_keyword(keyword)
    for keyword in (*GROUPS, "DerivationCodeSequence", "ModalityLUTSequence")
)

pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE


class Head(NamedTuple):
    """A header. pixels_at: where the value of PixelData begins, None when the file has none.

    pixels_length: of that value in bytes, 2**32 - 1 when it is compressed.
    """

    ds: pydicom.Dataset
    pixels_at: int | None
    pixels_length: int


class Limited(io.BufferedReader):
    """A file that gives no more than it holds, and no more than MOST_READ bytes of its header.

    A length of four bytes may claim 4 GB, for which Python would take memory before it reads.
    """

    def __init__(self, path: Path, most: int | None = None) -> None:
        super().__init__(io.FileIO(path))
        self.size, self.left = os.fstat(self.fileno()).st_size, most

    def read(self, size: int = -1, /) -> bytes:
        """Read as BufferedReader does, within the limits."""
        if size < 0 or size > MOST_VALUE:
            held = max(0, self.size - self.tell())
            size = held if size < 0 else min(size, held)
        if self.left is not None:
            self.left -= size
            if self.left < 0:
                raise UnusableHeader(
                    f"its header has more than {MOST_READ >> 20} MB beside its pixels"
                )
        return super().read(size)


@contextmanager
def opened(path: Path, most: int | None = MOST_READ) -> Iterator[BinaryIO]:
    """Yield a DICOM file, inflated where it is deflated; most: bytes that may be read of it.

    Raises ScanRefused (too-large, truncated, corrupt) for a stream that cannot be inflated.
    """
    with Limited(path, most) as file:
        start = file.read(START_BYTES + 2048)
        file.seek(0)
        if has_magic(start) and DeflatedExplicitVRLittleEndian.encode() in start:
            meta = meta_of(file)
            if meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian:
                file.left = None
                yield inflated(file, meta)
                return
            file.seek(0)
        yield file


def meta_of(file: BinaryIO) -> pydicom.Dataset:
    """Return the meta header of a file with preamble and leave the file behind it."""
    file.seek(START_BYTES)
    meta = read_dataset(file, False, True, stop_when=lambda tag, vr, length: tag.group != 2)
    if "FileMetaInformationGroupLength" in meta:
        file.seek(START_BYTES + 12 + int(meta.FileMetaInformationGroupLength))
    return meta


def inflated(file: BinaryIO, meta: pydicom.Dataset) -> io.BytesIO:
    """Return a deflated file (PS3.5 A.5) as the plain one that it was made from."""
    head = io.BytesIO(bytes(MAGIC_AT) + MAGIC)
    head.seek(0, io.SEEK_END)
    meta = pydicom.dataset.FileMetaDataset(meta)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    write_file_meta_info(head, meta, enforce_standard=False)
    kind = pydicom.Dataset()
    kind.file_meta = meta
    if no_ct(kind):  # no need to inflate it
        return head
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        plain = stream.decompress(file.read(2 * MOST_INFLATED), MOST_INFLATED)
    except zlib.error:
        raise ScanRefused("corrupt", "its deflated data are damaged") from None
    if stream.unconsumed_tail:
        raise ScanRefused(
            "too-large",
            f"it inflates to more than {MOST_INFLATED >> 20} MB; store it as Explicit VR "
            "Little Endian",
        )
    if not stream.eof:
        raise ScanRefused("truncated", "its deflated data break off")
    head.write(plain)
    return head


def kind_of(file: BinaryIO) -> pydicom.Dataset:
    """Return the first tags, which say what a file is; of a damaged file those that can be read."""
    try:
        return header_of(file, KIND_END).ds
    except (OSError, MemoryError):
        raise
    except Exception:  # pydicom raises anything on hostile bytes
        ds = pydicom.Dataset()
        ds.file_meta = meta_of(file)
        return ds


def series_of(file: BinaryIO) -> str:
    """Return the series of a file, blank when it does not state one."""
    try:
        return str(header_of(file, SERIES_END).ds.get("SeriesInstanceUID") or "").strip()
    except (OSError, MemoryError):
        raise
    except Exception:  # pydicom raises anything on hostile bytes
        return ""


def header_of(file: BinaryIO, last: int = PIXELS - 1, wanted: frozenset[int] = WANTED) -> Head:
    """Return the `wanted` tags of a file up to `last`."""
    pixels = {}

    def stop(tag: BaseTag, vr: str | None, length: int) -> bool:
        tag = int(tag)  # compares faster
        if MOST_VALUE < length < 0xFFFFFFFF and tag in wanted and tag not in SEQUENCES:
            raise UnusableHeader(f"{pydicom.datadict.keyword_for_tag(tag)} has {length:,} bytes")
        if tag == PIXELS:
            pixels.update(at=file.tell(), length=length)
        return tag > last

    file.seek(0)
    ds = read_partial(file, stop_when=stop, force=True, specific_tags=list(wanted))
    return Head(ds, pixels.get("at"), pixels.get("length", 0))
