"""Where a resumed training's data go on, from the command line of `caffe train`."""

import os

import pytest

from pylayers.batch.caffe_command import batch_to_resume, first_batch, flag
from tools.caffe_run.caffe_install import import_caffe

caffe_pb2 = import_caffe().proto.caffe_pb2


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    state = caffe_pb2.SolverState(iter=120, learned_net="x.caffemodel")
    (tmp_path / "at.solverstate").write_bytes(state.SerializeToString())
    (tmp_path / "solver.prototxt").write_text('net: "n.prototxt"\n')
    (tmp_path / "twice.prototxt").write_text('net: "n.prototxt"\niter_size: 2\n')
    return tmp_path


@pytest.mark.parametrize("form", [["--snapshot={}"], ["-snapshot={}"], ["--snapshot", "{}"]])
@pytest.mark.parametrize("program", ["caffe", "/opt/venv/bin/caffe"])
def test_a_snapshot_gives_its_iteration_in_every_form_of_a_flag(form, program, files):
    words = [word.format("at.solverstate") for word in form]
    assert batch_to_resume([program, "train", "--solver=solver.prototxt", *words]) == 120
    assert batch_to_resume([program, *words, "-solver", "solver.prototxt", "train"]) == 120


def test_a_solver_that_takes_several_batches_an_iteration(files):
    command = ["caffe", "train", "--solver=twice.prototxt", "--snapshot=at.solverstate"]
    assert batch_to_resume(command) == 240


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["python3", "tools/train.py", "train", "--snapshot=at.solverstate"],
        ["caffe", "train", "--solver=solver.prototxt"],
        ["caffe", "train", "--solver=solver.prototxt", "--snapshot="],
        ["caffe", "test", "--model=n.prototxt", "--weights=x.caffemodel"],
    ],
)
def test_everything_else_begins_at_the_first_batch(command, files):
    assert batch_to_resume(command) == 0


@pytest.mark.parametrize("content", [None, b"", b"\xff" * 50])
def test_an_unreadable_snapshot_is_said(content, files):
    if content is None:
        os.unlink("at.solverstate")
    else:
        (files / "at.solverstate").write_bytes(content)
    command = ["caffe", "train", "--solver=solver.prototxt", "--snapshot=at.solverstate"]
    if content == b"":  # an empty message says iteration 0
        assert batch_to_resume(command) == 0
    else:
        with pytest.raises(RuntimeError, match=r"cannot resume from at\.solverstate"):
            batch_to_resume(command)


def test_the_last_of_repeated_flags_counts():
    assert flag(["caffe", "--gpu=1", "--gpu", "2"], "gpu") == "2"
    assert flag(["caffe", "--gpus=1"], "gpu") == ""


def test_this_process_is_no_caffe_train():
    assert first_batch() == 0
