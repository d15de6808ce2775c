"""Zips and tars are read as the folder that they were made from, within limits."""

import bz2
import gzip
import io
import os
import shutil
import tarfile
import zipfile

import pytest
from dicom_writer import (
    assert_read,
    refused,
    voxels,
    write,
)

from pylayers.errors import MachineError
from pylayers.reading import archive, scratch, tar_stream
from pylayers.reading.scan import read_scan
from tools.scan_lists.scan_list import jobs_of

MODES = {".tar": "w", ".tar.gz": "w:gz", ".tgz": "w:gz", ".tar.bz2": "w:bz2"}


def tar_of(folder, path, mode="w", form=tarfile.GNU_FORMAT, shuffled=True):
    """Pack a folder's files under a long name of a patient, in no order."""
    files = sorted(folder.iterdir())
    with tarfile.open(path, mode, format=form) as file:
        for one in files[::-1] if shuffled else files:
            file.add(one, f"study/{'Doe^Jane' * 20}/{one.name}")
    return path


@pytest.mark.parametrize("suffix", MODES)
def test_a_tar_is_read_as_its_folder(suffix, tmp_path):
    write(tmp_path / "s")
    assert_read(tar_of(tmp_path / "s", tmp_path / f"scan{suffix}", MODES[suffix]))


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_a_tar_may_have_any_writers_headers(form, tmp_path):
    write(tmp_path / "s")
    with tarfile.open(tmp_path / "scan", "w:gz", format=form) as file:  # its content tells
        file.add(tmp_path / "s", "s")
    assert_read(tmp_path / "scan")


def test_a_search_finds_tars(tmp_path):
    write(tmp_path / "s")
    for suffix in MODES:
        tar_of(tmp_path / "s", tmp_path / f"a{suffix[1:]}{suffix}", MODES[suffix])
    shutil.rmtree(tmp_path / "s")
    names = {job.scan_id for job in jobs_of(tmp_path)}
    assert names == {"atar", "atar.bz2", "atar.gz", "atgz"}


def test_what_is_no_regular_file_is_left_in_the_tar(tmp_path):
    write(tmp_path / "s")
    (tmp_path / "secret").write_bytes(b"x")
    with tarfile.open(tmp_path / "scan.tar", "w") as file:
        for kind, target in (
            (tarfile.SYMTYPE, "/etc/passwd"),
            (tarfile.LNKTYPE, "../secret"),
            (tarfile.CHRTYPE, ""),
            (tarfile.FIFOTYPE, ""),
        ):
            member = tarfile.TarInfo(f"bad{kind}")
            member.type, member.linkname = kind, target
            file.addfile(member)
        for name in ("../../escaped", "/escaped"):
            member = tarfile.TarInfo(name)
            member.size = 3
            file.addfile(member, io.BytesIO(b"abc"))
        file.add(tmp_path / "s", "s")
    assert_read(tmp_path / "scan.tar")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s", "scan.tar", "secret"]
    assert not os.path.exists("/escaped")


def test_of_two_files_with_one_name_the_last_counts(tmp_path):
    old = write(tmp_path / "s", lambda index, ds: index == 4, voxels(7))
    new = write(tmp_path / "n")
    with tarfile.open(tmp_path / "scan.tar", "w") as file:
        file.add(old[0], new[4].name)
        for path in new:
            file.add(path, path.name)
    assert_read(tmp_path / "scan.tar")


@pytest.mark.parametrize("keep", [0.3, 0.61, 0.8])
@pytest.mark.parametrize("suffix", MODES)
def test_a_tar_that_is_cut_is_refused(suffix, keep, tmp_path):
    write(tmp_path / "s")
    path = tar_of(tmp_path / "s", tmp_path / f"scan{suffix}", MODES[suffix])
    data = path.read_bytes()
    path.write_bytes(data[: int(keep * len(data))])
    assert refused(path).slug in ("unreadable", "truncated")


def test_a_tar_that_ends_after_a_member_is_cut(tmp_path):
    write(tmp_path / "s")
    path = tar_of(tmp_path / "s", tmp_path / "scan.tar", shuffled=False)
    with tarfile.open(path) as file:
        last = file.getmembers()[-1]
    path.write_bytes(path.read_bytes()[: last.offset])
    assert refused(path).slug == "unreadable"


def test_a_damaged_header_in_the_middle_is_no_end(tmp_path):
    write(tmp_path / "s")
    path = tar_of(tmp_path / "s", tmp_path / "scan.tar")
    with tarfile.open(path) as file:
        at = file.getmembers()[12].offset_data - 512
    data = bytearray(path.read_bytes())
    data[at + 148 : at + 156] = b"7777777\0"  # its checksum
    path.write_bytes(data)
    assert refused(path).slug == "unreadable"


@pytest.mark.parametrize("suffix", [".tar.gz", ".tar.bz2"])
def test_a_packed_tar_must_pass_its_checksum(suffix, tmp_path):
    write(tmp_path / "s")
    path = tar_of(tmp_path / "s", tmp_path / f"scan{suffix}", MODES[suffix])
    data = bytearray(path.read_bytes())
    at = len(data) - 8 if suffix == ".tar.gz" else 10  # bzip2: that of the first block
    data[at : at + 4] = bytes(byte ^ 0x11 for byte in data[at : at + 4])
    path.write_bytes(data)
    assert refused(path).slug in ("corrupt", "unreadable")


def test_a_tar_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_BYTES", 1 << 20)
    with tarfile.open(tmp_path / "scan.tar.gz", "w:gz") as file:
        member = tarfile.TarInfo("zeros")
        member.size = 1 << 23
        file.addfile(member, io.BytesIO(bytes(member.size)))
    assert refused(tmp_path / "scan.tar.gz").slug == "too-large"


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_nothing_is_read_at_once_on_a_headers_word(kind, tmp_path):
    member = tarfile.TarInfo("long")
    member.type, member.size = kind, 5 << 30
    data = member.tobuf() + bytes(1 << 16)
    (tmp_path / "scan.tar").write_bytes(data)
    assert "has a name of 5,368,709,120 bytes" in refused(tmp_path / "scan.tar").sentence


def test_a_tar_of_folders_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(tar_stream, "MOST_MEMBERS", 50)
    with tarfile.open(tmp_path / "scan.tar.gz", "w:gz") as file:
        for number in range(60):
            member = tarfile.TarInfo(f"{number}")
            member.type = tarfile.DIRTYPE
            file.addfile(member)
    assert refused(tmp_path / "scan.tar.gz").slug == "too-large"


def test_too_many_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_FILES", 10)
    write(tmp_path / "s")
    assert refused(tar_of(tmp_path / "s", tmp_path / "scan.tar")).slug == "too-large"


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"Rar!\x1a\x07\0", "RAR"),
        (b"\xfd7zXZ\0", "xz"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
    ],
)
def test_an_archive_that_is_not_read_is_named_with_what_to_do(start, kind, tmp_path):
    (tmp_path / "scan").write_bytes(start + bytes(600))
    sentence = refused(tmp_path / "scan").sentence
    assert f"packed with {kind}, which is not read; pack it as .zip or .tar.gz" in sentence


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_what_is_packed_but_no_tar_is_no_known_format(pack, tmp_path):
    (tmp_path / "scan").write_bytes(pack(b"not a tar" * 100))
    assert refused(tmp_path / "scan").slug == "unreadable"


@pytest.mark.parametrize("suffix", [".zip", ".tar.gz"])
def test_a_full_disk_is_not_the_archives_fault(suffix, tmp_path, monkeypatch):
    write(tmp_path / "s")
    path = tmp_path / f"scan{suffix}"
    if suffix == ".zip":
        with zipfile.ZipFile(path, "w") as file:
            for one in (tmp_path / "s").iterdir():
                file.write(one, one.name)
    else:
        tar_of(tmp_path / "s", path, "w:gz")
    monkeypatch.setattr(scratch.tempfile, "TemporaryDirectory", full)
    with pytest.raises(MachineError, match="make room where files are unpacked"):
        read_scan(path)


@pytest.mark.parametrize("reason", ["unwritable", "gone"])
def test_a_machine_without_room_for_temporary_files_is_no_refusal(reason, tmp_path, monkeypatch):
    write(tmp_path / "s")
    path = tar_of(tmp_path / "s", tmp_path / "scan.tar")
    monkeypatch.setattr(scratch.tempfile, "tempdir", str(tmp_path / "nowhere"))
    if reason == "unwritable":
        (tmp_path / "nowhere").write_bytes(b"no folder")
    with pytest.raises(MachineError, match="set TMPDIR to one with room") as caught:
        read_scan(path)
    assert str(tmp_path) not in str(caught.value)


class full:
    """A folder on a disk that is full, which Linux has as a device."""

    def __init__(self, prefix):
        self.folder = scratch.tempfile.mkdtemp(prefix=prefix)
        for number in range(30):
            os.symlink("/dev/full", os.path.join(self.folder, f"unsorted-{number}"))

    def __enter__(self):
        return self.folder

    def __exit__(self, *_):
        shutil.rmtree(self.folder)
