"""Where outputs go: links, devices and pipes stay what they are, nothing is half written."""

import errno
import os
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from conftest import ROOT

from pylayers.errors import MachineError, UsageError
from pylayers.files.output_check import check_folder, check_output
from pylayers.files.whole_file import (
    partial_of,
    remove_partials,
    whole_file,
    write_json,
    write_whole,
)


@pytest.fixture
def places(tmp_path):
    """A folder with real/old.json and links to it, to nothing yet, and to that link."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real/old.json").write_text("old")
    (tmp_path / "old").symlink_to("real/old.json")
    (tmp_path / "new").symlink_to(tmp_path / "real/new.json")
    (tmp_path / "far").symlink_to("new")
    return tmp_path


@pytest.mark.parametrize(("link", "target"), [("old", "old"), ("new", "new"), ("far", "new")])
def test_a_link_stays_and_its_target_is_written(link, target, places):
    check_output(places / link)
    write_whole(places / link, "content")
    assert (places / link).is_symlink()
    assert (places / f"real/{target}.json").read_text() == "content"
    assert {p.name for p in places.rglob(".*")} == set()


def test_a_target_is_replaced_whole_and_keeps_its_mode(places):
    os.chmod(places / "real/old.json", 0o600)
    with (places / "real/old.json").open() as before:
        write_whole(places / "old", "content")
        assert before.read() == "old"  # by a rename: whoever reads has the old file
    assert stat.S_IMODE((places / "real/old.json").stat().st_mode) == 0o600
    with pytest.raises(ZeroDivisionError), whole_file(places / "old") as partial:
        partial.write_text("half")
        raise ZeroDivisionError
    assert (places / "old").read_text() == "content"
    assert sorted(p.name for p in (places / "real").iterdir()) == ["old.json"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes devices")
@pytest.mark.parametrize("via", ["null", "link"])
def test_a_device_stays_one(via, tmp_path):
    os.mknod(tmp_path / "null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    (tmp_path / "link").symlink_to("null")
    check_output(tmp_path / via)
    write_json(tmp_path / via, {"a": 1})
    assert stat.S_ISCHR((tmp_path / "null").stat().st_mode) and (tmp_path / "link").is_symlink()


def test_a_pipe_is_written_into(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    check_output(tmp_path / "pipe")  # nobody reads yet
    read = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_text()))
    reader.start()
    write_whole(tmp_path / "pipe", "content")
    reader.join(10)
    assert read == ["content"] and stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


WRITES = """
import sys
from pathlib import Path
from pylayers.files.output_check import check_output
from pylayers.files.whole_file import write_whole
check_output(sys.argv[1], "--json")
print("before", flush=True)
write_whole(Path(sys.argv[1]), "content\\n")
print("after")
"""


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link"])
@pytest.mark.parametrize("into", ["pipe", "file"])
def test_stdout_by_name_holds_all_that_is_printed_and_written(name, into, tmp_path):
    (tmp_path / "link").symlink_to("/dev/stdout")
    (tmp_path / "code.py").write_text(WRITES)
    more = "| cat > out" if into == "pipe" else "> out"
    command = f"{sys.executable} code.py {name} {more}"
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run(["bash", "-c", command], cwd=tmp_path, env=env, check=True)
    assert (tmp_path / "out").read_text() == "before\ncontent\nafter\n"


def test_a_shells_process_substitution_is_written_into(tmp_path):
    (tmp_path / "code.py").write_text(WRITES)
    command = f"{sys.executable} code.py >(tr a-z A-Z > up; echo > told) && read < told"
    os.mkfifo(tmp_path / "told")
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run(["bash", "-c", command], cwd=tmp_path, env=env, check=True, timeout=60)
    assert (tmp_path / "up").read_text() == "CONTENT\n"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("none/x.json", "--json none/x.json: there is no folder none"),
        ("file/x.json", "--json file/x.json cannot be written: Not a directory"),
        ("folder", "--json folder: is a folder"),
        ("to_folder", "--json to_folder: is a folder"),
        ("n" * 256, "cannot be written: File name too long"),
        ("circle", "cannot be written: Too many levels of symbolic links"),
        ("nowhere", "there is no folder .*/gone"),
        ("socket", "cannot be written: it is a socket"),
        ("scan.mha", "--json scan.mha is an input; it would be overwritten"),
        ("to_scan", "--json to_scan is an input; it would be overwritten"),
        ("scan.raw", "--json scan.raw is an input; it would be overwritten"),
        ("dicom/1", "--json dicom/1 is an input; it would be overwritten"),
        ("x\0y", "is not a file name"),
    ],
)
def test_what_cannot_be_written_is_said_before_the_work(name, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("folder", "dicom"):
        Path(folder).mkdir()
    for file in ("file", "scan.mha", "scan.raw", "scan.json", "dicom/score.json"):
        Path(file).touch()
    Path("dicom/1").write_bytes(b"\0" * 128 + b"DICM")
    links = {"to_folder": "folder", "circle": "circle", "nowhere": "gone/x", "to_scan": "scan.mha"}
    for link, target in links.items():
        Path(link).symlink_to(target)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError, match=says):
        check_output(name, "--json", inputs=("scan.mha", "dicom", None))
    check_output("n" * 255)
    for again in ("dicom/new", "dicom/score.json", "scan.json"):
        check_output(again, "--json", inputs=("scan.mha", "dicom"))
    assert sorted(tmp_path.rglob("*")) == before


def test_a_name_as_long_as_the_disk_allows_is_written(tmp_path):
    for name in ("n" * 255, "\N{GREEK SMALL LETTER ALPHA}" * 127):
        write_whole(tmp_path / name, "content")
        assert (tmp_path / name).read_text() == "content"
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes devices")
def test_a_disk_is_not_written_to(tmp_path):
    os.mknod(tmp_path / "disk", 0o600 | stat.S_IFBLK, os.makedev(7, 250))
    with pytest.raises(UsageError, match="cannot be written: it is a disk"):
        check_output(tmp_path / "disk")
    with pytest.raises(MachineError, match="it is a disk"):
        write_whole(tmp_path / "disk", "content")


def test_a_folder_is_made_and_what_is_in_its_place_is_said(tmp_path):
    check_folder(tmp_path / "a/b", "--out", files=("x.csv",))
    assert list((tmp_path / "a/b").iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"--out .*/file: is not a folder"):
        check_folder(tmp_path / "file", "--out")
    with pytest.raises(UsageError, match="cannot be made: Not a directory"):
        check_folder(tmp_path / "file/x", "--out")
    (tmp_path / "a/b/x.csv").mkdir()
    with pytest.raises(UsageError, match=r"x.csv: is a folder"):
        check_folder(tmp_path / "a/b", "--out", files=("x.csv",))


def test_a_full_disk_is_the_machines_and_leaves_the_old_file(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    write_whole(tmp_path / "a", "old")
    monkeypatch.setattr(os, "fsync", full)
    for name in ("a", "b"):
        says = f"{tmp_path / name} cannot be written: No space left on device"
        with pytest.raises(MachineError) as caught:
            write_whole(tmp_path / name, "new")
        assert str(caught.value) == says
    assert [p.read_text() for p in tmp_path.iterdir()] == ["old"]


def test_a_full_device_is_said(tmp_path):
    (tmp_path / "link").symlink_to("/dev/full")
    for path in ("/dev/full", tmp_path / "link"):
        check_output(path)
        with pytest.raises(MachineError, match="cannot be written: No space left on device"):
            write_whole(Path(path), "content")


def test_an_error_of_a_file_that_is_read_is_not_blamed_on_the_output(tmp_path):
    with pytest.raises(FileNotFoundError, match="none"), whole_file(tmp_path / "a"):
        (tmp_path / "none").read_text()


def test_what_a_killed_program_left_is_found_whatever_the_length_of_the_name(tmp_path):
    names = ("a.h5", "n" * 252 + ".h5", "n" * 255, "a." + "b" * 100)
    for name in names:
        partial_of(tmp_path / name).touch()
    assert len(list(tmp_path.iterdir())) == len(names)
    remove_partials(tmp_path, ".h5")
    assert len(list(tmp_path.iterdir())) == len(names) - 2
    remove_partials(tmp_path)
    assert list(tmp_path.iterdir()) == []
