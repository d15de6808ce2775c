"""Deflated DICOM is inflated, within limits."""

import io
import struct
import zlib

import pydicom
import pytest
from dicom_writer import (
    SECONDARY_CAPTURE,
    assert_read,
    image,
    refused,
    rewrite,
    setting,
    voxels,
    write,
)
from enhanced_writer import enhanced, save
from pydicom.uid import DeflatedExplicitVRLittleEndian

from pylayers.errors import ScanRefused
from pylayers.reading import dicom_header
from pylayers.reading.scan import read_scan


def deflate(index, ds):
    """Let a data set be deflated when it is written."""
    ds.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian


def test_deflated_slices_are_inflated(tmp_path):
    rewrite(write(tmp_path), deflate)
    assert_read(tmp_path)


def test_a_deflated_multi_frame_file_is_inflated(tmp_path):
    path = save(enhanced(image()), tmp_path / "a")
    rewrite([path], deflate)
    assert_read(path)


def test_a_deflated_file_of_another_kind_does_not_block_the_series(tmp_path):
    write(tmp_path)
    stray = write(tmp_path / "b", hu=voxels(slices=1), SOPClassUID=SECONDARY_CAPTURE)
    rewrite(stray, setting(Modality="OT"))
    rewrite(stray, deflate)
    for path in stray:  # what it holds is not even looked at
        path.write_bytes(path.read_bytes()[:-200])
    assert_read(tmp_path)


@pytest.mark.parametrize("flip", [26, 8, 1])  # of the type of the meta header's length
def test_a_deflated_slice_whose_meta_header_is_damaged_is_refused(flip, tmp_path):
    paths = write(tmp_path)
    rewrite(paths, deflate)
    data = bytearray(paths[1].read_bytes())
    data[136] ^= flip
    paths[1].write_bytes(data)
    with pytest.raises(ScanRefused):
        read_scan(tmp_path)


def bomb(path, size):
    """Let a deflated slice hold so many more bytes."""
    ds = pydicom.dcmread(path)
    ds.add_new(0x00091001, "OB", bytes(size))
    deflate(0, ds)
    pydicom.dcmwrite(path, ds, enforce_file_format=False)


def test_a_deflated_file_has_a_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(dicom_header, "MOST_INFLATED", 1 << 20)
    bomb(write(tmp_path)[3], 1 << 22)
    refusal = refused(tmp_path)
    assert refusal.slug == "too-large"
    assert "store it as Explicit VR Little Endian" in refusal.sentence


@pytest.mark.parametrize(("damage", "slug"), [("cut", "truncated"), ("code", "corrupt")])
def test_a_damaged_deflated_slice_is_refused(damage, slug, tmp_path):
    paths = write(tmp_path)
    rewrite(paths, deflate)
    data = bytearray(paths[3].read_bytes())
    start = 132 + 12 + struct.unpack_from("<I", data, 140)[0]
    if damage == "cut":
        del data[-50:]
    else:
        data[start] |= 6  # a block of the kind that deflate has not
    paths[3].write_bytes(data)
    refusal = refused(tmp_path)
    assert refusal.slug == slug
    assert "DICOM file" in refusal.sentence


def test_a_meta_header_that_says_deflated_of_plain_data_is_refused(tmp_path):
    for path in write(tmp_path):
        ds = pydicom.dcmread(path)
        ds.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
        plain = io.BytesIO()
        pydicom.dcmwrite(plain, ds, enforce_file_format=True)
        data = plain.getvalue()
        start = 132 + 12 + struct.unpack_from("<I", data, 140)[0]
        path.write_bytes(data[:start] + zlib.decompress(data[start:], -15))
    with pytest.raises(ScanRefused):
        read_scan(tmp_path)
