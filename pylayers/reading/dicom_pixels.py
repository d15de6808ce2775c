"""DICOM pixels: each slice's stored numbers, whole."""

import io
import warnings
from contextlib import closing

import numpy as np
from pydicom.filereader import read_partial
from pydicom.uid import UID, RLELossless

from pylayers.errors import ScanRefused
from pylayers.reading.dicom_codecs import decoded
from pylayers.reading.dicom_slice import Slice
from pylayers.reading.header import sizes

PIXELS = 0x7FE00010  # tag of the pixels


def slice_pieces(slices: list[Slice]):
    """Yield (numbers 1D, slope, intercept) of each slice; ScanRefused unless it is whole."""
    coded = [one for one in slices if needs_codec(one)]
    with closing(decoded([one.path for one in coded])) as codec:
        for one in slices:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    piece = (next(codec), 1.0, 0.0) if needs_codec(one) else native(one)
            except ScanRefused:
                raise
            except Exception as error:  # whatever the decoders make of hostile bytes
                kind = type(error).__name__
                raise damaged(one, "corrupt", f"cannot be decoded ({kind})") from None
            if piece[0].size != one.shape[0] * one.shape[1]:
                raise damaged(
                    one, "corrupt", f"has {piece[0].size:,} voxels, not {sizes(one.shape)}"
                )
            yield piece


def needs_codec(one: Slice) -> bool:
    """Return whether a slice is compressed in a way that pydicom does not know; GDCM does."""
    syntax = UID(one.syntax)
    return syntax.is_transfer_syntax and syntax.is_compressed and syntax != RLELossless


def native(one: Slice) -> tuple[np.ndarray, float, float]:
    """Return the stored numbers, slope and intercept of a plain or RLE slice."""
    # what follows the pixels is not read: it may be anything
    data = io.BytesIO(one.path.read_bytes())
    ds = read_partial(data, stop_when=lambda tag, vr, length: tag > PIXELS, force=True)
    ds.file_meta.TransferSyntaxUID = UID(one.syntax)
    if one.syntax != RLELossless:
        need = one.shape[0] * one.shape[1] * int(ds.BitsAllocated) // 8
        held = len(ds.get("PixelData", b""))
        if held < need:
            raise damaged(one, "truncated", f"holds {held:,} of {need:,} bytes")
    return ds.pixel_array.ravel(), one.slope, one.intercept


def damaged(one: Slice, slug: str, why: str) -> ScanRefused:
    """Return the refusal of a slice; file names may carry names of patients, so none is given."""
    return ScanRefused(slug, f"DICOM file {one.number} (by name) {why}")
