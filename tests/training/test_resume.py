"""A training that was killed and resumed is the same training: same weights, byte for byte."""

import json
import os
import shutil
import signal
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from gate import Gate
from gated_training import gated_env, started_training
from processes import LIMIT_S, running, wait_for, workers_of

from pylayers.command_line.exit_codes import TrainingStopped
from pylayers.errors import UsageError
from pylayers.files import folder_lock
from pylayers.files.file_hash import sha256
from tools import train
from tools.caffe_run.caffe_install import caffe_messages
from tools.caffe_run.caffe_log import read_events
from tools.training import disk_space
from tools.training.best_weights import BestWeights
from tools.training.resume_point import resume_point
from tools.training.run_folder import RunFolder
from tools.training.snapshots import Snapshots

pytestmark = [pytest.mark.caffe, pytest.mark.slow]

LAST = 16
HOW = [
    *("--schedule", "demo", "--slices", "1", "--batch", "2", "--gpu", "none"),
    *("--iterations", str(LAST), "--interval", "4", "--workers", "2"),
]


def arguments(cohort, folder, *more):
    return ["fev1pp", "--cohort", str(cohort), "--run", str(folder), *HOW, *more]


def resume(folder, *more) -> RunFolder:
    """Resume as `make resume` does: all but the folder is known from run.json."""
    train.main(["fev1pp", "--run", str(folder), "--gpu", "none", "--resume", *more])
    return RunFolder(Path(folder))


def gate_of(folder, *stops) -> Gate:
    """The gate that the Caffe of a run comes to; it lies beside the folder."""
    return Gate(f"{folder}_gate", *stops)


def held(cohort, folder, *stops):
    """tools/train.py as a process whose Caffe waits at the first stop; and that Caffe's pid."""
    more = ["--resume"] if folder.exists() else []
    return started_training(gate_of(folder, *stops), *arguments(cohort, folder, *more))


def final(folder) -> dict:
    """What equal trainings share: final and best weights, momentum, what is said of them."""
    run = RunFolder(Path(folder))
    state = caffe_messages().SolverState()
    state.ParseFromString(run.snapshot(LAST, "solverstate").read_bytes())
    state.ClearField("learned_net")  # a path
    best = json.loads(run.best_json.read_text())
    return {
        "weights": sha256(run.snapshot(LAST, "caffemodel")),
        "momentum": state.SerializeToString(),
        "best": sha256(run.best_weights),
        "said": {k: v for k, v in best.items() if k != "git_commit"},
        "validated": [e for e in read_events(run.log) if e.kind == "validated"],
    }


@pytest.fixture(scope="module")
def undisturbed(tiny_cohort, tmp_path_factory):
    """A training of sixteen iterations, validated and snapshot at 4, 8, 12 and 16."""
    folder = tmp_path_factory.mktemp("undisturbed") / "run"
    train.main([*arguments(tiny_cohort, folder), "--quiet"])
    return final(folder)


@pytest.fixture(scope="module")
def stopped(tiny_cohort, tmp_path_factory):
    """A run that was stopped by SIGTERM: a snapshot at 4 and one after. Copy it before use."""
    folder = tmp_path_factory.mktemp("stopped") / "run"
    with held(tiny_cohort, folder, "train 5") as (process, _):
        process.terminate()
        process.communicate(timeout=LIMIT_S)
    assert len(Snapshots(RunFolder(folder)).iterations()) == 2
    return folder


@pytest.fixture
def copy(stopped, tmp_path) -> RunFolder:
    shutil.copytree(stopped, tmp_path / "run")
    return RunFolder(tmp_path / "run")


# ---- kills ----


@pytest.mark.parametrize(
    ("stop", "before", "after"),  # which snapshots there are, 0 for none
    [("train 1", 0, 2), ("train 5", 4, 6), ("test 1", 8, 9), ("train 10", 8, 11)],
    ids=["in 1", "in 5", "in the validation of 8", "in 10"],
)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_killed_and_resumed_training_is_the_undisturbed_one(
    number, stop, before, after, undisturbed, tiny_cohort, tmp_path, capsys
):
    folder = tmp_path / "run"
    with held(tiny_cohort, folder, stop) as (process, caffe):
        readers = workers_of(caffe, "prefetch_worker")
        assert len(readers) == 4  # two for TRAIN, two for TEST
        if number == signal.SIGKILL:  # everything at once, between snapshots
            os.kill(caffe, number)
        process.send_signal(number)
        _, err = process.communicate(timeout=LIMIT_S)
    assert process.returncode == (-9 if number == signal.SIGKILL else 6), err
    wait_for(lambda: not any(map(running, [caffe, *readers])))

    resume(folder)
    said, _ = capsys.readouterr()
    snapshot = before if number == signal.SIGKILL else after  # after ending the iteration
    if snapshot:
        assert f"going on from the snapshot of iteration {snapshot}\n" in said
    else:
        assert "there is no snapshot to go on from" in said
    assert final(folder) == undisturbed


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


# ---- folders ----


def test_two_trainings_cannot_write_one_folder(tiny_cohort, tmp_path):
    with held(tiny_cohort, tmp_path / "run", "train 1") as (process, _):
        log = (tmp_path / "run" / "train.log").stat().st_ino
        for more in (["--resume"], ["--restart"], []):
            with pytest.raises(UsageError, match="another training is at work in"):
                train.main([*arguments(tiny_cohort, tmp_path / "run"), *more])
        assert process.poll() is None and (tmp_path / "run" / "train.log").stat().st_ino == log
        process.terminate()
        process.communicate(timeout=LIMIT_S)


def test_a_moved_run_is_resumed(undisturbed, copy, tmp_path, capsys):
    copy.path.rename(tmp_path / "moved")
    resume(tmp_path / "moved")
    assert "unusable" not in capsys.readouterr().out
    assert final(tmp_path / "moved") == undisturbed


def test_a_resume_with_other_options_than_the_run_is_refused(copy, tmp_path):
    for more, differs in ((["--seed", "2"], "seed"), (["--slices", "3"], "slices")):
        with pytest.raises(UsageError, match=rf"another run \(its {differs} differs\)"):
            resume(copy.path, *more)
    with pytest.raises(UsageError, match=r"another run \(its target differs\)"):
        train.main(["ve", "--run", str(copy.path), "--resume"])
    with pytest.raises(UsageError, match=r"there is no run in .* to go on with"):
        resume(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()
    with pytest.raises(UsageError, match="--cohort is missing"):
        train.main(["ve", "--run", str(tmp_path / "nothing")])


def test_a_damaged_manifest_is_said(copy):
    for text in ('{"target": ', "[1]", ""):
        copy.run_json.write_text(text)
        with pytest.raises(UsageError, match=r"run\.json is damaged; remove the folder"):
            resume(copy.path)


def test_a_full_disk_is_said_before_training(tiny_cohort, tmp_path, monkeypatch):
    monkeypatch.setattr(disk_space, "free_mb", lambda _: 100)
    with pytest.raises(UsageError, match=r"100 MB are free where .* needs 290 MB; free some"):
        train.main(arguments(tiny_cohort, tmp_path / "run"))
    assert not (tmp_path / "run" / "train.log").exists()


def test_a_disk_that_fills_up_stops_the_training(undisturbed, tiny_cohort, tmp_path, monkeypatch):
    left = iter([10_000, 50])
    monkeypatch.setattr(disk_space, "free_mb", lambda _: next(left, 50))
    # Caffe, which would train on until it is ended, waits after the first snapshot
    for name, value in gated_env(gate_of(tmp_path / "run", "train 5")).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(
        TrainingStopped, match=r"the disk is full: .* iteration 4 is kept"
    ) as caught:
        train.main([*arguments(tiny_cohort, tmp_path / "run"), "--quiet"])
    assert "make resume" in str(caught.value)
    monkeypatch.undo()
    resume(tmp_path / "run")
    assert final(tmp_path / "run") == undisturbed


def test_a_folder_that_cannot_be_written_is_said(tiny_cohort, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be written: Not a directory"):
        train.main(arguments(tiny_cohort, tmp_path / "file" / "run"))


# ---- snapshots ----


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x10
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("kind", "damage"),
    [
        ("caffemodel", cut),
        ("solverstate", cut),
        ("caffemodel", flip),
        ("solverstate", flip),
        ("caffemodel", Path.unlink),
        ("solverstate", Path.unlink),
        ("solverstate", lambda path: path.write_bytes(b"")),
    ],
)
@pytest.mark.parametrize("recorded", [True, False])
def test_a_damaged_snapshot_is_recognised(kind, damage, recorded, copy):
    snapshots = Snapshots(copy)
    older, newest = snapshots.iterations()
    assert snapshots.wrong(newest) == snapshots.wrong(older) == ""
    if not recorded:
        snapshots.record.unlink()
        assert snapshots.wrong(newest) == snapshots.wrong(older) == ""
        if damage is flip:
            return  # what nobody wrote down cannot be told from other weights
    damage(copy.snapshot(newest, kind))
    assert snapshots.wrong(newest)
    assert snapshots.newest_whole() == older
    (said,) = snapshots.set_unusable_aside()
    assert said.startswith(f"the snapshot of iteration {newest} is unusable: ")
    assert snapshots.iterations() == [older]


def test_a_training_goes_on_from_the_newest_whole_snapshot(undisturbed, copy, capsys):
    older, newest = Snapshots(copy).iterations()
    cut(copy.snapshot(newest, "caffemodel"))
    resume(copy.path)
    said, _ = capsys.readouterr()
    assert f"the snapshot of iteration {newest} is unusable: " in said
    assert f"going on from the snapshot of iteration {older}" in said
    assert final(copy.path) == undisturbed


def test_without_a_whole_snapshot_the_training_begins_anew(undisturbed, copy, capsys):
    for path in copy.snapshots.glob("*.caffemodel"):
        cut(path)
    resume(copy.path)
    said = capsys.readouterr().out
    assert "there is no snapshot to go on from: the training begins anew" in said
    assert final(copy.path) == undisturbed
    assert copy.best_weights.with_name("best.caffemodel.earlier").exists()


@pytest.mark.parametrize(
    "damage",
    [
        lambda run: run.best_weights.write_bytes(b"damaged"),
        lambda run: run.best_weights.unlink(),
        lambda run: run.best_json.write_bytes(b""),
        lambda run: run.best_json.write_text('{"iteration": 4}'),
    ],
    ids=["damaged weights", "no weights", "empty json", "json that lacks"],
)
def test_best_weights_that_were_damaged_are_made_again(damage, copy, capsys):
    damage(copy)
    best, start = resume_point(BestWeights(copy, {"target": "fev1pp"}), print)
    assert start is None and best.iteration is None
    said = capsys.readouterr().out
    assert "the best weights so far are damaged: the training begins anew" in said
    assert Snapshots(copy).iterations() == []


def test_a_training_that_began_anew_can_be_stopped_and_resumed(
    undisturbed, copy, tiny_cohort, capsys
):
    copy.best_weights.write_bytes(b"damaged")
    with held(tiny_cohort, copy.path, "train 6") as (process, _):
        process.terminate()
        process.communicate(timeout=LIMIT_S)
    resume(copy.path)
    assert "going on from the snapshot of iteration 7\n" in capsys.readouterr().out
    assert final(copy.path) == undisturbed


def test_best_weights_whose_record_is_gone_are_found_again(undisturbed, copy):
    copy.best_json.unlink()
    resume(copy.path)
    assert final(copy.path) == undisturbed


@pytest.fixture(scope="module")
def others(tiny_cohort, tmp_path_factory):
    """Finished runs that differ from the stopped one in a single thing."""
    folder = tmp_path_factory.mktemp("others")
    runs = {}
    for name, options in {
        "seed": ["--seed", "2"],
        "batch": ["--batch", "1"],
        "target": [],
    }.items():
        command = arguments(tiny_cohort, folder / name, "--iterations", "4", *options, "--quiet")
        command[0] = "ve" if name == "target" else "fev1pp"
        train.main(command)
        runs[name] = RunFolder(folder / name)
    return runs


@pytest.mark.parametrize("name", ["seed", "batch", "target"])
@pytest.mark.parametrize("iteration", [4, 999])
def test_a_foreign_snapshot_is_recognised(name, iteration, others, copy):
    snapshots = Snapshots(copy)
    newest = snapshots.iterations()[-1]
    for kind in ("caffemodel", "solverstate"):
        shutil.copy(others[name].snapshot(4, kind), copy.snapshot(iteration, kind))
    assert snapshots.wrong(iteration)
    snapshots.set_unusable_aside()
    assert snapshots.newest_whole() == newest
    snapshots.record.unlink()
    for path in copy.snapshots.glob("*.unusable"):
        path.rename(path.with_suffix(""))
    assert snapshots.wrong(iteration)  # by its content, too


def test_a_snapshot_of_another_project_is_recognised(copy):
    snapshots = Snapshots(copy)
    newest = snapshots.iterations()[-1]
    snapshots.record.unlink()
    weights = caffe_messages().NetParameter()
    weights.ParseFromString(copy.snapshot(newest, "caffemodel").read_bytes())
    for layer in weights.layer:
        if layer.type == "Python":
            layer.python_param.param_str = "batch=3"
    copy.snapshot(newest, "caffemodel").write_bytes(weights.SerializeToString())
    assert snapshots.wrong(newest) == "it is of another run (layer data differs)"


def test_a_cut_snapshot_is_not_written_down_as_whole(copy):
    snapshots = Snapshots(copy)
    newest = snapshots.iterations()[-1]
    snapshots.record.unlink()
    cut(copy.snapshot(newest, "solverstate"))
    snapshots.written(newest)
    assert snapshots.wrong(newest)


def test_what_a_killed_training_was_writing_is_removed(undisturbed, copy):
    left = [copy.path / ".best.caffemodel.123", copy.snapshots / ".resume.solverstate.9"]
    for path in left:
        path.write_bytes(b"partial")
    resume(copy.path)
    assert not any(path.exists() for path in left)


def test_resume_and_restart_exclude_each_other(run_tool, tmp_path):
    done = run_tool("train", "ve", "--resume", "--restart", "--run", tmp_path / "run")
    assert done.returncode == 2 and "not allowed with" in done.stderr


def test_pruning_keeps_the_record_of_what_is_there(copy):
    snapshots = Snapshots(copy)
    _, newest = snapshots.iterations()
    shutil.copy(copy.snapshot(newest, "caffemodel"), copy.snapshot(newest + 1, "caffemodel"))
    state = caffe_messages().SolverState()
    state.ParseFromString(copy.snapshot(newest, "solverstate").read_bytes())
    state.iter = newest + 1
    copy.snapshot(newest + 1, "solverstate").write_bytes(state.SerializeToString())
    snapshots.written(newest + 1)
    snapshots.prune()
    assert snapshots.iterations() == [newest, newest + 1]
    assert set(json.loads(snapshots.record.read_text())) == {str(newest), str(newest + 1)}
