"""Workers that crash, hang or cannot start: what becomes of their scans and of the others."""

import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from processes import running, wait_for

from pylayers.errors import WeightsError
from tools.scan_lists.scan_table import ScanJob
from tools.workers import worker_pool
from tools.workers.worker_pool import Lost, NoWorkers, answers
from tools.workers.worker_setup import ScoreSetup


@pytest.fixture(autouse=True)
def fake(monkeypatch):
    monkeypatch.setattr(ScoreSetup, "module", "tests.helpers.fake_worker")


def setup(run):
    """What fake workers are told; they write to the file `run`."""
    return ScoreSetup((str(run),), None, False, str(Path(run).absolute().parent))


@pytest.fixture
def log(tmp_path):
    return tmp_path / "log"


def answered(names, log, workers=2, limit_s=30.0):
    """Each scan's answer, and how often it was tried."""
    jobs = [ScanJob(Path("none"), scan_id=name) for name in names]
    got = [(job.scan_id, answer) for job, answer in answers(jobs, setup(log), workers, limit_s)]
    assert len(dict(got)) == len(got) == len(jobs)
    return dict(got), Counter(line.split()[0] for line in log.read_text().splitlines())


def test_every_scan_is_scored_once_by_as_many_workers_as_asked(log):
    names = [f"sleep{i}" for i in range(7)]
    got, tries = answered(names, log, workers=3)
    assert got == {name: f"scored {name}" for name in names}
    assert set(tries.values()) == {1}
    assert len({line.split()[1] for line in log.read_text().splitlines()}) == 3


@pytest.mark.parametrize("how", ["killed", "abort", "hang"])
def test_a_scan_whose_worker_died_is_scored_after_all_others(how, log):
    names = [how, "a", "b", "c"]
    got, tries = answered(names, log, limit_s=1.0)
    assert got == {name: f"scored {name}" for name in names}
    assert tries == {how: 2, "a": 1, "b": 1, "c": 1}
    assert log.read_text().splitlines()[-1].split()[0] == how


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("killed-twice", "the worker process was killed, as when memory runs out"),
        ("abort-twice", "the worker process crashed (SIGABRT)"),
        ("hang-twice", "no answer within 1 s"),
        ("bug", "a bug"),
    ],
)
def test_a_scan_that_fails_twice_is_given_up_and_no_other_suffers(name, sentence, log):
    got, tries = answered(["a", name, "b", "c"], log, limit_s=1.0)
    assert got == {"a": "scored a", "b": "scored b", "c": "scored c", name: Lost(sentence)}
    assert tries == {"a": 1, "b": 1, "c": 1, name: 2}


def test_a_dead_worker_is_replaced(log):
    got, tries = answered(["killed", "a", "abort", "b"], log, workers=1)
    assert set(got) == {"killed", "a", "abort", "b"} and not any(map(lost, got.values()))
    assert tries == {"killed": 2, "a": 1, "abort": 2, "b": 1}


def lost(answer):
    return isinstance(answer, Lost)


def test_a_worker_at_work_does_not_outlive_a_killed_parent(log):
    code = (
        "from pathlib import Path; from tools.workers import worker_pool as pool\n"
        "pool.ScoreSetup.module = 'tests.helpers.fake_worker'\n"
        f"setup = pool.ScoreSetup(({str(log)!r},), None, False, {str(log.parent)!r})\n"
        "list(pool.answers([pool.ScanJob(Path('none'), scan_id='hang')], setup, 1, 60.0))"
    )
    parent = subprocess.Popen([sys.executable, "-c", code])
    wait_for(lambda: log.exists() and log.read_text().endswith("\n"))
    worker = int(log.read_text().split()[1])
    assert running(worker)
    parent.kill()
    parent.wait()
    wait_for(lambda: not running(worker), 5.0)


def test_what_workers_unpack_goes_where_it_is_told(log):
    answered(["a", "b"], log)
    assert len(list(log.parent.glob("*/unpacked"))) == 2


def test_nothing_to_do_needs_no_worker(monkeypatch, log):
    monkeypatch.setattr(worker_pool, "Worker", None)
    assert list(answers([], setup(log), 2, 1.0)) == []


def test_workers_that_cannot_start_end_the_run_with_the_reason():
    jobs = [ScanJob(Path("none"), scan_id="a")]
    with pytest.raises(NoWorkers, match=r"no worker process could start: .* ended with code 3"):
        list(answers(jobs, setup("die"), 2, 30.0))
    with pytest.raises(WeightsError, match="no such weights"):
        list(answers(jobs, setup("unusable"), 2, 30.0))


def test_closing_ends_the_workers_at_once(log):
    jobs = [ScanJob(Path("none"), scan_id=name) for name in ("a", "hang-twice", "hang-twice2")]
    with closing(answers(jobs, setup(log), 2, 50.0)) as scored:
        next(scored)
        started = time.monotonic()
    assert time.monotonic() - started < 5
    pids = {int(line.split()[1]) for line in log.read_text().splitlines()}
    assert pids and not any(Path(f"/proc/{pid}").exists() for pid in pids)
