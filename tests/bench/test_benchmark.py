"""The benchmark: its sums, its child processes, and that it compares only what is the same."""

import json

import numpy as np
import pytest
from processes import running

from pylayers.command_line.exit_codes import run
from tools import benchmark
from tools.bench import engine as engine_module
from tools.bench import measure_rivals as rivals_module
from tools.bench.bench_run import write_bench_run
from tools.bench.bench_scans import BenchScans
from tools.bench.caffe_time import layer_times
from tools.bench.comparison import comparison
from tools.bench.engine import RIVALS_PYTHON, Engine, EngineFailed
from tools.bench.measure_network import measure_network
from tools.bench.measure_rivals import RIVALS, SAME_WORK, measure_rivals
from tools.bench.process_memory import memory_of
from tools.bench.rounds import FEWEST, interleaved
from tools.bench.same_results import disagreement, relative_difference
from tools.bench.settings import Settings
from tools.bench.spread import ratios, spread
from tools.caffe_run.caffe_install import import_caffe
from tools.caffe_run.compute_engine import ONEDNN, engine_in_use

caffe = import_caffe()
pytestmark = pytest.mark.caffe
needs_rivals = pytest.mark.skipif(
    not RIVALS_PYTHON.exists(), reason="there is no .venv-bench; `make bench` makes it"
)
PROMISED = (
    *("loader_ratio", "loader_vs_torchio", "loader_scans_per_s"),
    *("caffe_step_vs_pytorch_best", "caffe_forward_vs_onnxruntime"),
)


@pytest.fixture
def settings(tiny_cohort, tmp_path):
    """Two slices a scan, so that it is quick."""
    return Settings(tiny_cohort, tmp_path, 2, 1, 1, 1, None, quick=True, quiet=True)


def test_spread_is_median_and_range():
    assert spread([3.0, 1.0, 8.0, 2.0]) == {"median": 2.5, "min": 1.0, "max": 8.0, "n": 4}
    with pytest.raises(ValueError, match="nothing"):
        spread([])


def test_ratios_are_taken_within_each_round():
    assert ratios([1.0, 20.0], [2.0, 40.0]) == [0.5, 0.5]  # the second round was slow for both
    with pytest.raises(ValueError):
        ratios([1.0], [1.0, 2.0])


def test_a_comparison_says_which_way_up_it_is():
    seen = comparison("what", [2.0], [8.0], ("a", "b"))
    assert (seen["median"], seen["ours"]["median"], seen["theirs"]["median"]) == (0.25, 2.0, 8.0)
    assert comparison("what", [2.0], [8.0], ("a", "b"), upside_down=True)["median"] == 4.0


def test_rounds_turn_about_and_do_not_count_the_first():
    calls = []

    def task(name):
        return lambda: calls.append(name) or len(calls)

    seen = interleaved({"a": task("a"), "b": task("b")}, 2, 60.0, "", quiet=True)
    assert calls == ["a", "b", "a", "b", "b", "a"]
    assert seen == {"a": [3, 6], "b": [4, 5]}


def test_no_round_begins_after_the_limit_but_the_fewest_are_made():
    seen = interleaved({"a": lambda: 1.0}, 100, 0.0, "", quiet=True)
    assert len(seen["a"]) == FEWEST


def test_layer_times_are_read_from_caffes_log():
    log = """
I1123 10:00:00 1 caffe.cpp:1] Average time per layer:
I1123 10:00:00 1 caffe.cpp:1]      conv1\tforward: 28.5 ms.
I1123 10:00:00 1 caffe.cpp:1]      conv1\tbackward: 1e-05 ms.
I1123 10:00:00 1 caffe.cpp:1] Average Forward pass: 30 ms.
"""
    assert layer_times(log) == {"conv1": {"forward_ms": 28.5, "backward_ms": 1e-05}}


def test_another_network_is_told_from_the_same():
    ours = np.array([3.0, 4.0])
    assert relative_difference(ours, ours * (1 + 1e-5)) == pytest.approx(1e-5)
    assert disagreement({"score": 1e-6, "gradient": 1e-3}) is None
    assert "score" in disagreement({"score": 1e-3, "gradient": 1e-3})
    assert "forward" in disagreement({"forward": float("nan")})


def test_the_networks_layers_come_from_the_prototxt(settings):
    made = write_bench_run(settings)
    trunk = [
        *("conv1", "pool1", "relu1", "conv2", "pool2", "relu2", "conv3", "pool3", "relu3"),
        *("conv4", "relu4", "conv5", "relu5"),
    ]
    names = [layer["name"] for layer in made.deploy_layers]
    assert names == [*trunk, "fc6", "fc7"]
    assert [layer["name"] for layer in made.train_layers] == [*trunk, "sum", "fc6", "drop6", "fc7"]
    assert made.train_layers[len(trunk)] == {"kind": "mean", "name": "sum", "slices": 2}


def test_the_constant_batch_is_the_first_one_and_stays(settings):
    made = write_bench_run(settings)
    loading, constant = (caffe.get_solver(str(path)).net for path in (made.loading, made.constant))
    loading.forward()
    first = loading.blobs["data"].data.copy()
    for _ in range(2):
        constant.forward()
        np.testing.assert_array_equal(constant.blobs["data"].data, first)
    constant.blobs["data"].data[...] = 7
    constant.forward()
    assert (constant.blobs["data"].data == 7).all()  # nothing is written again
    loading.forward()
    assert (loading.blobs["data"].data != first).any()


def test_a_childs_failure_is_raised_here_and_the_child_ends():
    with Engine("our_loader", 1) as engine:
        with pytest.raises(EngineFailed, match="KeyError"):
            engine.ask("made", job={})
        assert "h5py" in engine.ask("version")  # it goes on
        assert memory_of(engine.pid)["uss"] > 1
    assert not running(engine.pid)


def test_a_child_that_dies_is_noticed():
    with Engine("our_loader", 1) as engine:
        engine.child.process.kill()
        with pytest.raises(EngineFailed, match="our_loader was killed"):
            engine.ask("version")


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--only", "loader,speed"], "'speed' is not one of training, loader"),
        (["--slices", "0"], "--slices 0 is below 1"),
        (["--workers", "-1"], "workers '-1' is not a number"),
        (["--gpu", "many"], "'many'"),
    ],
)
def test_wrong_usage_exits_2_with_one_line(arguments, part, capsys):
    assert run(lambda: benchmark.main(arguments)) == 2
    out, err = capsys.readouterr()
    assert out == "" and part in err and len(err.splitlines()) == 1


def test_help_names_the_parts(capsys):
    with pytest.raises(SystemExit) as ended:
        benchmark.main(["--help"])
    assert ended.value.code == 0
    out = " ".join(capsys.readouterr().out.split())
    assert benchmark.__doc__.split("\n")[0] in out
    assert ", ".join(benchmark.PARTS) in out


def quick(cohort, path, *more):
    arguments = ["--cohort", str(cohort), "--json", str(path), "--quick", "--quiet"]
    benchmark.main([*arguments, "--slices", "2", "--gpu", "none", *more])
    return json.loads(path.read_text())


def check_spread(seen):
    assert 0 < seen["min"] <= seen["median"] <= seen["max"]


@pytest.mark.slow
def test_without_rivals_our_own_parts_are_measured(tiny_cohort, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(engine_module, "RIVALS_PYTHON", tmp_path / "none")
    chest = tiny_cohort.parent / "c03.mhd"  # in the place of the real sample and of the phantoms
    scans = BenchScans(chest, tmp_path / "scans", (96, 80, 30))
    monkeypatch.setattr(benchmark, "BenchScans", lambda: scans)
    monkeypatch.setattr(benchmark, "bench_phantoms", lambda quiet: [chest])
    found = quick(tiny_cohort, tmp_path / "made" / "bench.json", "--workers", "1")
    scoring = ("score_scan_vs_floor_onnx", "score_scan_vs_floor_caffe")
    scoring += ("score_cohort_2_workers_vs_1",)
    for key in ("loader_ratio", "loader_scans_per_s", "loader_vs_gzip", *scoring):
        check_spread(found[key])
    tail = "vs_caffes_own" if engine_in_use() == ONEDNN else "s"
    for key in (f"caffe_step_{tail}", f"caffe_forward_{tail}"):
        check_spread(found[key])
    assert found["loader_bytes_equal"]
    assert {"0", "1", "2", "4"} == set(found["loader_workers"])
    assert len(found["loader_workers"]["2"]["worker_mib"]) == 2
    assert found["loader_workers"]["0"]["worker_mib"] == []
    assert [layer["name"] for layer in found["layers"]][:2] == ["data", "conv1"]
    assert found["parameters"]["slices"] == 2 and found["machine"]["cpu"]
    assert set(PROMISED) - set(found) == set(PROMISED) & set(found["not_measured"])
    out, err = capsys.readouterr()
    assert "training step, loading / constant batch" in out
    assert "score_scan, raw mhd: onnx / floor" in out and "score_cohort      scans/s" in out
    assert "not measured: loader_vs_torchio: there is no .venv-bench; `make bench`" in out
    assert max(map(len, out.splitlines())) < 140 and err == ""


@needs_rivals
@pytest.mark.slow
def test_the_rivals_do_the_same_work_and_are_measured(settings):
    found = measure_rivals(settings)
    assert found.pop("not_measured") == {}
    assert set(found) == {f"loader_vs_{name}" for name in (*RIVALS, "gzip")}
    for name in RIVALS:
        assert found[f"loader_vs_{name}"]["difference_in_pixels"] < SAME_WORK / 2
    for seen in found.values():
        check_spread(seen)


@needs_rivals
def test_a_rival_that_does_other_work_is_none(settings, monkeypatch):
    monkeypatch.setattr(rivals_module, "RIVALS", {"scipy": RIVALS["scipy"]})
    difference = rivals_module._difference

    def other(engine, stacks):
        return difference(engine, [({**job, "mirror": not job["mirror"]}, s) for job, s in stacks])

    monkeypatch.setattr(rivals_module, "_difference", other)
    found = measure_rivals(settings)
    assert "loader_vs_scipy" not in found
    assert "other work" in found["not_measured"]["loader_vs_scipy"]


@needs_rivals
@pytest.mark.slow
def test_the_engines_compute_the_same_network(settings):
    found = measure_network(settings, write_bench_run(settings), {"forward", "step"})
    assert found["not_measured"] == {}
    seen = found["agreement"]
    engines = {"pytorch_contiguous", "pytorch_channels_last", "onnxruntime"}
    with_onednn = engine_in_use() == ONEDNN
    assert set(seen) == engines | ({"caffes_own"} if with_onednn else set())
    assert all(disagreement(values) is None for values in seen.values())
    for key in (*PROMISED[3:], "caffe_forward_vs_pytorch_best"):
        check_spread(found[key])
        if with_onednn:
            check_spread(found[key.replace("caffe_", "caffes_own_", 1)])
