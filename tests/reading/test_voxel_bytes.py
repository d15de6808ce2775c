"""Bodies: what follows the voxels is padding when it is zeros or a line's end, else a mismatch."""

import gzip
import zlib

import nibabel
import numpy as np
import pytest
from formats import lps_voxels
from text_headers import X, Y, Z, meta, nrrd

from pylayers.errors import ScanRefused
from pylayers.reading.scan import read_scan

RAW = lps_voxels().tobytes()
PADDING = [b"\n", b"\r\n", b"\x1a", b"\0", bytes(512 - len(RAW) % 512), bytes(4096), bytes(1 << 16)]
WRONG = [b"x", b"end of file", b"\n" * 9, bytes(99) + b"\1", bytes((1 << 16) + 1), RAW[:60]]


def detached(folder, tail):
    (folder / "s.raw").write_bytes(RAW + tail)
    return meta(folder / "s.mhd", data="s.raw")


def nifti(folder, tail):
    image = nibabel.Nifti1Image(lps_voxels().transpose(2, 1, 0), np.diag([-X, -Y, Z, 1]))
    nibabel.save(image, folder / "s.nii")
    with (folder / "s.nii").open("ab") as file:
        file.write(tail)
    return folder / "s.nii"


def nifti_gz(folder, tail):
    path = nifti(folder, tail)
    path.with_name("s.nii.gz").write_bytes(gzip.compress(path.read_bytes()))
    return path.with_name("s.nii.gz")


WRITERS = {
    "mha": lambda folder, tail: meta(folder / "s.mha", tail=tail),
    "mhd": detached,
    "nrrd": lambda folder, tail: nrrd(folder / "s.nrrd", tail=tail),
    "mha, inside the stream": lambda folder, tail: meta(
        folder / "s.mha", zlib.compress(RAW + tail), CompressedData=True
    ),
    "mha, after the stream": lambda folder, tail: meta(
        folder / "s.mha", zlib.compress(RAW) + tail, CompressedData=True
    ),
    "nrrd, after the stream": lambda folder, tail: nrrd(
        folder / "s.nrrd", gzip.compress(RAW) + tail, encoding="gzip"
    ),
    "nii": nifti,
    "nii.gz": nifti_gz,
}


@pytest.mark.parametrize("tail", PADDING, ids=lambda tail: f"{tail[:1]!r}{len(tail)}")
@pytest.mark.parametrize("kind", WRITERS)
def test_padding_after_the_voxels_is_left_out(kind, tail, tmp_path):
    scan = read_scan(WRITERS[kind](tmp_path, tail))
    np.testing.assert_array_equal(scan.hu, lps_voxels())
    assert scan.warnings == ()


@pytest.mark.parametrize("tail", WRONG, ids=lambda tail: f"{tail[:1]!r}{len(tail)}")
@pytest.mark.parametrize("kind", WRITERS)
def test_more_than_padding_is_a_mismatch(kind, tail, tmp_path):
    path = WRITERS[kind](tmp_path, tail)
    with pytest.raises(ScanRefused) as caught:
        read_scan(path)
    assert caught.value.slug == ("corrupt" if "after" in kind else "size-mismatch")


def test_a_metaimage_may_be_compressed_by_gzip_as_metaio_reads_it(tmp_path):
    path = meta(tmp_path / "s.mha", gzip.compress(RAW), CompressedData=True)
    np.testing.assert_array_equal(read_scan(path).hu, lps_voxels())


def test_streams_of_gzip_follow_each_other(tmp_path):
    parts = [gzip.compress(RAW[at : at + 100]) + bytes(at) for at in range(0, len(RAW), 100)]
    path = nrrd(tmp_path / "s.nrrd", b"".join(parts), encoding="gzip")
    np.testing.assert_array_equal(read_scan(path).hu, lps_voxels())


@pytest.mark.parametrize("lost", [1, 8, 20])
def test_a_stream_that_lost_its_end_is_truncated(lost, tmp_path):
    parts = gzip.compress(RAW[:100]) + gzip.compress(RAW[100:])
    path = nrrd(tmp_path / "s.nrrd", parts[:-lost], encoding="gzip")
    with pytest.raises(ScanRefused) as caught:
        read_scan(path)
    assert caught.value.slug == "truncated"
