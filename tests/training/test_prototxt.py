"""The hand-written prototxts are the paper's network, and a run's are they with its numbers."""

import numpy as np
import pytest
from conftest import ROOT
from google.protobuf import text_format
from hand_written_nets import check_deploy, fed_and_deploy, net_layers

from pylayers.batch.layer_params import parse
from pylayers.cohort.cohort import Cohort, CohortScan, read_cohort
from pylayers.errors import UsageError
from tools.caffe_run.caffe_install import import_caffe
from tools.training.run_folder import RunFolder
from tools.training.run_prototxt import whole_batch, write_prototxts
from tools.training.schedules import SCHEDULES, Schedule, with_overrides

caffe = import_caffe()
caffe_pb2 = caffe.proto.caffe_pb2
pytestmark = pytest.mark.caffe

PROTOTXT = ROOT / "prototxt"
PROTOTXTS = sorted(PROTOTXT.rglob("*.prototxt"))
# Table 1 of the paper: (channels, side); the table's "sum" and "fc6" have side 1
TABLE_1 = {
    "data": (1, 512),
    "conv1": (32, 254),
    "pool1": (32, 127),
    "conv2": (128, 62),
    "pool2": (128, 31),
    "conv3": (256, 15),
    "pool3": (256, 8),
    "conv4": (512, 3),
    "conv5": (1024, 1),
}
KERNELS = {"conv1": 5, "conv2": 5, "conv3": 3, "conv4": 3, "conv5": 3}


def message(path):
    kind = (
        caffe_pb2.SolverParameter
        if path.name.endswith("solver.prototxt")
        else caffe_pb2.NetParameter
    )
    return text_format.Parse(path.read_text(), kind())


def layers(name):
    """The layers of a hand-written net by name."""
    return net_layers(PROTOTXT / name)


@pytest.fixture(scope="module")
def nets(tmp_path_factory):
    """The net of train_test.prototxt in TEST with its data fed by hand (2 scans), and deploy."""
    return fed_and_deploy(
        tmp_path_factory.mktemp("net"),
        PROTOTXT / "train_test.prototxt",
        PROTOTXT / "deploy.prototxt",
        data=(32, 1, 512, 512),
        label=(2, 1),
    )


@pytest.mark.parametrize("path", PROTOTXTS, ids=lambda path: str(path.relative_to(PROTOTXT)))
def test_every_prototxt_parses(path):
    parsed = message(path)
    if path.name.endswith("solver.prototxt"):
        assert (PROTOTXT.parent / parsed.net).is_file()
    else:
        assert parsed.name.startswith("scan2num")


def test_every_blob_has_the_size_of_table_1(nets):
    for net, stack in zip(nets, (32, 16), strict=True):
        for name, (channels, side) in TABLE_1.items():
            assert net.blobs[name].data.shape == (stack, channels, side, side), name


def test_the_fusion_makes_one_score_of_the_slices_of_a_scan(nets):
    whole, deploy = nets
    assert whole.blobs["sum"].data.shape == (2, 1, 1, 1024)
    assert whole.blobs["fc6"].data.shape == (2, 1024)
    assert whole.blobs["fc7"].data.shape == whole.blobs["label"].data.shape == (2, 1)
    assert deploy.blobs["fc7"].data.shape == (16, 1)


def test_the_number_of_parameters_is_that_of_table_1(nets):
    channels = [TABLE_1[name][0] for name in ("data", *KERNELS)]
    convolutions = sum(
        k * k * before * after + after
        for k, before, after in zip(KERNELS.values(), channels, channels[1:], strict=False)
    )
    expected = convolutions + (1024 * 1024 + 1024) + (1024 + 1)
    assert expected == 7_348_929
    for net in nets:
        assert sum(b.data.size for blobs in net.params.values() for b in blobs) == expected


def test_a_scans_score_is_the_mean_of_its_slices_scores(nets):
    whole, deploy = nets
    data = np.random.default_rng(2).uniform(-0.75, 0.75, (32, 1, 512, 512)).astype(np.float32)
    data[:16] *= np.linspace(0.2, 1.0, 16, dtype=np.float32).reshape(16, 1, 1, 1)
    whole.blobs["data"].data[...] = data
    whole.blobs["label"].data[...] = 0
    whole.forward()
    scores = whole.blobs["fc7"].data[:, 0]
    assert abs(scores[0] - scores[1]) > 1e-3  # the two scans differ
    for scan, score in enumerate(scores):
        deploy.blobs["data"].data[...] = data[16 * scan : 16 * scan + 16]
        slices = deploy.forward()["fc7"][:, 0].astype(np.float64)
        assert slices.std() > 1e-4
        assert slices.mean() == pytest.approx(score, abs=1e-5)


def test_deploy_is_the_trunk_layer_by_layer():
    nets = (PROTOTXT / name for name in ("train_test.prototxt", "deploy.prototxt"))
    check_deploy(*nets, left_out=("slices", "sum", "drop6", "loss"), joint="fc6")


def test_weights_are_drawn_by_xavier_and_biases_start_at_zero_and_do_not_decay():
    learnt = [x for x in layers("train_test.prototxt").values() if x.param]
    assert [x.name for x in learnt] == [*KERNELS, "fc6", "fc7"]
    for layer in learnt:
        own = layer.convolution_param if layer.name in KERNELS else layer.inner_product_param
        assert own.weight_filler.type == "xavier"
        assert (own.bias_filler.type, own.bias_filler.value) == ("constant", 0)
        assert [(p.lr_mult, p.decay_mult) for p in layer.param] == [(1, 1), (2, 0)]


def test_dropout_is_on_fc6_only_and_nothing_after_the_fusion_is_bent():
    trunk = layers("train_test.prototxt")
    (dropout,) = [x for x in trunk.values() if x.type == "Dropout"]
    assert list(dropout.bottom) == list(dropout.top) == ["fc6"]
    assert dropout.dropout_param.dropout_ratio == 0.5
    order = list(trunk)
    assert [trunk[name].type for name in order[order.index("slices") :]] == [
        "Reshape",
        "Pooling",
        "InnerProduct",
        "Dropout",
        "InnerProduct",
        "EuclideanLoss",
    ]
    assert trunk["sum"].pooling_param.pool == caffe_pb2.PoolingParameter.AVE
    assert [x.name for x in trunk.values() if x.type == "ReLU"] == [f"relu{i}" for i in range(1, 6)]


def test_the_solver_has_the_papers_numbers():
    solver = message(PROTOTXT / "solver.prototxt")
    assert (solver.type, solver.lr_policy, solver.power) == ("SGD", "poly", 1)
    floats = (solver.base_lr, solver.momentum, solver.weight_decay)
    assert floats == pytest.approx((0.005, 0.9, 0.0005), rel=1e-6)
    assert solver.max_iter == 100_000
    assert solver.test_interval == solver.snapshot == 500
    assert not solver.test_initialization


def test_batches_are_the_papers_and_visit_validation_and_test_split_exactly_once():
    given = [
        parse(layer.python_param.param_str)
        for layer in message(PROTOTXT / "train_test.prototxt").layer
        if layer.type == "Python"
    ]
    batch = {params.split: params.batch for params in given}
    assert list(batch) == ["train", "val", "test"]
    assert all(params.slices == 16 for params in given)
    assert batch["train"] == 16
    (test_iter,) = message(PROTOTXT / "solver.prototxt").test_iter
    assert test_iter * batch["val"] == 170
    assert 195 % batch["test"] == 0


ONE_WEIGHT = """
layer { name: "data" type: "DummyData" top: "x" top: "y" dummy_data_param {
  shape { dim: 2 dim: 1 } shape { dim: 2 dim: 1 }
  data_filler { type: "constant" value: 1 } data_filler { type: "constant" value: 3 } } }
layer { name: "w" type: "InnerProduct" bottom: "x" top: "score" inner_product_param {
  num_output: 1 bias_term: false weight_filler { type: "constant" value: 1 } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "score" bottom: "y" top: "loss" }
"""


def test_the_solver_updates_by_sgd_with_linear_decay_momentum_and_weight_decay(tmp_path):
    solver_message = message(PROTOTXT / "solver.prototxt")
    for field in ("net", "test_iter", "test_interval"):
        solver_message.ClearField(field)
    text_format.Parse(ONE_WEIGHT, solver_message.net_param)
    solver_message.max_iter, solver_message.snapshot = 10, 0
    solver_message.solver_mode = solver_message.CPU
    solver_message.weight_decay *= 1000  # large enough to be seen in a float32 weight
    (tmp_path / "solver.prototxt").write_text(text_format.MessageToString(solver_message))
    solver = caffe.get_solver(str(tmp_path / "solver.prototxt"))

    weight, velocity = 1.0, 0.0
    for iteration in range(10):
        solver.step(1)
        rate = 0.005 * (1 - iteration / 10)
        gradient = (weight - 3.0) + 0.5 * weight  # of half the mean squared error, and of decay
        velocity = 0.9 * velocity + rate * gradient
        weight -= velocity
        assert solver.net.params["w"][0].data[0, 0] == pytest.approx(weight, rel=1e-6)
    assert weight > 1.05


# ---- a run's prototxts ----


def cohort_of(folder, train=20, val=10, test=15) -> Cohort:
    scans = tuple(
        CohortScan(f"{split}{i}", f"{split}{i}", split, {"ve": 1.0}, {})
        for split, count in (("train", train), ("val", val), ("test", test))
        for i in range(count)
    )
    return Cohort(folder, scans)


def written(tmp_path, cohort, schedule, target="ve", seed=4):
    run = RunFolder(tmp_path / "run")
    run.path.mkdir(exist_ok=True)
    max_iter = write_prototxts(run, cohort, target, schedule, seed, gpu=None)
    return run, message(run.net), message(run.deploy), message(run.solver), max_iter


def fusion(net):
    """(name, phases, slices) of the fusion's layers."""
    return [
        (
            x.name,
            [caffe_pb2.Phase.Name(rule.phase) for rule in x.include],
            x.reshape_param.shape.dim[2] if x.type == "Reshape" else x.pooling_param.kernel_h,
        )
        for x in net.layer
        if x.name in ("slices", "sum")
    ]


def test_a_run_on_the_papers_schedule_changes_only_paths_names_and_the_first_bias(tmp_path):
    run, net, deploy, solver, max_iter = written(
        tmp_path, cohort_of(tmp_path, 1424, 170, 195), SCHEDULES["paper"], seed=1
    )
    assert max_iter == 100_000
    original = message(PROTOTXT / "train_test.prototxt")
    for layer, before in zip(net.layer, original.layer, strict=True):
        if layer.type == "Python":
            given, was = (parse(x.python_param.param_str) for x in (layer, before))
            assert (given.cohort, given.target) == (str(tmp_path.resolve()), "ve")
            assert (given.split, given.slices, given.batch, given.seed) == (
                was.split,
                was.slices,
                was.batch,
                was.seed,
            )
            layer.python_param.param_str = before.python_param.param_str
        if layer.name == "fc7":
            layer.inner_product_param.bias_filler.value = 0
        assert layer == before
    assert deploy == message(PROTOTXT / "deploy.prototxt")
    original = message(PROTOTXT / "solver.prototxt")
    assert solver.net == str(run.net)
    assert solver.snapshot_prefix == str(run.path / "snapshots" / "scan2num")
    assert solver.solver_mode == solver.CPU
    assert (solver.display, original.display) == (2, 20)  # only what the log shows
    for field in ("net", "snapshot_prefix", "solver_mode", "display"):
        solver.ClearField(field)
        original.ClearField(field)
    assert solver == original


def test_a_runs_overrides_are_where_caffe_reads_them(tmp_path):
    schedule = Schedule(slices=3, test_slices=3, batch=7, iterations=30, interval=10, display=2)
    _, net, deploy, solver, max_iter = written(tmp_path, cohort_of(tmp_path), schedule)
    given = [parse(x.python_param.param_str) for x in net.layer if x.type == "Python"]
    assert [(p.split, p.slices, p.batch, p.seed) for p in given] == [
        ("train", 3, 7, 4),
        ("val", 3, 5, 4),
        ("test", 3, 5, 4),
    ]
    assert fusion(net) == [("slices", [], 3), ("sum", [], 3)]
    assert list(deploy.layer[0].input_param.shape[0].dim) == [3, 1, 512, 512]
    assert max_iter == solver.max_iter == 30
    assert solver.test_interval == solver.snapshot == 10
    assert (solver.display, solver.random_seed, list(solver.test_iter)) == (2, 4, [2])


def test_the_score_starts_at_the_mean_label_of_the_training_split(tiny_cohort, tmp_path):
    cohort = read_cohort(tiny_cohort)
    for target, unit in (("ve", 5), ("fev1pp", 100)):
        _, net, *_ = written(tmp_path, cohort, Schedule(), target)
        (score,) = [layer for layer in net.layer if layer.name == "fc7"]
        labels = [s.labels[target] for s in cohort.scans if s.split == "train"]
        assert len(labels) == 10
        assert score.inner_product_param.bias_filler.value == pytest.approx(np.mean(labels) / unit)


def test_training_and_test_have_a_fusion_each_when_their_slices_differ(tmp_path):
    schedule = Schedule(slices=4, test_slices=16)
    _, net, deploy, *_ = written(tmp_path, cohort_of(tmp_path), schedule)
    assert fusion(net) == [
        ("slices", ["TRAIN"], 4),
        ("slices", ["TEST"], 16),
        ("sum", ["TRAIN"], 4),
        ("sum", ["TEST"], 16),
    ]
    assert deploy.layer[0].input_param.shape[0].dim[0] == 16


def test_a_net_with_a_fusion_each_runs_in_both_phases(tiny_cohort, tmp_path):
    run, *_ = written(
        tmp_path, read_cohort(tiny_cohort), Schedule(slices=1, test_slices=2, batch=2)
    )
    for phase, stack, batch in ((caffe.TRAIN, 2, 2), (caffe.TEST, 6, 3)):
        net = caffe.Net(str(run.net), phase)
        net.forward()
        assert net.blobs["data"].data.shape[0] == stack
        assert net.blobs["sum"].data.shape == (batch, 1, 1, 1024)
        fused = net.blobs["conv5"].data.reshape(batch, -1, 1024).mean(axis=1)
        np.testing.assert_allclose(net.blobs["sum"].data[:, 0, 0], fused, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("val", [1, 2, 3, 4, 5, 6, 7, 10, 13, 34, 97, 170])
def test_validation_visits_every_scan_exactly_once(val, tmp_path):
    _, net, _, solver, _ = written(tmp_path, cohort_of(tmp_path, val=val), Schedule())
    (params,) = [
        p
        for p in (parse(x.python_param.param_str) for x in net.layer if x.type == "Python")
        if p.split == "val"
    ]
    assert solver.test_iter[0] * params.batch == val
    assert params.batch == whole_batch(val) <= 5


def test_scans_without_the_label_do_not_count(tmp_path):
    cohort = cohort_of(tmp_path, val=9)
    scans = [
        CohortScan(s.scan_id, s.subject_id, s.split, {}, {}) if s.scan_id in ("val0", "val5") else s
        for s in cohort.scans
    ]
    _, _, _, solver, _ = written(tmp_path, Cohort(tmp_path, tuple(scans)), Schedule())
    assert solver.test_iter[0] == 7


# ---- schedules ----


def test_the_papers_schedule_changes_nothing_and_the_demo_is_short():
    assert SCHEDULES["paper"] == Schedule(16, 16, 16, None, None, None)
    demo = SCHEDULES["demo"]
    assert demo.iterations % demo.interval == 0 and demo.test_slices == 16


def test_given_numbers_override_a_schedule():
    given = with_overrides("demo", {"slices": 2, "batch": 3, "iterations": 8, "interval": 4})
    assert given == Schedule(2, 2, 3, 8, 4, SCHEDULES["demo"].display)


@pytest.mark.parametrize(
    ("name", "given", "says"),
    [
        ("quick", {}, "'quick' is not one of paper, demo"),
        ("demo", {"batch": 0}, "--batch 0 is below 1"),
        ("demo", {"slices": -2}, "--slices -2 is below 1"),
        ("demo", {"iterations": 10, "interval": 4}, "10 is not a multiple of --interval 4"),
    ],
)
def test_a_schedule_that_cannot_be_meant_is_refused(name, given, says):
    with pytest.raises(UsageError, match=says):
        with_overrides(name, given)
