"""score_cohort and prepare_cohort on a real Dask cluster of loopback: the same bytes as locally."""

import csv
import os
import signal
import subprocess
import sys

import pytest
from chest import make_chest, write_scan
from conftest import ROOT
from dask_cluster import dask_scheduler, dask_workers
from gate import Gate, started
from processes import LIMIT_S, finished, wait_for

from tools import prepare_cohort, score_cohort

GATED = ("--preload", "tests.helpers.gated_scores")
PROGRAM = ROOT / "tools/score_cohort.py"


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    """A folder with four chests, one file that is none, and scans.csv, which names one more."""
    folder = tmp_path_factory.mktemp("scans")
    for number in range(4):
        write_scan(folder / f"c{number}.nrrd", make_chest(seed=number).hu)
    (folder / "bad.nrrd").write_bytes(b"NRRD0004\n")
    names = ("c2", "gone", "c0", "bad", "c3", "c1")
    lines = ("scan_id,path,fev1pp", *(f"{name},{name}.nrrd,70" for name in names))
    (folder / "scans.csv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture
def scheduler(tmp_path):
    """The file of a scheduler."""
    with dask_scheduler(tmp_path) as file:
        yield file


def files(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.caffe
def test_scores_are_the_same_bytes_whatever_dies_on_the_way(scans, random_run, scheduler, tmp_path):
    """One of two Dask workers is killed at a scan; then the program is, and goes on."""
    outs = [tmp_path / name for name in ("local", "dask")]
    for out in outs:
        out.mkdir()
    options = ("--weights", random_run.path, "--contributions", "--quiet", "--out")
    local, dask = (
        [str(o) for o in (scans / "scans.csv", *options, out / "scores.csv")] for out in outs
    )
    assert score_cohort.main([*local, "--workers", "1"]) == 0
    gate = Gate(tmp_path / "gate", "c0", "c3", "c1")
    dask += ["--scheduler", str(scheduler)]
    with dask_workers(scheduler, 2, *GATED, env=gate.env) as workers:
        with started(gate, PROGRAM, *dask) as process:
            (victim,) = gate.reached(process, "c0")
            (killed,) = (worker for worker in workers if parent_of(victim) == worker.pid)
            os.kill(killed.pid, signal.SIGKILL)
            gate.open("c0", "c3")
            gate.reached(process, "c1")
            wait_for(lambda: finished(outs[1] / ".scores.csv.journal") == 4, process)
            process.kill()
        with started(gate, PROGRAM, *dask, "--continue") as process:
            _, err = process.communicate(timeout=LIMIT_S)
    assert (process.returncode, err) == (0, "")
    assert files(outs[1]) == files(outs[0])
    tries = [name for name, _ in gate.passed()]
    assert sorted(tries) == sorted(["c2", "gone", "c0", "bad", "c3", "c1", "c0", "c1"])


@pytest.mark.caffe
def test_a_scan_that_kills_its_dask_worker_twice_is_an_error_row(
    scans, random_run, scheduler, tmp_path
):
    (scans / "two.txt").write_text("c0.nrrd\nc1.nrrd\n")
    options = ("--weights", random_run.path, "--quiet", "--out", tmp_path / "scores.csv")
    gate = Gate(tmp_path / "gate", "c0")
    with (
        dask_workers(scheduler, 3, *GATED, env=gate.env) as workers,
        started(gate, PROGRAM, scans / "two.txt", *options, "--scheduler", scheduler) as process,
    ):
        for time in (1, 2):
            wait_for(lambda: len(pids_at(gate, "c0")) == time, process)  # noqa: B023
            os.kill(parent_of(pids_at(gate, "c0")[-1]), signal.SIGKILL)
        _, err = process.communicate(timeout=LIMIT_S)
        assert sum(worker.poll() == -signal.SIGKILL for worker in workers) == 2
    assert process.returncode == 1
    assert err == "error: c0: the Dask worker that had it was lost\n"
    with (tmp_path / "scores.csv").open(newline="") as file:
        lost, scored = csv.DictReader(file)
    assert (lost["refused"], lost["sentence"]) == ("error", "the Dask worker that had it was lost")
    assert scored["fev1pp"] and not scored["refused"]


def pids_at(gate, stop):
    return [pid for name, pid in gate.passed() if name == stop]


def parent_of(pid):
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rsplit(")", 1)[1].split()[1])


def test_stores_are_the_same_bytes(scans, scheduler, tmp_path):
    outs = [tmp_path / name for name in ("local", "dask")]
    local, dask = ([str(scans / "scans.csv"), "--out", str(out), "--quiet"] for out in outs)
    assert prepare_cohort.main([*local, "--workers", "1"]) == 0
    with dask_workers(scheduler, 2):
        assert prepare_cohort.main([*dask, "--scheduler", str(scheduler)]) == 0
    made = [files(out) for out in outs]
    for one in made:
        one.pop(next(path for path in one if path.name == ".lock"))
    assert made[0] == made[1] and len(made[0]) == 6


def test_a_dead_address_is_one_line_before_any_work(scans, run_tool, tmp_path):
    options = ("--out", "out", "--scheduler", "tcp://127.0.0.1:1")
    done = run_tool("prepare_cohort", scans / "scans.csv", *options)
    assert (done.returncode, done.stderr) == (
        2,
        "error: --scheduler tcp://127.0.0.1:1: no Dask scheduler answers: nothing answers within "
        "5 s\n",
    )
    assert os.listdir(tmp_path) == []


def test_workers_of_this_machine_and_of_a_scheduler_exclude_each_other(scans, run_tool):
    options = ("--workers", "2", "--scheduler", "host:8786", "--out", "out")
    done = run_tool("score_cohort", scans / "scans.csv", *options)
    assert done.returncode == 2 and done.stderr.endswith("give one of the two\n")


CODE = """
import sys
from pylayers.errors import UsageError
from tools import prepare_cohort, score_cohort
for program in (prepare_cohort, score_cohort):
    try:
        program.main([sys.argv[1], "--out", sys.argv[2], "--timeout", "0"])
    except UsageError as error:
        assert "--timeout 0 is not above 0" in str(error)
assert not {"asyncio", "distributed", "dask"} & sys.modules.keys()
"""


def test_without_a_scheduler_nothing_of_dask_is_imported(scans, tmp_path):
    words = [sys.executable, "-c", CODE, scans / "scans.csv", tmp_path / "out"]
    subprocess.run(words, check=True, cwd=ROOT)
