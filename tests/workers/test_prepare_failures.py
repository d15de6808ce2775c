"""What can go wrong while a cohort is prepared, and that nothing finished is lost by it."""

import csv
import os
import shutil
import signal
import subprocess
import sys

import h5py
import pytest
from chest import make_chest, write_scan
from conftest import ROOT
from processes import running, wait_for, workers_of

from pylayers.cohort.cohort import read_cohort
from pylayers.cohort.store import read_crop
from pylayers.cohort.stored_crops import read_grids
from pylayers.errors import CohortError, MachineError, UsageError
from pylayers.files.folder_lock import FolderLock
from tools import prepare_cohort, split_cohort
from tools.workers.worker_setup import PrepareSetup

CODE = """
import sys
from pylayers.command_line import exit_codes
from tools import prepare_cohort
from tools.workers import worker_setup
worker_setup.PrepareSetup.module = "tests.helpers.fake_prepare_worker"
sys.exit(exit_codes.run(prepare_cohort.main))
"""


@pytest.fixture(scope="module")
def chests(tmp_path_factory):
    """A folder with the scans 0.nrrd and 1.nrrd."""
    folder = tmp_path_factory.mktemp("chests")
    for seed in range(2):
        write_scan(folder / f"{seed}.nrrd", make_chest(seed=seed).hu)
    return folder


@pytest.fixture
def table(chests, tmp_path, monkeypatch):
    """A function that writes a table of scans with these names, or of these rows."""
    monkeypatch.setattr(PrepareSetup, "module", "tests.helpers.fake_prepare_worker")

    def write(*names, header="scan_id,path", name="t.csv"):
        lines = [row if "," in row else f"{row},{chests}/0.nrrd" for row in names]
        (tmp_path / name).write_text("\n".join([header, *lines]) + "\n")
        return tmp_path / name

    return write


def arguments(path, *options):
    out = path.parent / "cohort"
    return [str(path), "--out", str(out), "--workers", "1", "--quiet", *options]


def prepared(path, *options):
    """Exit code, scan_ids of cohort.csv and what is said of the rejected."""
    code = prepare_cohort.main(arguments(path, *options))
    return code, *listed(path.parent / "cohort")


def listed(cohort):
    rejected = {}
    if (cohort / "rejected.csv").exists():
        with (cohort / "rejected.csv").open(newline="") as file:
            rejected = {row["scan_id"]: row["reason"] for row in csv.DictReader(file)}
    scans = read_cohort(cohort).scans if (cohort / "cohort.csv").exists() else ()
    return [scan.scan_id for scan in scans], rejected


@pytest.mark.parametrize(
    ("number", "code", "word"),
    [(signal.SIGINT, 130, "Ctrl-C"), (signal.SIGTERM, 143, "SIGTERM"), (signal.SIGKILL, -9, None)],
)
def test_a_stop_ends_within_a_scan_and_keeps_what_is_stored(number, code, word, table, tmp_path):
    path, cohort = table("a", "hang", "b"), tmp_path / "cohort"
    command = [sys.executable, "-c", CODE, *arguments(path)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        wait_for((cohort / "hang").exists)
        (worker,) = workers_of(process.pid, "fake_prepare_worker")
        process.send_signal(number)
        said = process.communicate(timeout=30)[1]
    assert process.returncode == code
    wait_for(lambda: not running(worker), 5.0)
    assert sorted(p.name for p in (cohort / "scans").iterdir()) == ["a.h5"]
    assert not (cohort / "cohort.csv").exists()
    if word:
        assert said == f"stopped by {word}; what is stored is kept, the same command goes on\n"
        assert not (cohort / prepare_cohort.SCRATCH).exists()
    stored = (cohort / "scans/a.h5").stat().st_mtime_ns
    (cohort / "scans/.b.h5.123").touch()  # half a store
    for theirs in (".mine.1", "scans/.mine.1"):
        (cohort / theirs).touch()
    assert prepared(path) == (0, ["a", "hang", "b"], {})
    assert (cohort / "scans/a.h5").stat().st_mtime_ns == stored
    assert sorted(p.name for p in cohort.rglob(".*")) == [".lock", ".mine.1", ".mine.1"]


def test_a_failure_that_is_not_the_scans_is_named_and_tried_again(table, capsys):
    fails = {
        "killed-twice": "the worker process was killed, as when memory runs out",
        "hang-twice": "no answer within 2 s",
        "memory": "the machine failed: not enough memory",
        "bug": "unexpected ValueError in fake_prepare_worker.py:",
    }
    path = table("a", *fails, "killed", "b")
    code, kept, rejected = prepared(path, "--timeout", "2", "--workers", "2")
    assert (code, kept) == (1, ["a", "killed", "b"])  # one worker's death costs nothing
    assert rejected == dict.fromkeys(fails, "error")
    said = capsys.readouterr().err
    assert all(f"error: {name}: {what}" in said for name, what in fails.items())
    for name in ("memory", "bug"):
        (path.parent / "cohort" / name).touch()
    assert prepared(table("a", "memory", "bug")) == (0, ["a", "memory", "bug"], {})


def test_where_all_fails_the_machine_is_named(table):
    with pytest.raises(MachineError, match=r"none of the 1 scans .*not enough memory"):
        prepared(table("memory"))


def test_a_full_disk_ends_the_run_in_one_line_and_keeps_what_is_stored(table, tmp_path, capsys):
    path, cohort = table("a", "full", "b", "c"), tmp_path / "cohort"
    assert prepared(path) == (1, [], {})
    store = cohort / "scans/full.h5"
    assert capsys.readouterr().err == (
        f"error: {store} cannot be written: No space left on device; what is stored is kept, the "
        "same command goes on\n"
    )
    assert sorted(p.name for p in (cohort / "scans").iterdir()) == ["a.h5"]
    (cohort / "full").touch()
    assert prepared(path) == (0, ["a", "full", "b", "c"], {})


def test_no_path_of_a_row_stops_the_others(table, chests):
    rows = {
        "null": ("x\0y", "not-found"),
        "long": ("n" * 300, "unreadable"),
        "longer": ("n/" * 3000, "unreadable"),
        "device": ("/dev/zero", "unreadable"),
        "inside": (f"{chests}/0.nrrd/x", "not-found"),
    }
    path = table(*(f"{name},{path}" for name, (path, _) in rows.items()), "a")
    code, kept, rejected = prepared(path)
    assert (code, kept) == (0, ["a"])
    assert rejected == {name: slug for name, (_, slug) in rows.items()}


def test_two_cannot_work_in_one_folder(table, tmp_path):
    path, cohort = table("a"), tmp_path / "cohort"
    prepared(path)
    before = (cohort / "cohort.csv").read_bytes()
    with FolderLock(cohort, "other"):
        for main, options in (
            (prepare_cohort.main, arguments(path)),
            (split_cohort.main, [cohort]),
        ):
            with pytest.raises(UsageError, match="another prepare_cohort or split_cohort is at"):
                main(list(map(str, options)))
    assert (cohort / "cohort.csv").read_bytes() == before


@pytest.mark.parametrize("obstacle", ["cohort.csv", "rejected.csv", "scans", ""])
def test_what_cannot_be_written_is_said_before_a_scan_is_read(obstacle, table, tmp_path):
    path, cohort = table("hang"), tmp_path / "cohort"
    place = cohort / obstacle
    place.parent.mkdir(exist_ok=True)
    place.mkdir() if obstacle.endswith(".csv") else place.touch()
    with pytest.raises(UsageError, match=f"{obstacle or 'cohort'}: is (a|no) folder"):
        prepared(path)


@pytest.mark.parametrize("name", ["cohort.csv", "rejected.csv"])
def test_the_table_itself_is_not_overwritten(name, table, tmp_path):
    (tmp_path / "cohort").mkdir()
    path = table("a", name=f"cohort/{name}")
    before = path.read_bytes()
    with pytest.raises(UsageError, match=f"{name} is an input; it would be overwritten"):
        prepare_cohort.main([str(path), "--out", str(path.parent), "--quiet"])
    assert path.read_bytes() == before


def check_stores(cohort):
    """Hold a cohort's stores in training against its table."""
    read_grids(cohort, cohort.labelled("train", "fev1fvc"))


@pytest.fixture
def labelled(table, chests):
    """A cohort of two scans in training, whose table and stores agree."""
    rows = (f"a,{chests}/0.nrrd,train,0.5", f"b,{chests}/1.nrrd,train,0.6")
    path = table(*rows, header="scan_id,path,split,fev1fvc")
    assert prepared(path)[0] == 0
    cohort = path.parent / "cohort"
    check_stores(read_cohort(cohort))
    return cohort


def test_stores_of_another_table_are_recognised(labelled):
    a, b = (labelled / "scans" / f"{name}.h5" for name in "ab")
    shutil.copy(b, a)
    with pytest.raises(CohortError, match=r"a\.h5 is damaged or holds another scan than cohort"):
        check_stores(read_cohort(labelled))
    a.write_bytes(b.read_bytes()[:1000])
    with pytest.raises(CohortError, match=r"a\.h5 is damaged or"):
        check_stores(read_cohort(labelled))
    os.unlink(a)
    with pytest.raises(CohortError, match=r"a\.h5 is missing; run"):
        check_stores(read_cohort(labelled))


def test_a_crop_that_is_read_whole_is_what_was_stored(labelled):
    path = labelled / "scans/a.h5"
    with h5py.File(path, "r+") as file:
        file["hu"][3] += 1  # with a checksum of its own
    with pytest.raises(CohortError, match=r"a\.h5 is not what was stored; remove it and"):
        read_crop(path)
    with pytest.raises(CohortError, match=r"c\.h5 is missing or damaged"):
        read_crop(labelled / "scans/c.h5")
