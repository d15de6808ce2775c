"""Worker processes behind the loader: the same bytes, whatever happens to a worker."""

import os
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from multiprocessing.connection import wait

import numpy as np
import pytest
from processes import running, wait_for

from pylayers.batch import prefetch
from pylayers.batch.layer_params import LayerParams
from pylayers.batch.loader import Loader
from pylayers.batch.prefetch import open_batches, worker_count
from pylayers.cohort.cohort import read_cohort
from pylayers.errors import UsageError


def loader(cohort, train=True, split="train", batch=3, seed=1, slices=2):
    return Loader(LayerParams(str(cohort), split, "ve", slices, batch, seed), train)


def taken(batches, source, count):
    """The next `count` batches, as bytes."""
    data, label = (np.full(shape, np.nan, np.float32) for shape in source.shapes)
    got = []
    for _ in range(count):
        batches.next(data, label)
        got.append(data.tobytes() + label.tobytes())
    return got


@pytest.fixture(scope="module")
def source(tiny_cohort):
    return loader(tiny_cohort)


@pytest.fixture(scope="module")
def inline(source):
    """Eight batches made without workers: nearly two and a half epochs."""
    return taken(open_batches(source, 0, 0), source, 8)


@pytest.mark.parametrize("workers", [1, 2, 4])
@pytest.mark.parametrize("first", [0, 3])
def test_workers_give_the_bytes_of_the_inline_loader(workers, first, source, inline):
    with closing(open_batches(source, first, workers)) as batches:
        assert taken(batches, source, 8 - first) == inline[first:]


def test_more_workers_than_scans_in_a_batch(tiny_cohort):
    source = loader(tiny_cohort, batch=1)
    with closing(open_batches(source, 0, 4)) as batches:
        assert taken(batches, source, 12) == taken(open_batches(source, 0, 0), source, 12)


def test_the_order_does_not_depend_on_the_workers_speed(source, inline, monkeypatch):
    """One worker after another is paused, until the others have answered all they were given."""
    late = []

    def others_first(connections, timeout):
        others = [w.connection for w in batches.crew if w.process is not slow and w.pending]
        if not others:
            late.append(index)
            slow.send_signal(signal.SIGCONT)
        return wait(others or connections, timeout)

    monkeypatch.setattr(prefetch, "wait", others_first)
    with closing(open_batches(source, 0, 3)) as batches:
        for index in range(8):
            slow = batches.crew[index % 3].process
            slow.send_signal(signal.SIGSTOP)
            assert taken(batches, source, 1) == [inline[index]]
            slow.send_signal(signal.SIGCONT)
    assert late[0] == 0


def test_train_and_test_layers_of_one_process_do_not_mix(tiny_cohort, source, inline):
    other = loader(tiny_cohort, train=False, split="val", batch=1)
    expected = taken(open_batches(other, 0, 0), other, 6)
    with closing(open_batches(source, 0, 2)) as train:
        with closing(open_batches(other, 0, 2)) as test:
            for index in range(6):
                assert taken(train, source, 1) == [inline[index]]
                assert taken(test, other, 1) == [expected[index]]
        # the end of one is not the end of the other
        assert taken(train, source, 2) == inline[6:]


def test_a_killed_worker_is_replaced_and_nothing_changes(source, inline, capfd):
    with closing(open_batches(source, 0, 2)) as batches:
        got = taken(batches, source, 2)
        for worker in list(batches.crew):
            worker.process.kill()
            got += taken(batches, source, 3)
    assert got == inline
    said = capfd.readouterr().err
    assert said.count("was killed, as when memory runs out") == 2
    assert "another takes its place" in said


def test_a_worker_that_dies_twice_ends_the_run_at_once(source, monkeypatch):
    def quick(connections, timeout):
        dead = any(worker.process.poll() is not None for worker in batches.crew)
        ready = wait(connections, timeout)
        assert ready or not dead
        return ready

    monkeypatch.setattr(prefetch, "wait", quick)
    with (
        closing(open_batches(source, 0, 1)) as batches,
        pytest.raises(RuntimeError, match=r"was killed.* \(at scan c\d+\), as did the one"),
    ):
        for _ in range(4):
            batches.crew[0].process.kill()
            taken(batches, source, 1)


def test_workers_that_cannot_start_end_the_run(source, monkeypatch):
    monkeypatch.setattr(prefetch, "WORKER", "tests.no_such_module")
    with (
        closing(open_batches(source, 0, 2)) as batches,
        pytest.raises(RuntimeError, match="a process that reads scans ended with code 1"),
    ):
        taken(batches, source, 1)


def test_a_worker_that_hangs_is_not_waited_for_forever(source, monkeypatch):
    with closing(open_batches(source, 0, 1)) as batches:
        taken(batches, source, 1)
        monkeypatch.setattr(prefetch, "STALL_S", 0.5)
        monkeypatch.setattr(prefetch, "POLL_S", 0.1)
        batches.crew[0].process.send_signal(signal.SIGSTOP)
        with pytest.raises(RuntimeError, match=r"no data for 0.5 s while scan c\d+ is read"):
            taken(batches, source, 4)
        worker = batches.crew[0].process.pid
    assert not running(worker)


def test_an_unusable_scan_is_named_when_its_batch_is_due_and_not_before(tiny_cohort, tmp_path):
    shutil.copytree(tiny_cohort, tmp_path / "cohort")
    cohort = read_cohort(tmp_path / "cohort")
    scan = cohort.labelled("val", "ve")[1]
    cohort.store_path(scan).write_bytes(b"damaged")
    source = loader(tmp_path / "cohort", train=False, split="val", batch=1)
    with closing(open_batches(source, 0, 2)) as batches:
        taken(batches, source, 1)
        with pytest.raises(RuntimeError, match=rf"scan {scan.scan_id}: .*{scan.scan_id}\.h5: "):
            taken(batches, source, 1)


def test_no_worker_outlives_a_killed_parent(tiny_cohort, tmp_path):
    code = (
        "import sys; from pylayers.batch.loader import Loader\n"
        "from pylayers.batch.layer_params import LayerParams\n"
        "from pylayers.batch.prefetch import open_batches\n"
        f"params = LayerParams({str(tiny_cohort)!r}, 'train', 've', 2, 2, 1)\n"
        "batches = open_batches(Loader(params, True), 0, 3)\n"
        "print(*(w.process.pid for w in batches.crew), flush=True)\n"
        "sys.stdin.read()"
    )
    pipes = dict.fromkeys(("stdin", "stdout"), subprocess.PIPE)
    parent = subprocess.Popen([sys.executable, "-c", code], **pipes, text=True)
    workers = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(workers) == 3 and all(map(running, workers))
    parent.kill()
    parent.wait()
    wait_for(lambda: not any(map(running, workers)))
    parent.stdin.close()
    parent.stdout.close()


def test_nothing_is_left_open_or_running_after_the_end(source):
    def open_files():
        return len(os.listdir("/proc/self/fd"))

    before = open_files()
    batches = open_batches(source, 0, 2)
    workers = [worker.process.pid for worker in batches.crew]
    taken(batches, source, 1)
    assert all(map(running, workers))
    batches.close()
    assert not any(map(running, workers))
    assert open_files() == before
    batches.close()  # twice does no harm


def test_memory_that_is_not_there_is_said(tiny_cohort, monkeypatch):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    with pytest.raises(OSError, match="no 12 MB of memory for batches"):
        open_batches(loader(tiny_cohort), 0, 1)


def test_the_number_of_workers_comes_from_the_environment_or_the_cores(monkeypatch):
    monkeypatch.setenv("SCAN2NUM_WORKERS", "3")
    assert worker_count() == 3 and worker_count("0") == 0
    monkeypatch.setenv("SCAN2NUM_WORKERS", "two")
    with pytest.raises(UsageError, match="SCAN2NUM_WORKERS 'two' is not a number"):
        worker_count()
    monkeypatch.delenv("SCAN2NUM_WORKERS")
    for cores, expected in ((1, 1), (2, 1), (4, 3), (64, 8)):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, cores=cores: set(range(cores)))
        assert worker_count() == expected
    for wrong in ("-1", "65", "two", "1.5", " "):
        with pytest.raises(UsageError, match=r"workers .* is not a number from 0 to 64"):
            worker_count(wrong)
