"""DICOM pixels: one slice's stored numbers, whole."""

import io
import os
import sys
import warnings
from contextlib import contextmanager

import numpy as np
import pydicom
import SimpleITK as sitk
from pydicom.uid import RLELossless

from pylayers.errors import ScanRefused
from pylayers.reading.dicom_files import Slice


def slice_pieces(slices: list[Slice]):
    """Yield (numbers 1D, slope, intercept) of each slice; ScanRefused unless it is whole."""
    for one in slices:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield pixels(one)
        except ScanRefused:
            raise
        except Exception as error:  # whatever the decoders make of hostile bytes
            raise damaged(one, "corrupt", f"cannot be decoded ({type(error).__name__})") from None


def pixels(one: Slice) -> tuple[np.ndarray, float, float]:
    """Return one slice's stored numbers, slope and intercept."""
    ds = pydicom.dcmread(io.BytesIO(one.path.read_bytes()), force=True)
    syntax = ds.file_meta.get("TransferSyntaxUID", pydicom.uid.ImplicitVRLittleEndian)
    ds.file_meta.TransferSyntaxUID = syntax
    data = ds.get("PixelData", b"")
    if syntax.is_compressed:
        if not data:
            raise damaged(one, "truncated", "has no pixels")
        if syntax != RLELossless:  # pydicom knows RLE, GDCM the rest; it applies the HU scale
            return decoded_by_gdcm(one), 1.0, 0.0
    else:
        need = one.shape[0] * one.shape[1] * int(ds.BitsAllocated) // 8
        if len(data) < need:
            raise damaged(one, "truncated", f"holds {len(data):,} of {need:,} bytes")
    array = ds.pixel_array
    if array.shape != one.shape:
        raise ScanRefused("not-3d", f"DICOM file {one.number} has pixels of shape {array.shape}")
    return array.ravel(), one.slope, one.intercept


def decoded_by_gdcm(one: Slice) -> np.ndarray:
    """Return a compressed slice's HU."""
    reader = sitk.ImageFileReader()
    reader.SetImageIO("GDCMImageIO")
    reader.SetFileName(str(one.path))
    with silent_stderr():
        array = sitk.GetArrayFromImage(reader.Execute())
    if array.size != one.shape[0] * one.shape[1]:
        raise ScanRefused("not-3d", f"DICOM file {one.number} has pixels of shape {array.shape}")
    return array.ravel()


@contextmanager
def silent_stderr():
    """Keep what codecs print of damaged streams from the user: the refusal says it in one line."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def damaged(one: Slice, slug: str, why: str) -> ScanRefused:
    """Return the refusal of a slice; file names may carry names of patients, so none is given."""
    return ScanRefused(slug, f"DICOM file {one.number} (by name) {why}")
