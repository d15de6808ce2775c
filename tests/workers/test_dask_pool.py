"""Scans on the workers of a real Dask scheduler: what becomes of them when these die or are wrong.

The Dask workers run on loopback; their processes are fake, so that no scan is read.
"""

import re
import shutil
import signal
import socket
from collections import Counter
from pathlib import Path

import pytest
from conftest import ROOT
from dask_cluster import dask_scheduler, dask_workers
from distributed import Client
from processes import running, wait_for, workers_of

from pylayers.errors import UsageError, WeightsError
from tools.scan_lists.scan_table import ScanJob, source_key
from tools.workers import dask_address, dask_pool
from tools.workers.code_identity import identity, other_parts
from tools.workers.dask_address import scheduler_address
from tools.workers.dask_pool import answers
from tools.workers.dask_side import Order, answer, welcome
from tools.workers.worker_pool import Lost, NoWorkers
from tools.workers.worker_setup import ScoreSetup

FAKE = ("--preload", "tests.helpers.fake_scores")
LIMIT_S = 600.0


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """The file of a scheduler."""
    with dask_scheduler(tmp_path_factory.mktemp("dask")) as file:
        yield file


@pytest.fixture
def setup(tmp_path):
    """What fake workers are told; they write to the file `log`."""
    return ScoreSetup((str(tmp_path / "log"),), None, False, str(tmp_path))


def asked(names, setup, scheduler):
    jobs = [ScanJob(Path("none"), scan_id=name) for name in names]
    return answers(jobs, setup, scheduler_address(str(scheduler)), LIMIT_S)


def answered(names, setup, scheduler):
    """Each scan's answer, and how often it was tried."""
    got = [(job.scan_id, answer) for job, answer in asked(names, setup, scheduler)]
    assert len(dict(got)) == len(got) == len(names)
    return dict(got), Counter(line.split()[0] for line in log_of(setup))


def log_of(setup):
    return Path(setup.runs[0]).read_text().splitlines()


def test_every_scan_is_given_once_to_processes_that_live_as_long_as_the_run(scheduler, setup):
    names = [f"meet-2-{i}" for i in range(6)]
    with dask_workers(scheduler, 2, *FAKE) as workers:
        for _ in range(2):
            got, tries = answered(names, setup, scheduler)
            assert got == {name: f"scored {name}" for name in names}
            assert set(tries.values()) == {1}
            pids = {int(line.split()[1]) for line in log_of(setup)}
            assert len(pids) == 2
            wait_for(lambda: not any(map(running, pids)))  # noqa: B023
            Path(setup.runs[0]).unlink()
        assert all(len(workers_of(worker.pid, "")) <= 1 for worker in workers)


def test_a_process_or_a_dask_worker_that_dies_costs_its_scan_a_retry(scheduler, setup):
    names = ["killed", "orphan", "a", "b", "killed-twice", "orphan-twice", "c"]
    with dask_workers(scheduler, 4, *FAKE) as workers:
        got, tries = answered(names, setup, scheduler)
        wait_for(lambda: sum(worker.poll() == -signal.SIGKILL for worker in workers) == 3)
    assert got.pop("killed-twice") == Lost("the worker process was killed, as when memory runs out")
    assert got.pop("orphan-twice") == dask_pool.LOST
    assert got == {name: f"scored {name}" for name in ("killed", "orphan", "a", "b", "c")}
    died = {name: 2 for name in ("killed", "orphan", "killed-twice", "orphan-twice")}
    assert tries == died | {"a": 1, "b": 1, "c": 1}


def test_a_dask_worker_may_come_late(scheduler, setup):
    jobs = asked(["a", "b", "c"], setup, scheduler)
    with dask_workers(scheduler, 1, *FAKE):
        assert next(jobs)[1] == "scored a"
    with dask_workers(scheduler, 1, *FAKE):
        assert sorted(answer for _, answer in jobs) == ["scored b", "scored c"]


def test_closing_ends_the_processes_at_once(scheduler, setup):
    jobs = asked(["meet-2-a", "meet-2-b", "hang1", "hang2"], setup, scheduler)
    with dask_workers(scheduler, 2, *FAKE):
        next(jobs), next(jobs)
        wait_for(lambda: sum("hang" in line for line in log_of(setup)) == 2)
        jobs.close()
        wait_for(lambda: not any(running(int(line.split()[1])) for line in log_of(setup)))


def other_checkout(folder):
    for name in ("pylayers", "tools"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    shutil.copy(ROOT / "requirements.txt", folder)
    with (folder / "tools/workers/dask_side.py").open("a") as file:
        file.write("# other\n")
    return {"PYTHONPATH": str(folder)}


def test_a_dask_worker_of_other_code_is_named_and_left_out(scheduler, setup, tmp_path, capsys):
    empty = tmp_path / "empty"
    (empty / "tools").mkdir(parents=True)
    (empty / "tools" / "__init__.py").touch()
    unfit = pytest.raises(UsageError, match=r"cannot run this code .* of this checkout")
    with dask_workers(scheduler, 1, env={"PYTHONPATH": str(empty)}), unfit:
        answered("ab", setup, scheduler)
    with dask_workers(scheduler, 1, env=other_checkout(tmp_path / "other")):
        with pytest.raises(UsageError, match="it has other code of scan2num; start it anew"):
            answered("ab", setup, scheduler)
        with dask_workers(scheduler, 1, *FAKE), Client(scheduler_file=scheduler) as client:
            client.wait_for_workers(2)
            got, _ = answered("abc", setup, scheduler)
    assert sorted(got.values()) == ["scored a", "scored b", "scored c"]
    said = capsys.readouterr().err
    assert re.fullmatch(
        r"left out: the Dask worker tcp://\S+ cannot take part: it has other .*\n", said
    )


def test_a_dask_worker_that_cannot_begin_is_left_out(scheduler, setup):
    with dask_workers(scheduler, 2, *FAKE):
        with pytest.raises(WeightsError, match=r"cannot take part: no such weights"):
            answered("ab", setup._replace(runs=("unusable",)), scheduler)
        with pytest.raises(UsageError, match=r"no process could start: .* ended with code 3"):
            answered("ab", setup._replace(runs=("die",)), scheduler)


def test_a_dask_worker_must_see_the_same_files(tmp_path, setup):
    job = ScanJob(tmp_path / "a.nrrd", scan_id="a")
    token = tmp_path / "scratch" / "token"
    samples = [(job, source_key(job))]
    not_shared = f"does not see the folder {tmp_path}, which all machines must share"
    assert not_shared in welcome(identity(), str(token), samples).sentence
    token.parent.mkdir()
    token.touch()
    assert welcome(identity(), str(token), samples) is None
    job.scan.touch()
    assert "does not see the files of a as" in welcome(identity(), str(token), samples).sentence
    lost = answer(Order("run", setup, LIMIT_S), job, (False, False))
    assert "does not see the files of a as" in lost.sentence


def test_what_differs_is_said():
    ours = identity()
    assert other_parts(ours, ours) == ""
    assert other_parts({**ours, "numpy": "1.0"}, ours) == f"numpy 1.0, not {ours['numpy']}"
    assert "distributed (none), not 2" in other_parts({**ours, "distributed": ""}, ours)


def test_without_workers_or_scheduler_the_run_ends(setup, tmp_path, monkeypatch):
    monkeypatch.setattr(dask_pool, "CONNECT_S", 1.0)
    with dask_scheduler(tmp_path) as file:
        with monkeypatch.context() as patch:
            patch.setattr(dask_pool, "NO_WORKER_S", 0.5)
            with pytest.raises(NoWorkers, match="no Dask worker could take part for 0"):
                answered("a", setup, file)
        with dask_workers(file, 1, *FAKE):
            jobs = asked(["a", "hang"], setup, file)
            assert next(jobs)[1] == "scored a"
            address = scheduler_address(str(file))
    with pytest.raises(NoWorkers, match="the Dask scheduler is gone"):
        next(jobs)
    with pytest.raises(NoWorkers, match="the Dask scheduler is gone"):
        next(answers([ScanJob(Path("none"), scan_id="a")], setup, address, LIMIT_S))


@pytest.mark.parametrize("text", ["nowhere", "http://127.0.0.1:80", "ws://127.0.0.1:8786", ""])
def test_an_address_is_that_of_a_scheduler(text):
    with pytest.raises(UsageError, match=r"not HOST:PORT, tcp://HOST:PORT, tls://HOST:PORT or"):
        scheduler_address(text)


def test_an_address_where_no_scheduler_answers_is_said(scheduler, tmp_path, monkeypatch):
    monkeypatch.setattr(dask_address, "CONNECT_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(UsageError, match=f"127.0.0.1:{port}: no Dask scheduler answers: "):
            scheduler_address(f"127.0.0.1:{port}")
    with pytest.raises(UsageError, match="no Dask scheduler answers: "):
        scheduler_address(f"tcp://127.0.0.1:{port}")
    with pytest.raises(UsageError, match="no Dask scheduler answers: TLS expects"):
        scheduler_address(f"tls://127.0.0.1:{port}")
    (tmp_path / "s.json").write_text("[]")
    with pytest.raises(UsageError, match=r"s\.json is not a Dask scheduler's file"):
        scheduler_address(str(tmp_path / "s.json"))
    assert scheduler_address(str(scheduler)).startswith("tcp://127.0.0.1:")
