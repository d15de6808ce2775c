"""A training that was killed and resumed is the same training: same weights, byte for byte."""

import os
import signal
import time
from types import SimpleNamespace

import pytest
from processes import LIMIT_S, running, wait_for, workers_of
from short_training import arguments, final, gate_of, held, resume

from pylayers.files import folder_lock
from tools import train
from tools.training.run_folder import RunFolder
from tools.training.snapshots import Snapshots

pytestmark = [pytest.mark.caffe, pytest.mark.slow]


KILLED = (  # where, and the newest snapshot after it, 0 for none
    ("train 1", 0),
    ("train 5", 4),
    ("test 1", 8),  # in the validation of 8, that of 4 being the first
    ("train 10", 8),
)
STOPPED = (  # after ending the iteration
    ("train 1", 2),
    ("train 5", 6),
    ("test 0", 9),  # in the validation of 8
    ("train 10", 11),
)


@pytest.mark.parametrize(
    ("number", "stops"),
    [(signal.SIGKILL, KILLED), (signal.SIGTERM, STOPPED), (signal.SIGINT, STOPPED)],
)
def test_a_training_that_is_ended_four_times_is_the_undisturbed_one(
    number, stops, undisturbed, tiny_cohort, tmp_path, capsys
):
    folder = tmp_path / "run"
    for stop, snapshot in stops:
        with held(tiny_cohort, folder, stop) as (process, caffe):
            readers = workers_of(caffe, "prefetch_worker")
            assert len(readers) == 4  # two for TRAIN, two for TEST
            if number == signal.SIGKILL:  # everything at once, between snapshots
                os.kill(caffe, number)
            process.send_signal(number)
            _, err = process.communicate(timeout=LIMIT_S)
        assert process.returncode == (-9 if number == signal.SIGKILL else 6), err
        wait_for(lambda: not any(map(running, [caffe, *readers])))  # noqa: B023
        assert max(Snapshots(RunFolder(folder)).iterations(), default=0) == snapshot
    resume(folder)
    assert f"going on from the snapshot of iteration {snapshot}\n" in capsys.readouterr().out
    assert final(folder) == undisturbed


def test_an_own_target_that_is_killed_and_resumed_is_the_undisturbed_one(own_cohort, tmp_path):
    train.main([*arguments(own_cohort, tmp_path / "whole", target="age"), "--quiet"])
    for stop in ("train 1", "train 6"):
        with held(own_cohort, tmp_path / "run", stop, target="age") as (process, caffe):
            os.kill(caffe, signal.SIGKILL)
            process.kill()
            process.communicate(timeout=LIMIT_S)
    assert Snapshots(RunFolder(tmp_path / "run")).iterations() == [4]
    resume(tmp_path / "run", target="age")
    assert final(tmp_path / "run") == final(tmp_path / "whole")
    assert final(tmp_path / "run")["said"]["declared"]["network_unit"] == "60.0"


def test_a_caffe_that_outlives_a_killed_training_is_waited_for(
    undisturbed, tiny_cohort, tmp_path, monkeypatch, capsys
):
    with held(tiny_cohort, tmp_path / "run", "train 5") as (process, caffe):
        process.kill()
        process.wait()
        waited = []

        def sleep(seconds):  # while the folder is locked
            waited.append(running(caffe))
            gate_of(tmp_path / "run").open()
            time.sleep(seconds)

        clock = SimpleNamespace(monotonic=time.monotonic, sleep=sleep)
        monkeypatch.setattr(folder_lock, "time", clock)
        resume(tmp_path / "run")
    assert waited[0] and not running(caffe)
    said = "waiting for the processes of a training that was killed\n"
    assert capsys.readouterr().err.count(said) == 1
    assert final(tmp_path / "run") == undisturbed


def test_a_killed_caffe_is_said_with_the_way_to_go_on(undisturbed, tiny_cohort, tmp_path):
    with held(tiny_cohort, tmp_path / "run", "train 5") as (process, caffe):
        os.kill(caffe, signal.SIGKILL)
        _, err = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 6
    assert "caffe was killed, as when memory runs out" in err
    assert f"go on with `make resume TARGET=fev1pp RUN={tmp_path / 'run'}`" in err
    assert len(err.strip().splitlines()) == 1
    # as asked explicitly of the command that began it
    train.main([*arguments(tiny_cohort, tmp_path / "run"), "--resume", "--quiet"])
    assert final(tmp_path / "run") == undisturbed


def kill_readers(caffe) -> int:
    """Kill all processes that read scans for a Caffe, which waits at a gate; return how many."""
    readers = workers_of(caffe, "prefetch_worker")
    for reader in readers:
        os.kill(reader, signal.SIGKILL)
    wait_for(lambda: not any(map(running, readers)))
    return len(readers)


def test_readers_that_are_killed_in_training_change_nothing(undisturbed, tiny_cohort, tmp_path):
    with held(tiny_cohort, tmp_path / "run", "train 1") as (process, caffe):
        assert kill_readers(caffe) == 4
        gate_of(tmp_path / "run").open()
        process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0
    assert final(tmp_path / "run") == undisturbed
    assert (tmp_path / "run" / "train.log").read_text().count("another takes its place") == 4


def test_readers_that_die_again_end_the_training_with_a_sentence(tiny_cohort, tmp_path):
    gate = gate_of(tmp_path / "run")
    with held(tiny_cohort, tmp_path / "run", "train 1", "train 5") as (process, caffe):
        kill_readers(caffe)
        gate.open("train 1")
        gate.reached(process, "train 5")  # two batches on: they have been replaced
        kill_readers(caffe)
        gate.open()
        _, err = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 6
    assert "a process that reads scans was killed" in err and "is there enough memory?" in err
    assert "Traceback" not in err
