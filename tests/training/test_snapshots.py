"""Snapshots that are damaged or foreign are set aside; training goes on from a whole one."""

import json
import shutil
from pathlib import Path

import pytest
from processes import LIMIT_S
from short_training import arguments, final, held, resume

from tools import train
from tools.caffe_run.caffe_install import caffe_messages
from tools.training.best_weights import BestWeights
from tools.training.resume_point import resume_point
from tools.training.run_folder import RunFolder
from tools.training.snapshots import Snapshots

pytestmark = [pytest.mark.caffe, pytest.mark.slow]


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
def test_a_damaged_snapshot_is_recognised(kind, damage, recorded, stopped_run):
    snapshots = Snapshots(stopped_run)
    older, newest = snapshots.iterations()
    assert snapshots.wrong(newest) == snapshots.wrong(older) == ""
    if not recorded:
        snapshots.record.unlink()
        assert snapshots.wrong(newest) == snapshots.wrong(older) == ""
        if damage is flip:
            return  # what nobody wrote down cannot be told from other weights
    damage(stopped_run.snapshot(newest, kind))
    assert snapshots.wrong(newest)
    assert snapshots.newest_whole() == older
    (said,) = snapshots.set_unusable_aside()
    assert said.startswith(f"the snapshot of iteration {newest} is unusable: ")
    assert snapshots.iterations() == [older]


def test_a_training_goes_on_from_the_newest_whole_snapshot(undisturbed, stopped_run, capsys):
    older, newest = Snapshots(stopped_run).iterations()
    cut(stopped_run.snapshot(newest, "caffemodel"))
    resume(stopped_run.path)
    said, _ = capsys.readouterr()
    assert f"the snapshot of iteration {newest} is unusable: " in said
    assert f"going on from the snapshot of iteration {older}" in said
    assert final(stopped_run.path) == undisturbed


def test_without_a_whole_snapshot_the_training_begins_anew(undisturbed, stopped_run, capsys):
    for path in stopped_run.snapshots.glob("*.caffemodel"):
        cut(path)
    resume(stopped_run.path)
    said = capsys.readouterr().out
    assert "there is no snapshot to go on from: the training begins anew" in said
    assert final(stopped_run.path) == undisturbed
    assert stopped_run.best_weights.with_name("best.caffemodel.earlier").exists()


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
def test_best_weights_that_were_damaged_are_made_again(damage, stopped_run, capsys):
    damage(stopped_run)
    best, start = resume_point(BestWeights(stopped_run, {"target": "fev1pp"}), print)
    assert start is None and best.iteration is None
    said = capsys.readouterr().out
    assert "the best weights so far are damaged: the training begins anew" in said
    assert Snapshots(stopped_run).iterations() == []


def test_a_training_that_began_anew_can_be_stopped_and_resumed(
    undisturbed, stopped_run, tiny_cohort, capsys
):
    stopped_run.best_weights.write_bytes(b"damaged")
    with held(tiny_cohort, stopped_run.path, "train 6") as (process, _):
        process.terminate()
        process.communicate(timeout=LIMIT_S)
    resume(stopped_run.path)
    assert "going on from the snapshot of iteration 7\n" in capsys.readouterr().out
    assert final(stopped_run.path) == undisturbed


def test_best_weights_whose_record_is_gone_are_found_again(undisturbed, stopped_run):
    stopped_run.best_json.unlink()
    resume(stopped_run.path)
    assert final(stopped_run.path) == undisturbed


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
def test_a_foreign_snapshot_is_recognised(name, iteration, others, stopped_run):
    snapshots = Snapshots(stopped_run)
    newest = snapshots.iterations()[-1]
    for kind in ("caffemodel", "solverstate"):
        shutil.copy(others[name].snapshot(4, kind), stopped_run.snapshot(iteration, kind))
    assert snapshots.wrong(iteration)
    snapshots.set_unusable_aside()
    assert snapshots.newest_whole() == newest
    snapshots.record.unlink()
    for path in stopped_run.snapshots.glob("*.unusable"):
        path.rename(path.with_suffix(""))
    assert snapshots.wrong(iteration)  # by its content, too


def test_a_snapshot_of_another_project_is_recognised(stopped_run):
    snapshots = Snapshots(stopped_run)
    newest = snapshots.iterations()[-1]
    snapshots.record.unlink()
    weights = caffe_messages().NetParameter()
    weights.ParseFromString(stopped_run.snapshot(newest, "caffemodel").read_bytes())
    for layer in weights.layer:
        if layer.type == "Python":
            layer.python_param.param_str = "batch=3"
    stopped_run.snapshot(newest, "caffemodel").write_bytes(weights.SerializeToString())
    assert snapshots.wrong(newest) == "it is of another run (layer data differs)"


def test_a_cut_snapshot_is_not_written_down_as_whole(stopped_run):
    snapshots = Snapshots(stopped_run)
    newest = snapshots.iterations()[-1]
    snapshots.record.unlink()
    cut(stopped_run.snapshot(newest, "solverstate"))
    snapshots.written(newest)
    assert snapshots.wrong(newest)


def test_what_a_killed_training_was_writing_is_removed(undisturbed, stopped_run):
    left = [
        stopped_run.path / ".best.caffemodel.123",
        stopped_run.snapshots / ".resume.solverstate.9",
    ]
    for path in left:
        path.write_bytes(b"partial")
    resume(stopped_run.path)
    assert not any(path.exists() for path in left)


def test_pruning_keeps_the_record_of_what_is_there(stopped_run):
    snapshots = Snapshots(stopped_run)
    _, newest = snapshots.iterations()
    shutil.copy(
        stopped_run.snapshot(newest, "caffemodel"), stopped_run.snapshot(newest + 1, "caffemodel")
    )
    state = caffe_messages().SolverState()
    state.ParseFromString(stopped_run.snapshot(newest, "solverstate").read_bytes())
    state.iter = newest + 1
    stopped_run.snapshot(newest + 1, "solverstate").write_bytes(state.SerializeToString())
    snapshots.written(newest + 1)
    snapshots.prune()
    assert snapshots.iterations() == [newest, newest + 1]
    assert set(json.loads(snapshots.record.read_text())) == {str(newest), str(newest + 1)}
