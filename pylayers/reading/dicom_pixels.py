"""DICOM pixels: each slice's stored numbers, whole."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any, TypeVar

import numpy as np
from pydicom.filereader import read_partial
from pydicom.uid import UID, ExplicitVRBigEndian

from pylayers.errors import ScanRefused, is_machine_failure
from pylayers.reading.dicom_codecs import decoded
from pylayers.reading.dicom_coded import check_stream, damaged, is_coded, single_files
from pylayers.reading.dicom_header import PIXELS, WANTED, opened
from pylayers.reading.dicom_slice import Slice
from pylayers.reading.dicom_syntax import CODED, RLE
from pylayers.reading.header import sizes
from pylayers.reading.hounsfield import Piece
from pylayers.reading.scratch import scratch_folder

T = TypeVar("T")
RLE_EXPANSION = 64  # two bytes give 128 at most, PS3.5 annex G


def slice_pieces(slices: list[Slice]) -> Iterator[Piece]:
    """Yield (numbers 1D, slope, intercept) of each slice; ScanRefused unless it is whole."""
    with ExitStack() as stack:
        if any(is_coded(one) and one.stored.frames > 1 for one in slices):
            folder = stack.enter_context(scratch_folder())
            slices = refused_if_damaged(slices[0], single_files, slices, folder)
        coded = [one for one in slices if needs_codec(one)]
        for one in coded:
            refused_if_damaged(one, check_stream, one)
        codec = stack.enter_context(closing(decoded([one.path for one in coded])))
        for one in slices:
            if needs_codec(one):
                piece = refused_if_damaged(one, next, codec), 1.0, 0.0
            else:
                read = run_length if one.stored.syntax == RLE else native
                piece = refused_if_damaged(one, read, one), one.slope, one.intercept
            if piece[0].size != one.shape[0] * one.shape[1]:
                raise damaged(
                    one, "corrupt", f"has {piece[0].size:,} voxels, not {sizes(one.shape)}"
                )
            yield piece


def refused_if_damaged(one: Slice, read: Callable[..., T], *arguments: Any) -> T:
    """Return read(*arguments); any error of a decoder becomes ScanRefused."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return read(*arguments)
    except Exception as error:
        if isinstance(error, ScanRefused | OSError) or is_machine_failure(error):
            raise
        kind = type(error).__name__
        raise damaged(one, "corrupt", f"cannot be decoded ({kind})") from None


def needs_codec(one: Slice) -> bool:
    """Return whether a slice is compressed in a way that pydicom does not know; GDCM does."""
    return one.stored.syntax in CODED


def native(one: Slice) -> np.ndarray:
    """Return the stored numbers of a plain slice or frame, 1D."""
    stored = one.stored
    big = stored.syntax == ExplicitVRBigEndian
    kind = np.dtype(f"{'>' if big else '<'}{'i' if stored.signed else 'u'}{stored.bits // 8}")
    need = one.shape[0] * one.shape[1] * kind.itemsize
    data, before = b"", one.frame * need
    if stored.at is not None and stored.length > before:
        with opened(one.path, None) as file:
            file.seek(stored.at + before)
            data = file.read(min(need, stored.length - before))
    if len(data) < need:
        held = before + len(data)
        raise damaged(one, "truncated", f"holds {held:,} of {need * stored.frames:,} bytes")
    return np.frombuffer(data, kind).astype(kind.newbyteorder("="), copy=False)


def run_length(one: Slice) -> np.ndarray:
    """Return the stored numbers of a slice in RLE, 1D."""
    need = one.shape[0] * one.shape[1] * one.stored.bits // 8
    most = RLE_EXPANSION * one.path.stat().st_size
    if need > most:
        raise damaged(one, "truncated", f"holds at most {most:,} of {need:,} bytes")
    with opened(one.path, None) as file:
        # what follows the pixels is not read: it may be anything
        ds = read_partial(
            file,
            stop_when=lambda tag, vr, length: tag > PIXELS,
            force=True,
            specific_tags=[*WANTED, PIXELS],
        )
    ds.file_meta.TransferSyntaxUID = UID(one.stored.syntax)
    return ds.pixel_array.ravel()
