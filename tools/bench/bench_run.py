"""The prototxts that the benchmark runs: a run's own, with another data layer where one is due."""

from dataclasses import dataclass, replace
from pathlib import Path

from google.protobuf import text_format

from pylayers.batch.layer_params import LayerParams, parse
from pylayers.cohort.cohort import read_cohort
from pylayers.files.whole_file import write_whole
from tools.bench.settings import LR, MOMENTUM, SEED, TARGET, WEIGHT_DECAY, Settings
from tools.caffe_run.caffe_install import caffe_messages
from tools.training.run_folder import RunFolder, read_net
from tools.training.run_prototxt import read_prototxt, write_prototxts
from tools.training.schedules import Schedule
from tools.twin.net_layers import layers_of

CONSTANT = ("tools.bench.constant_batch_layer", "ConstantBatchLayer")


@dataclass(frozen=True)
class BenchRun:
    """Paths of prototxts.

    loading, constant: solvers. check: a TRAIN net of one constant scan without dropout. deploy:
    the net for scoring. layers: the nets as lists, by phase.
    """

    run: RunFolder
    loading: Path
    constant: Path
    check: Path
    train_layers: list[dict]
    deploy_layers: list[dict]

    @property
    def deploy(self) -> Path:
        """The net for scoring."""
        return self.run.deploy

    def file(self, name: str) -> str:
        """Return the path of a file beside the prototxts."""
        return str(self.run.path / name)


def write_bench_run(settings: Settings) -> BenchRun:
    """Write the prototxts of these settings; CohortError when a split of the cohort is empty."""
    run = RunFolder(settings.folder / f"run_{settings.batch}x{settings.slices}")
    run.path.mkdir(parents=True, exist_ok=True)
    schedule = Schedule(settings.slices, settings.slices, settings.batch)
    write_prototxts(run, read_cohort(settings.cohort), TARGET, schedule, SEED, settings.gpu)
    constant = _write_net(run, "constant", CONSTANT, batch=settings.batch)
    check = _write_net(run, "check", CONSTANT, batch=1, dropout=0.0)
    return BenchRun(
        run,
        _write_solver(run, run.net),
        _write_solver(run, constant),
        check,
        layers_of(read_net(run.net), caffe_messages().TRAIN),
        layers_of(read_net(run.deploy), caffe_messages().TEST),
    )


def train_params(run: RunFolder, batch: int) -> LayerParams:
    """Return what the data layer of the training net is told."""
    return replace(run.layer_params("train"), batch=batch)


def _write_net(
    run: RunFolder,
    name: str,
    layer: tuple[str, str] | None = None,
    batch: int = 1,
    dropout: float | None = None,
) -> Path:
    """Write the run's net with another TRAIN data layer, other params or another dropout."""
    net = read_net(run.net)
    for part in net.layer:
        if part.type == "Python" and parse(part.python_param.param_str).split == "train":
            part.python_param.param_str = train_params(run, batch).to_json()
            if layer:
                part.python_param.module, part.python_param.layer = layer
        elif part.type == "Dropout" and dropout is not None:
            part.dropout_param.dropout_ratio = dropout
    path = run.path / f"{name}.prototxt"
    write_whole(path, text_format.MessageToString(net))
    return path


def _write_solver(run: RunFolder, net: Path) -> Path:
    """Write the run's solver for a net, without validation, snapshots and words."""
    solver = read_prototxt(run.solver, caffe_messages().SolverParameter())
    for field in ("test_iter", "test_interval", "test_initialization", "snapshot", "power"):
        solver.ClearField(field)
    solver.net = str(net)
    solver.display = 0
    solver.lr_policy, solver.base_lr = "fixed", LR
    solver.momentum, solver.weight_decay = MOMENTUM, WEIGHT_DECAY
    path = net.with_name(f"solver_{net.name}")
    write_whole(path, text_format.MessageToString(solver))
    return path
