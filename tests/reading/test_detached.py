"""Voxels in several files: lists and patterns are read whole, and only inside the folder."""

import bz2
import gzip
import os
import zlib

import numpy as np
import pytest
from formats import SHAPE, SPACING_MM, lps_voxels
from text_headers import SIZES, meta, nrrd, slices

from pylayers.errors import ScanRefused
from pylayers.reading.scan import read_scan

N = SHAPE[0]
WRITERS = pytest.mark.parametrize("write", [meta, nrrd])


def same(path):
    scan = read_scan(path)
    np.testing.assert_array_equal(scan.hu, lps_voxels())
    assert (scan.spacing_mm, scan.warnings) == (SPACING_MM, ())


def refusal(path) -> tuple[str, str]:
    with pytest.raises(ScanRefused) as caught:
        read_scan(path)
    return caught.value.slug, caught.value.sentence


@WRITERS
@pytest.mark.parametrize("word", ["LIST", "LIST 2"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
def test_a_list_of_slices_is_read(write, word, end, tmp_path):
    tail = end.join([*slices(tmp_path, "Müller {}.raw"), ""]).encode()
    same(write(tmp_path / "s.hdr", data=word, tail=tail))


def test_a_list_of_slices_with_metaios_dimension_is_read(tmp_path):
    same(meta(tmp_path / "s.mhd", data="LIST 2D", tail="\n".join(slices(tmp_path)).encode()))


@WRITERS
@pytest.mark.parametrize(
    ("pattern", "name", "first"),
    [
        (f"s%03d.raw 1 {N} 1", "s{:03d}.raw", 1),
        (f"s%d.raw 0 {N - 1} 1", "s{}.raw", 0),
        (f"slice-%02d 7 {6 + N} 1 2", "slice-{:02d}", 7),
    ],
)
def test_a_numbered_pattern_is_read(write, pattern, name, first, tmp_path):
    slices(tmp_path, name, first)
    same(write(tmp_path / "s.hdr", data=pattern))


@WRITERS
def test_a_pattern_counts_down_and_in_steps(write, tmp_path):
    names = slices(tmp_path, "a{}.raw")
    for number, name in enumerate(names):
        os.rename(tmp_path / name, tmp_path / f"s{20 - 2 * number}.raw")
    same(write(tmp_path / "s.hdr", data=f"s%d.raw 20 {20 - 2 * (N - 1)} -2"))


def test_a_pattern_alone_counts_from_1_as_metaio_does(tmp_path):
    slices(tmp_path)
    same(meta(tmp_path / "a.mhd", data="s%03d.raw"))
    same(meta(tmp_path / "b.mhd", data="s%03d.raw 1"))


@WRITERS
def test_slabs_are_read(write, tmp_path):
    body = lps_voxels().tobytes()
    (tmp_path / "whole.raw").write_bytes(body)
    same(write(tmp_path / "s.hdr", data="LIST 3", tail=b"whole.raw\n"))


@WRITERS
def test_a_list_of_the_whole_volume_is_read(write, tmp_path):
    (tmp_path / "whole.raw").write_bytes(lps_voxels().tobytes())
    same(write(tmp_path / "s.hdr", data="LIST", tail=b"whole.raw\n"))
    (tmp_path / "whole.raw").write_bytes(lps_voxels()[0].tobytes())
    assert refusal(tmp_path / "s.hdr")[0] == "truncated"


def test_slabs_of_equal_thickness_are_read(tmp_path):
    body = lps_voxels()[:4].tobytes()
    for n in (0, 1):
        (tmp_path / f"{n}.raw").write_bytes(body[n * len(body) // 2 : (n + 1) * len(body) // 2])
    sizes = SIZES.replace("5", "4")
    path = nrrd(tmp_path / "s.nhdr", sizes=sizes, data="%d.raw 0 1 1 3")
    np.testing.assert_array_equal(read_scan(path).hu, lps_voxels()[:4])


@pytest.mark.parametrize(
    ("write", "fields", "pack"),
    [
        (meta, {"CompressedData": True}, zlib.compress),
        (nrrd, {"encoding": "gzip"}, gzip.compress),
        (nrrd, {"encoding": "bzip2"}, bz2.compress),
        (meta, {"HeaderSize": 9}, lambda raw: b"x" * 9 + raw),
        (meta, {"HeaderSize": -1}, lambda raw: b"x" * 33 + raw),
        (nrrd, {"byte_skip": 9}, lambda raw: b"x" * 9 + raw),
        (nrrd, {"byte_skip": -1}, lambda raw: b"x" * 33 + raw),
        (nrrd, {"line_skip": 2, "byteskip": 3}, lambda raw: b"a\nb\nxyz" + raw),
        (nrrd, {"encoding": "gz", "byte_skip": 3}, lambda raw: gzip.compress(b"xyz" + raw)),
        (nrrd, {"encoding": "gz", "line_skip": 1}, lambda raw: b"one\n" + gzip.compress(raw)),
    ],
)
def test_each_file_is_packed_as_the_header_says(write, fields, pack, tmp_path):
    names = slices(tmp_path, pack=pack)
    same(write(tmp_path / "s.hdr", data="LIST", tail="\n".join(names).encode(), **fields))


@WRITERS
def test_backslashes_of_windows_lead_into_a_folder_but_not_out(write, tmp_path):
    inner = tmp_path / "inner"
    (inner / "slices").mkdir(parents=True)
    names = [f"slices\\{name}" for name in slices(inner / "slices")]
    same(write(inner / "s.hdr", data="LIST", tail="\n".join(names).encode()))
    (tmp_path / "whole.raw").write_bytes(lps_voxels().tobytes())
    assert refusal(write(inner / "t.hdr", data="..\\whole.raw"))[0] == "outside-folder"


@WRITERS
def test_a_pattern_for_a_volume_of_impossible_size_is_refused(write, tmp_path):
    key = "sizes" if write is nrrd else "DimSize"
    slices(tmp_path)
    path = write(tmp_path / "s.hdr", data="s%03d.raw 1", **{key: "9 9 9000000000000000"})
    assert refusal(path)[0] == "unreadable"


@WRITERS
def test_a_file_named_like_a_pattern_is_one_file(write, tmp_path):
    (tmp_path / "100%done.raw").write_bytes(lps_voxels().tobytes())
    same(write(tmp_path / "s.hdr", data="100%done.raw"))


@WRITERS
@pytest.mark.parametrize("outside", ["../s004.raw", "link.raw"])
def test_no_file_of_a_list_is_read_outside_the_folder(write, outside, tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    names = slices(inner)
    os.rename(inner / names[3], tmp_path / names[3])
    (inner / "link.raw").symlink_to(tmp_path / names[3])
    names[3] = outside
    path = write(inner / "s.hdr", data="LIST", tail="\n".join(names).encode())
    assert refusal(path)[0] == "outside-folder"


@WRITERS
def test_no_file_of_a_pattern_is_read_outside_the_folder(write, tmp_path):
    slices(tmp_path)
    (tmp_path / "inner").mkdir()
    path = write(tmp_path / "inner" / "s.hdr", data=f"../s%03d.raw 1 {N} 1")
    assert refusal(path)[0] == "outside-folder"


@WRITERS
@pytest.mark.parametrize(
    ("change", "slug", "seen"),
    [
        (lambda names: names[:-1], "truncated", "names 4 files of voxels; its sizes need 5"),
        (lambda names: [*names, "more.raw"], "size-mismatch", "names 6 files"),
        (lambda names: [*names[:-1], names[0]], "unreadable", "named twice"),
        (lambda names: [*names[:-1], "none.raw"], "unreadable", "none.raw, are not beside it"),
        (lambda names: [*names[:-1], "short.raw"], "truncated", "file 5 of s.hdr holds 80 of"),
        (lambda names: [*names[:-1], "long.raw"], "size-mismatch", "file 5 of s.hdr holds 88 "),
    ],
)
def test_a_list_that_is_not_whole_is_refused(write, change, slug, seen, tmp_path):
    names = slices(tmp_path)
    (tmp_path / "more.raw").write_bytes(bytes(84))
    (tmp_path / "short.raw").write_bytes(bytes(80))
    (tmp_path / "long.raw").write_bytes(b"x" * 88)
    tail = "\n".join(change(names)).encode()
    found = refusal(write(tmp_path / "s.hdr", data="LIST", tail=tail))
    assert found[0] == slug and seen in found[1]


@WRITERS
@pytest.mark.parametrize(
    ("data", "slug"),
    [
        ("s%03d.raw 1 4 1", "truncated"),
        ("s%03d.raw 1 6 1", "unreadable"),  # the sixth is not there
        ("s%03d.raw 1 5 0", "unreadable"),
        ("s%03d.raw 1 999999999 1", "unreadable"),
        ("s%03d.raw 1 5 1 9", "unreadable"),
        ("s%999d.raw 1 5 1", "unreadable"),
        ("s%s.raw 1 5 1", "unreadable"),
        ("s%03d.raw" + " 1" * 9999, "unreadable"),
        ("LIST x", "unreadable"),
        ("LIST 9", "unreadable"),
    ],
)
def test_a_pattern_that_cannot_be_meant_is_refused(write, data, slug, tmp_path):
    slices(tmp_path)
    assert refusal(write(tmp_path / "s.hdr", data=data))[0] == slug
