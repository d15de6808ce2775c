"""Pairs of .hdr and .img: NIfTI's and Analyze's, gzipped or not, by either name."""

import hashlib
import os

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk
from formats import ORIGIN_MM, SPACING_MM, lps_voxels
from pair_writer import X, Y, Z, analyze, write_pair
from text_headers import meta, nrrd, slices

from pylayers.errors import ScanRefused
from pylayers.reading.scan import read_scan
from tools.scan_lists.scan_folder import scans_of
from tools.scan_lists.scan_table import ScanJob, source_key


@pytest.mark.parametrize("kind", [nibabel.Nifti1Pair, nibabel.Nifti2Pair])
@pytest.mark.parametrize("gz", [(), (".img",), (".hdr", ".img"), (".hdr",)], ids=str)
def test_a_nifti_pair_reads_as_the_scan_by_either_name(kind, gz, tmp_path):
    write_pair(tmp_path, kind, gz)
    for ending in (".hdr", ".img"):
        scan = read_scan(tmp_path / f"s{ending}{'.gz' if ending in gz else ''}")
        np.testing.assert_array_equal(scan.hu, lps_voxels())
        assert (scan.spacing_mm, scan.origin_mm) == (SPACING_MM, ORIGIN_MM)
        assert scan.warnings == ()


def test_a_pair_in_capitals_is_read(tmp_path):
    write_pair(tmp_path)
    for ending in (".hdr", ".img"):
        (tmp_path / f"s{ending}").rename(tmp_path / f"S{ending.upper()}")
    np.testing.assert_array_equal(read_scan(tmp_path / "S.HDR").hu, lps_voxels())
    np.testing.assert_array_equal(read_scan(tmp_path / "S.IMG").hu, lps_voxels())


@pytest.mark.parametrize("writer", ["analyze", "spm99", "big-endian"])
def test_an_analyze_pair_is_read_with_a_note(writer, tmp_path):
    if writer == "analyze":
        path = analyze(tmp_path)
    else:
        order = ">" if writer == "big-endian" else "<"
        voxels = lps_voxels()[:, ::-1].transpose(2, 1, 0).astype(f"{order}i2")
        header = nibabel.Spm99AnalyzeHeader(endianness=order)
        header.set_data_dtype(f"{order}i2")
        header.set_data_shape(voxels.shape)
        header["pixdim"][1:4] = X, Y, Z
        path = tmp_path / "s.hdr"
        path.write_bytes(header.binaryblock)
        (tmp_path / "s.img").write_bytes(voxels.tobytes(order="F"))
    scan = read_scan(path)
    np.testing.assert_array_equal(scan.hu, lps_voxels())
    assert scan.spacing_mm == SPACING_MM
    assert ["left, front, head" in text for text in scan.warnings] == [True]


def test_an_analyze_scale_and_unit_are_honoured(tmp_path):
    centimetres = [("<f", 80 + 4 * i, mm / 10) for i, mm in enumerate((X, Y, Z))]
    path = analyze(tmp_path, ("<f", 112, 0.5), ("4s", 56, b"cm"), *centimetres)
    doubled = 2 * lps_voxels()[:, ::-1]
    (tmp_path / "s.img").write_bytes(doubled.tobytes())
    scan = read_scan(path)
    np.testing.assert_array_equal(scan.hu, lps_voxels())
    assert scan.spacing_mm == SPACING_MM
    assert "HU = 0.5 * voxel" in scan.warnings[1]


@pytest.mark.parametrize(
    ("orient", "voxels"),
    [
        (3, lps_voxels()),
        (1, lps_voxels()[:, ::-1].transpose(1, 0, 2)),
        (2, lps_voxels()[:, ::-1].transpose(2, 0, 1)),
    ],
    ids=["flipped", "coronal", "sagittal"],
)
def test_an_analyze_file_that_says_how_its_slices_lie_is_believed(orient, voxels, tmp_path):
    z, y, x = voxels.shape
    spacing = {1: (X, Z, Y), 2: (Y, Z, X), 3: (X, Y, Z)}[orient]
    path = analyze(
        tmp_path,
        ("b", 252, orient),
        *(("<h", 42 + 2 * i, n) for i, n in enumerate((x, y, z))),
        *(("<f", 80 + 4 * i, mm) for i, mm in enumerate(spacing)),
    )
    (tmp_path / "s.img").write_bytes(np.ascontiguousarray(voxels).tobytes())
    scan = read_scan(path)
    np.testing.assert_array_equal(scan.hu, lps_voxels())
    assert scan.spacing_mm == SPACING_MM


def test_an_analyze_file_without_spacing_is_refused(tmp_path):
    with pytest.raises(ScanRefused, match="no pixdim"):
        read_scan(analyze(tmp_path, ("<f", 88, 0.0)))


@pytest.mark.parametrize("write", [analyze, write_pair])
def test_a_header_without_its_voxels_says_so(write, tmp_path):
    write(tmp_path)
    (tmp_path / "s.img").unlink()
    with pytest.raises(ScanRefused, match=r"an \.img of the same name, are not beside it"):
        read_scan(tmp_path / "s.hdr")


def test_voxels_that_a_link_leads_away_are_not_read(tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    write_pair(inner)
    (inner / "s.img").rename(tmp_path / "s.img")
    (inner / "s.img").symlink_to(tmp_path / "s.img")
    with pytest.raises(ScanRefused) as caught:
        read_scan(inner / "s.hdr")
    assert caught.value.slug == "outside-folder"


@pytest.mark.parametrize("gz", [(), (".hdr", ".img")], ids=str)
def test_a_folder_search_finds_a_pair_once(gz, tmp_path):
    write_pair(tmp_path, gz=gz)
    assert [path.name for path in scans_of(tmp_path)] == ["s.hdr.gz" if gz else "s.hdr"]


def test_a_pair_written_by_itk_is_read(tmp_path):
    image = sitk.GetImageFromArray(lps_voxels())
    image.SetSpacing(SPACING_MM[::-1])
    sitk.WriteImage(image, str(tmp_path / "s.hdr"))
    assert {path.suffix for path in tmp_path.iterdir()} == {".hdr", ".img"}
    np.testing.assert_array_equal(read_scan(tmp_path / "s.hdr").hu, lps_voxels())


@pytest.mark.parametrize("name", ["s.hdr", "s.img"])
def test_a_change_of_either_file_changes_the_key(name, tmp_path):
    write_pair(tmp_path)
    for job in (ScanJob(tmp_path / "s.hdr", scan_id="a"), ScanJob(tmp_path / "s.img", scan_id="a")):
        before = source_key(job)
        path = tmp_path / name
        path.write_bytes(path.read_bytes() + b"\0")
        assert source_key(job) != before


def test_a_change_of_a_listed_file_changes_the_key(tmp_path):
    names = slices(tmp_path)
    for path in (
        meta(tmp_path / "s.mhd", data="LIST", tail="\n".join(names).encode()),
        nrrd(tmp_path / "s.nhdr", data="s%03d.raw 1 5 1"),
    ):
        before = source_key(ScanJob(path, scan_id="a"))
        (tmp_path / names[2]).touch()
        assert source_key(ScanJob(path, scan_id="a")) != before


def test_a_scan_of_one_header_and_raw_file_has_the_key_that_older_cohorts_hold(tmp_path):
    (tmp_path / "s.raw").write_bytes(lps_voxels().tobytes())
    path = meta(tmp_path / "s.mhd", data="s.raw")
    digest = hashlib.sha256()
    for file in (path, tmp_path / "s.raw"):
        status = file.stat()
        digest.update(f"{file.name}:{status.st_size}:{status.st_mtime_ns};".encode())
    assert source_key(ScanJob(path, scan_id="a")) == digest.hexdigest()


@pytest.mark.parametrize("ending", [".mhd", ".nrrd", ".hdr", ".img"])
def test_the_key_of_what_is_no_file_is_had_without_waiting(ending, tmp_path):
    os.mkfifo(tmp_path / f"pipe{ending}")
    for name in (f"pipe{ending}", f"none{ending}", f"null\0byte{ending}"):
        assert len(source_key(ScanJob(tmp_path / name, scan_id="a"))) == 64
