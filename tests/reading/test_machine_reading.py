"""The machine's failures are errors to try again; what is wrong with a scan is a refusal."""

import errno
import os
import resource
from contextlib import contextmanager

import pytest
from chest import write_scan

from pylayers.errors import MachineError, ScanRefused
from pylayers.reading import scan, voxel_bytes
from pylayers.reading.scan import read_labels, read_scan


@pytest.fixture(scope="module")
def scans(chest, tmp_path_factory):
    folder = tmp_path_factory.mktemp("scans")
    for suffix in ("mha", "nrrd", "nii.gz"):
        write_scan(folder / f"chest.{suffix}", chest.hu)
    return folder


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.EMFILE, errno.ENOMEM])
@pytest.mark.parametrize("suffix", ["mha", "nrrd", "nii.gz"])
def test_a_disk_that_fails_is_no_refusal(number, suffix, scans, monkeypatch):
    def fails(path):
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(scan, "header_beside", fails)
    with pytest.raises(MachineError) as caught:
        read_scan(scans / f"chest.{suffix}")
    assert str(caught.value).startswith(f"reading chest.{suffix}: ")
    assert str(scans) not in str(caught.value)  # folders may have names of patients


@pytest.mark.parametrize("number", [errno.EACCES, errno.ENAMETOOLONG, errno.EISDIR, errno.ENOTDIR])
def test_what_is_wrong_with_a_file_or_its_name_is_a_refusal(number, scans, monkeypatch):
    def fails(_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(scan, "header_beside", fails)
    with pytest.raises(ScanRefused, match=f"unreadable: .*{os.strerror(number)}"):
        read_scan(scans / "chest.mha")


@contextmanager
def limited(what, value):
    before = resource.getrlimit(what)
    resource.setrlimit(what, (value, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(what, before)


def test_too_many_open_files_are_no_refusal(scans):
    with (
        limited(resource.RLIMIT_NOFILE, 3),
        pytest.raises(MachineError, match=r"reading chest.mha: Too many open files"),
    ):
        read_scan(scans / "chest.mha")


@pytest.mark.parametrize("read", [read_scan, lambda path: read_labels(path, like=None)])
def test_too_little_memory_is_no_refusal(read, scans, monkeypatch):
    def fails(_):
        raise MemoryError

    monkeypatch.setattr(scan, "header_of", fails)
    with pytest.raises(MachineError, match=r"reading chest.nrrd: not enough memory"):
        read(scans / "chest.nrrd")


def test_a_compressed_stream_from_a_failing_disk_is_not_called_damaged(scans, monkeypatch):
    def fails(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(voxel_bytes, "plain", fails)
    with pytest.raises(MachineError, match="Input/output error"):
        read_scan(scans / "chest.nii.gz")
