"""The best weights: lowest validation loss, and few snapshots on disk."""

import hashlib
import json
import math

import pytest

from tools.training.best_weights import BestWeights
from tools.training.run_folder import RunFolder
from tools.training.snapshots import Snapshots
from tools.training.trained_run import load_trained


@pytest.fixture
def run(tmp_path):
    run = RunFolder(tmp_path)
    run.snapshots.mkdir()
    run.deploy.touch()
    return run


def train(run, losses):
    """Play a training with a snapshot and a validation every 10 iterations."""
    best = BestWeights(run, {"target": "ve", "seed": 3})
    improved = []
    for number, loss in enumerate(losses, start=1):
        for kind in ("caffemodel", "solverstate"):
            run.snapshot(10 * number, kind).write_text(f"{kind} of {10 * number}")
        improved.append(best.validated(10 * number, loss))
    return improved


def best_json(run):
    return json.loads(run.best_json.read_text())


@pytest.mark.parametrize(
    ("losses", "improved", "iteration"),
    [
        ([3.0, 2.0, 1.0], [True, True, True], 30),
        ([1.0, 2.0, 3.0], [True, False, False], 10),
        ([3.0, 1.0, 1.0, 1.0], [True, True, False, False], 20),
        ([3.0, 1.0, math.nan, math.inf], [True, True, False, False], 20),
    ],
    ids=["falling", "rising", "ties go to the earlier", "diverging"],
)
def test_the_lowest_loss_is_kept(losses, improved, iteration, run):
    assert train(run, losses) == improved
    content = f"caffemodel of {iteration}"
    assert run.best_weights.read_text() == content
    assert best_json(run) == {
        "target": "ve",
        "iteration": iteration,
        "val_loss": min(loss for loss in losses if math.isfinite(loss)),
        "weights_sha256": hashlib.sha256(content.encode()).hexdigest(),
        "seed": 3,
    }
    assert load_trained(run).best["iteration"] == iteration


def test_only_the_best_and_the_newest_two_snapshots_stay(run):
    train(run, [5.0, 1.0, 4.0, 3.0, 2.0])
    assert Snapshots(run).iterations() == [40, 50]
    kept = {path.name for path in run.snapshots.iterdir()}
    pairs = {f"scan2num_iter_{i}.{k}" for i in (40, 50) for k in ("caffemodel", "solverstate")}
    assert kept == pairs
    assert {path.name for path in run.path.iterdir()} == {
        "snapshots",
        "deploy.prototxt",
        "best.caffemodel",
        "best.json",
    }


def test_a_validation_without_its_snapshot_cannot_be_the_best(run):
    best = BestWeights(run, {"target": "ve"})
    assert not best.validated(0, 0.1)
    assert not run.best_json.exists()


def test_no_finite_loss_leaves_no_best_weights(run):
    assert train(run, [math.nan, math.inf]) == [False, False]
    assert not run.best_weights.exists()
