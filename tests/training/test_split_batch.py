"""A batch in parts, for a GPU whose memory does not hold it whole: the same training."""

import shutil

import numpy as np
import pytest

from pylayers.errors import UsageError
from tools import train
from tools.caffe_run.caffe_install import import_caffe
from tools.training import run_prototxt
from tools.training.run_folder import RunFolder
from tools.training.schedules import Schedule, with_overrides

ITERATIONS = 4
HOW = ["--schedule", "demo", "--slices", "2", "--gpu", "none", "--quiet"]
HOW += ["--iterations", str(ITERATIONS), "--interval", str(ITERATIONS)]


@pytest.fixture
def train_in(tiny_cohort, tmp_path, monkeypatch):
    """A function that trains without dropout and returns all weights in one vector.

    Dropout is drawn anew in each pass through the net, so it differs between whole and split
    batches; all else, the scans and their augmentation included, must not.
    """
    written = tmp_path / "prototxt"
    shutil.copytree(run_prototxt.HAND_WRITTEN, written)
    net = written / "train_test.prototxt"
    text = net.read_text()
    assert text.count("dropout_ratio: 0.5") == 1
    net.write_text(text.replace("dropout_ratio: 0.5", "dropout_ratio: 0"))
    monkeypatch.setattr(run_prototxt, "HAND_WRITTEN", written)

    def run(name: str, *options: str) -> np.ndarray:
        folder = RunFolder(tmp_path / name)
        where = ["--cohort", str(tiny_cohort), "--run", str(folder.path)]
        train.main(["fev1pp", *where, *HOW, *options])
        caffe = import_caffe()
        weights = folder.snapshot(ITERATIONS, "caffemodel")
        net = caffe.Net(str(folder.deploy), caffe.TEST, weights=str(weights))
        return np.concatenate([b.data.ravel() for blobs in net.params.values() for b in blobs])

    return run


@pytest.mark.caffe
@pytest.mark.slow
def test_a_split_batch_trains_the_same_weights_up_to_rounding(train_in):
    whole = train_in("whole", "--batch", "4")
    split = train_in("split", "--batch", "4", "--split-batch", "2")
    half = train_in("half", "--batch", "2")

    def apart(other):
        return np.linalg.norm(other - whole) / np.linalg.norm(whole)

    assert apart(split) < 1e-6
    assert apart(half) > 100 * apart(split)  # half the batch alone is another training


def test_a_split_that_leaves_a_rest_is_refused():
    with pytest.raises(UsageError, match=r"--split-batch 3: a batch of 16 scans"):
        with_overrides("demo", {"split_batch": 3})
    with pytest.raises(UsageError, match=r"--split-batch 0 is below 1"):
        with_overrides("demo", {"split_batch": 0})
    assert with_overrides("paper", {"split_batch": 2}) == Schedule(split_batch=2)
