"""A training of sixteen iterations that tests stop, resume and compare with an undisturbed one."""

import json
import shutil
from pathlib import Path

import pytest
from gate import Gate
from gated_training import started_training
from processes import LIMIT_S

from pylayers.files.file_hash import sha256
from tools import train
from tools.caffe_run.caffe_install import caffe_messages
from tools.caffe_run.caffe_log import read_events
from tools.training.run_folder import RunFolder
from tools.training.snapshots import Snapshots

LAST = 16
HOW = [
    *("--schedule", "demo", "--slices", "1", "--batch", "2", "--gpu", "none"),
    *("--iterations", str(LAST), "--interval", "4", "--workers", "2"),
]


def arguments(cohort, folder, *more, target="fev1pp"):
    return [target, "--cohort", str(cohort), "--run", str(folder), *HOW, *more]


def resume(folder, *more, target="fev1pp") -> RunFolder:
    """Resume as `make resume` does: all but the folder is known from run.json."""
    train.main([target, "--run", str(folder), "--gpu", "none", "--resume", *more])
    return RunFolder(Path(folder))


def gate_of(folder, *stops) -> Gate:
    """The gate that the Caffe of a run comes to; it lies beside the folder."""
    return Gate(f"{folder}_gate", *stops)


def held(cohort, folder, *stops, target="fev1pp"):
    """tools/train.py as a process whose Caffe waits at the first stop; and that Caffe's pid."""
    shutil.rmtree(f"{folder}_gate", ignore_errors=True)  # of an earlier stop: it stands open
    more = ["--resume"] if folder.exists() else []
    return started_training(
        gate_of(folder, *stops), *arguments(cohort, folder, *more, target=target)
    )


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


@pytest.fixture(scope="session")
def undisturbed(tiny_cohort, tmp_path_factory) -> dict:
    """What a training shares that was validated and snapshot at 4, 8, 12 and 16."""
    folder = tmp_path_factory.mktemp("undisturbed") / "run"
    train.main([*arguments(tiny_cohort, folder), "--quiet"])
    return final(folder)


@pytest.fixture(scope="session")
def stopped_once(tiny_cohort, tmp_path_factory) -> Path:
    """A run that was stopped by SIGTERM: a snapshot at 4 and one after. Copy it before use."""
    folder = tmp_path_factory.mktemp("stopped") / "run"
    with held(tiny_cohort, folder, "train 5") as (process, _):
        process.terminate()
        process.communicate(timeout=LIMIT_S)
    assert len(Snapshots(RunFolder(folder)).iterations()) == 2
    return folder


@pytest.fixture
def stopped_run(stopped_once, tmp_path) -> RunFolder:
    """A copy of the stopped run."""
    shutil.copytree(stopped_once, tmp_path / "run")
    return RunFolder(tmp_path / "run")
