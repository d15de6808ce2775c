"""score_scan and score_cohort see the same files of a folder."""

import os
from pathlib import Path

import numpy as np
import pytest
from dicom_writer import SLICES, refused, voxels, write

from pylayers.reading.dicom_start import is_dicom_file
from pylayers.reading.folder_walk import folders_of
from pylayers.reading.scan import read_scan
from tools.scan_lists.scan_list import jobs_of
from tools.scan_lists.scan_table import ScanJob, source_key


def both_see(folder: Path):
    """Assert that one tool reads the series and the other finds it."""
    np.testing.assert_array_equal(read_scan(folder).hu, voxels())
    assert len(jobs_of(folder)) == 1


def without_preamble(paths, with_meta):
    for path in paths:
        data = path.read_bytes()
        start = 128 + 4 if with_meta else 132 + 12 + int.from_bytes(data[140:144], "little")
        path.write_bytes(data[start:])


@pytest.mark.parametrize("with_meta", [False, True])
def test_dicom_without_preamble_is_dicom(with_meta, tmp_path):
    without_preamble(write(tmp_path / "s"), with_meta)
    both_see(tmp_path)


def test_a_link_to_the_folder_of_a_series_is_followed(tmp_path):
    write(tmp_path / "store" / "ct")
    (tmp_path / "patient").mkdir()
    (tmp_path / "patient" / "series").symlink_to(tmp_path / "store" / "ct")
    both_see(tmp_path / "patient")


def test_links_to_slices_are_followed(tmp_path):
    (tmp_path / "patient").mkdir()
    for path in write(tmp_path / "store"):
        (tmp_path / "patient" / path.name).symlink_to(path)
    both_see(tmp_path / "patient")


def test_loops_and_second_ways_into_a_folder_end(tmp_path):
    folder = tmp_path / "s"
    write(folder)
    (folder / "loop").symlink_to(folder)
    (folder / "up").symlink_to(tmp_path)
    (folder / "self").symlink_to("self")
    (folder / "gone").symlink_to("nowhere")
    (folder / "inner").mkdir()
    (folder / "inner" / "back").symlink_to(folder)
    os.mkfifo(folder / "pipe")
    both_see(folder)
    assert [place for place, _ in folders_of(folder)].count(folder) == 1


def test_hidden_copies_are_passed_over_by_both(tmp_path):
    write(tmp_path)
    write(tmp_path / ".snapshot", hu=voxels(9))
    both_see(tmp_path)


def test_a_series_over_several_folders_is_one(tmp_path):
    write(tmp_path / "1", lambda index, ds: index < 9)
    write(tmp_path / "2", lambda index, ds: index >= 9)
    np.testing.assert_array_equal(read_scan(tmp_path).hu, voxels())


@pytest.mark.parametrize(
    "content",
    [
        b"\x08\x00 begins like old DICOM",
        b"\x08\x00",
        b"\x02\x00" + bytes(200),
        b"text" * 99,
    ],
)
def test_what_only_begins_like_dicom_is_none(content, tmp_path):
    (tmp_path / "notes").write_bytes(content)
    assert not is_dicom_file(tmp_path / "notes") or refused(tmp_path).slug == "no-series"
    write(tmp_path / "s")
    np.testing.assert_array_equal(read_scan(tmp_path).hu, voxels())


def test_voxels_that_begin_like_dicom_are_not_taken_for_it(tmp_path):
    raw = np.array([8, 5, 32, 0, *range(2000)], np.int16).tobytes()
    (tmp_path / "scan.img").write_bytes(raw)
    assert "voxels without a header" in refused(tmp_path / "scan.img").sentence


@pytest.mark.parametrize("with_meta", [False, True])
def test_one_slice_without_preamble_alone_is_known(with_meta, tmp_path):
    path = write(tmp_path)[0]
    without_preamble([path], with_meta)
    assert "one DICOM file; give the folder" in refused(path).sentence


def test_a_series_behind_a_link_is_prepared_again_when_it_changes(tmp_path):
    paths = write(tmp_path / "store")
    (tmp_path / "patient").mkdir()
    (tmp_path / "patient" / "series").symlink_to(tmp_path / "store")
    job = ScanJob(tmp_path / "patient", scan_id="a")
    before = source_key(job)
    os.utime(paths[0], (1, 1))
    assert source_key(job) != before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_must_not_be_read_is_said(tmp_path):
    write(tmp_path / "s")
    os.chmod(tmp_path / "s", 0)
    assert "Permission denied" in refused(tmp_path).sentence


def test_the_first_real_folder_gives_its_name(tmp_path):
    write(tmp_path / "z")
    (tmp_path / "a").symlink_to(tmp_path / "z")
    assert [job.scan_id for job in jobs_of(tmp_path)] == ["z"]
    assert read_scan(tmp_path).hu.shape[0] == SLICES
