"""A run's prototxts: the hand-written ones with a run's overrides applied as protobuf messages."""

import hashlib
from pathlib import Path
from statistics import fmean
from typing import TypeVar

from google.protobuf import text_format
from google.protobuf.message import Message

from pylayers.batch.layer_params import LayerParams, parse
from pylayers.batch.variants import PLAIN, Variant
from pylayers.cohort.cohort import SPLITS, Cohort
from pylayers.files.checkout import ROOT, relative
from pylayers.files.whole_file import write_whole
from tools.caffe_run.caffe_install import caffe_messages
from tools.training.run_folder import DEPLOY, NET, SNAPSHOT_PREFIX, SOLVER, RunFolder
from tools.training.schedules import Schedule

HAND_WRITTEN = ROOT / "prototxt"
# Iterations between two losses in Caffe's log, at most: on a CPU, at 12 to 20 s each, the pace is
# known after a minute. The paper's solver has 20; with 2 its log grows to 13 MB, of the 20 that
# disk_space.py reserves. The weights do not depend on it.
EARLY_DISPLAY = 2
FUSION = ("slices", "sum")  # layers that average over the slices of a scan
TEST_BATCH = 5  # at most: the TEST net shares the GPU with the TRAIN net
AnyMessage = TypeVar("AnyMessage", bound=Message)


def read_prototxt(path: Path, message: AnyMessage) -> AnyMessage:
    """Parse a prototxt into a protobuf message."""
    return text_format.Parse(path.read_text(), message)


def hand_written(name: str, variant: Variant) -> Path:
    """Return the path of a hand-written prototxt: a variant's own net, else the paper's."""
    own = variant.own_nets and name in (NET, DEPLOY)
    return HAND_WRITTEN / variant.nets_folder / name if own else HAND_WRITTEN / name


def hand_written_sha256(variant: Variant = PLAIN) -> str:
    """Return the hash of a variant's hand-written prototxts without their comments."""
    kinds = {
        NET: caffe_messages().NetParameter,
        DEPLOY: caffe_messages().NetParameter,
        SOLVER: caffe_messages().SolverParameter,
    }
    messages = [
        text_format.MessageToString(read_prototxt(hand_written(n, variant), k()))
        for n, k in kinds.items()
    ]
    return hashlib.sha256("".join(messages).encode()).hexdigest()


def write_prototxts(
    run: RunFolder,
    cohort: Cohort,
    target: str,
    schedule: Schedule,
    seed: int,
    gpu: int | None,
    variant: Variant = PLAIN,
) -> int:
    """Write train_test, deploy and solver prototxt of a run; return its max_iter."""
    net = read_prototxt(hand_written(NET, variant), caffe_messages().NetParameter())
    deploy = read_prototxt(hand_written(DEPLOY, variant), caffe_messages().NetParameter())
    solver = read_prototxt(hand_written(SOLVER, variant), caffe_messages().SolverParameter())

    params = {split: _params(cohort, target, variant, split, schedule, seed) for split in SPLITS}
    for layer in net.layer:
        if layer.type == "Python":
            split = parse(layer.python_param.param_str).split
            layer.python_param.param_str = params[split].to_json()
    _set_slices(net, schedule)
    if not variant.grades:
        _start_at_mean(net, cohort, target, variant)
    for layer in deploy.layer:
        if layer.type == "Input":
            layer.input_param.shape[0].dim[0] = variant.stacks * schedule.test_slices

    solver.net = relative(run.net)
    solver.snapshot_prefix = relative(run.snapshots / SNAPSHOT_PREFIX)
    solver.random_seed = seed
    if schedule.split_batch > 1:
        solver.iter_size = schedule.split_batch  # Caffe averages their gradients
    validated = cohort.labelled("val", target, variant.second)
    solver.test_iter[0] = len(validated) // params["val"].batch
    solver.solver_mode = solver.CPU if gpu is None else solver.GPU
    if gpu is not None:
        solver.device_id = gpu
    if schedule.iterations is not None:
        solver.max_iter = schedule.iterations
    if schedule.interval is not None:
        solver.test_interval = solver.snapshot = schedule.interval
    solver.display = schedule.display or min(solver.display, EARLY_DISPLAY)

    for path, message in ((run.net, net), (run.deploy, deploy), (run.solver, solver)):
        write_whole(path, text_format.MessageToString(message))
    return solver.max_iter


def _params(
    cohort: Cohort, target: str, variant: Variant, split: str, schedule: Schedule, seed: int
) -> LayerParams:
    if split == "train":
        slices, batch = schedule.slices, schedule.batch // schedule.split_batch
    else:
        slices = schedule.test_slices
        batch = whole_batch(len(cohort.labelled(split, target, variant.second)))
    return LayerParams(relative(cohort.folder), split, target, slices, batch, seed, variant.name)


def whole_batch(scans: int) -> int:
    """Return the largest batch up to TEST_BATCH that divides a split exactly."""
    return max(batch for batch in range(1, TEST_BATCH + 1) if scans % batch == 0)


def _set_slices(net: Message, schedule: Schedule) -> None:
    """Set the slices per scan of the fusion; TRAIN and TEST get layers of their own if they differ.

    The mean over slices takes any number of them, so short stacks can train what long ones score.
    """
    for layer in list(net.layer):
        if layer.name in FUSION:
            set_fusion(layer, schedule.slices)
            if schedule.test_slices != schedule.slices:
                layer.include.add(phase=caffe_messages().TRAIN)
                position = list(net.layer).index(layer) + 1
                twin = caffe_messages().LayerParameter()
                twin.CopyFrom(layer)
                twin.include[0].phase = caffe_messages().TEST
                set_fusion(twin, schedule.test_slices)
                net.layer.insert(position, twin)


def _start_at_mean(net: Message, cohort: Cohort, target: str, variant: Variant) -> None:
    """Let the score start at the mean training label: less to learn, no violent first steps."""
    scans = cohort.labelled("train", target, variant.second)
    labels = [scan.labels[target] for scan in scans]
    mean = fmean(labels) / cohort.target(target).network_unit
    score = next(layer for layer in net.layer if layer.name == "fc7")
    score.inner_product_param.bias_filler.value = mean


def set_fusion(layer: Message, slices: int) -> None:
    """Set the slices per scan of a layer (LayerParameter) of FUSION."""
    if layer.type == "Reshape":
        layer.reshape_param.shape.dim[2] = slices
    else:
        layer.pooling_param.kernel_h = slices
