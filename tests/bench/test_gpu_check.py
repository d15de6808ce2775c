"""The check of a GPU, rehearsed on the CPU: what is made of its numbers, and what it says."""

import os

import numpy as np
import pytest

from pylayers.batch.prefetch import WORKERS
from pylayers.errors import UsageError
from tools import gpu_check
from tools.bench.gpu_differences import pass_through, worst
from tools.bench.timed_net import write_timed_net
from tools.training.run_folder import read_net

pytestmark = pytest.mark.caffe


def test_the_worst_agreement_is_named():
    ours = {"pool1": np.float32([3, 4]), "fc7": np.float32([2])}
    assert worst(ours, ours) == ("pool1", 0.0)
    name, apart = worst(ours, ours | {"fc7": np.float32([2.02])})
    assert (name, apart) == ("fc7", pytest.approx(0.01, rel=1e-5))


@pytest.mark.parametrize("workers", ["3", None])
def test_a_pass_leaves_the_environment_as_it_was(workers, random_run, monkeypatch):
    if workers is None:
        monkeypatch.delenv(WORKERS, raising=False)
    else:
        monkeypatch.setenv(WORKERS, workers)
    tops, gradients = pass_through(random_run, None)
    assert "fc7" in tops and "fc7 weight" in gradients
    assert os.environ.get(WORKERS) == workers


def test_nan_agrees_with_nothing():
    ours = {"fc7": np.float32([2])}
    assert worst(ours, {"fc7": np.float32([np.nan])}) == ("fc7", float("inf"))


def test_the_timed_net_is_the_networks_own_with_made_up_data(tmp_path):
    write_timed_net(tmp_path / "net.prototxt", slices=3, batch=2)
    data, *layers = read_net(tmp_path / "net.prototxt").layer
    assert [list(shape.dim) for shape in data.dummy_data_param.shape] == [[6, 1, 512, 512], [2, 1]]
    assert next(layer for layer in layers if layer.name == "sum").pooling_param.kernel_h == 3
    assert layers[-1].type == "EuclideanLoss"
    assert "Python" not in {layer.type for layer in layers}


@pytest.mark.parametrize("choice", ["auto", "none"])
def test_a_caffe_for_the_cpu_is_said(choice, monkeypatch):
    for module in ("caffe_run.caffe_install", "gpu_check"):
        monkeypatch.setattr(f"tools.{module}.build_info", dict)
    with pytest.raises(UsageError, match="make setup CUDA=1"):
        gpu_check.wanted_gpu(choice)


def test_a_machine_without_that_gpu_is_said(monkeypatch):
    for module in ("caffe_run.caffe_install", "gpu_check"):
        monkeypatch.setattr(f"tools.{module}.build_info", lambda: {"cuda": True})
    monkeypatch.setattr("tools.caffe_run.caffe_install.gpu_count", lambda: 0)
    with pytest.raises(UsageError, match="GPU 3 was asked for"):
        gpu_check.wanted_gpu("3")
    with pytest.raises(UsageError, match="there is no GPU here"):
        gpu_check.wanted_gpu("auto")


@pytest.mark.slow
def test_the_whole_check_can_be_rehearsed_on_the_cpu(tiny_cohort, tmp_path, capsys):
    where = ["--cohort", str(tiny_cohort), "--folder", str(tmp_path)]
    assert gpu_check.main([*where, "--rehearse", "--iterations", "1"]) is None
    said = capsys.readouterr().out
    assert "outputs: at most 0.0e+00 apart" in said
    assert "conv5" in said
    assert said.endswith("rehearsed on the CPU\n")


def test_a_disagreement_ends_with_code_1(tmp_path, monkeypatch, capsys):
    passes = iter([({"fc7": np.float32([1])}, {}), ({"fc7": np.float32([1.01])}, {})])
    monkeypatch.setattr(gpu_check, "train_on", lambda *_, **__: None)
    monkeypatch.setattr(gpu_check, "pass_through", lambda folder, gpu: next(passes))
    assert gpu_check.main(["--cohort", str(tmp_path), "--rehearse"]) == 1
    assert "outputs of GPU and CPU differ by 1.0e-02 at fc7" in capsys.readouterr().err
