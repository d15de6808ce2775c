"""The machine's failures are not the scan's: no refusal, but an error to try again."""

import errno
import os
from pathlib import Path

import pytest
from chest import write_scan
from formats import ORIGIN_MM, SPACING_MM, image_of, lps_voxels, write_format

from pylayers.errors import MachineError, ScanRefused
from pylayers.reading.scan import read_scan
from tools.workers.worker_side import sentence_of

MACHINE = ("ENOSPC", "EDQUOT", "EIO", "ENOMEM", "EMFILE")


def fails_with(monkeypatch, error, name=""):
    """Let every file of that ending fail to open with an error."""
    opened = Path.open

    def refuse(path, *args, **kwargs):
        if path.name.endswith(name):
            raise error
        return opened(path, *args, **kwargs)

    monkeypatch.setattr(Path, "open", refuse)


@pytest.mark.parametrize("code", MACHINE)
def test_what_the_machine_lacks_is_no_refusal(code, tmp_path, monkeypatch):
    path = write_scan(tmp_path / "scan.mha", lps_voxels())
    number = getattr(errno, code)
    fails_with(monkeypatch, OSError(number, os.strerror(number)))
    with pytest.raises(MachineError, match=r"reading scan\.mha: "):
        read_scan(path)


def test_too_little_memory_is_no_refusal(tmp_path, monkeypatch):
    path = write_scan(tmp_path / "scan.mha", lps_voxels())
    fails_with(monkeypatch, MemoryError())
    with pytest.raises(MachineError, match="not enough memory; try again"):
        read_scan(path)


def test_a_file_that_must_not_be_read_is_a_refusal(tmp_path, monkeypatch):
    path = write_scan(tmp_path / "scan.mha", lps_voxels())
    fails_with(monkeypatch, PermissionError(errno.EACCES, "Permission denied"))
    with pytest.raises(ScanRefused) as caught:
        read_scan(path)
    assert caught.value.slug == "unreadable"


@pytest.mark.parametrize("kind", ["DICOM folder", "DICOM zip"])
@pytest.mark.parametrize("code", MACHINE)
def test_a_slice_that_the_disk_does_not_give_is_no_damaged_slice(code, kind, tmp_path, monkeypatch):
    image = image_of(lps_voxels(), SPACING_MM, ORIGIN_MM)
    path = write_format(tmp_path, kind, image)
    number = getattr(errno, code)
    names = {"DICOM folder": "IM0003", "DICOM zip": "00003"}
    fails_with(monkeypatch, OSError(number, os.strerror(number)), names[kind])
    with pytest.raises(MachineError):
        read_scan(path)


def test_a_row_says_what_the_machine_lacked_but_no_more_of_other_errors():
    assert sentence_of(MachineError("the disk is full")) == "the disk is full"
    try:
        raise ValueError("/home/Doe^Jane")
    except ValueError as error:
        assert "Doe" not in sentence_of(error)
