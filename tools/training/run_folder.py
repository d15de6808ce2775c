"""Run folder: runs/<name>/ holds exactly what it ran, and what came of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pylayers.batch.layer_params import LayerParams, parse
from pylayers.errors import WeightsError
from pylayers.files.checkout import relative
from tools.caffe_run.caffe_install import caffe_messages

if TYPE_CHECKING:
    from google.protobuf.message import Message

NET, SOLVER, DEPLOY = "train_test.prototxt", "solver.prototxt", "deploy.prototxt"
SNAPSHOT_PREFIX = "scan2num"
TWIN = "model.onnx"
RUNNING, FINISHED, STOPPED, FAILED = "running", "finished", "stopped", "failed"
TEST_STAGE = "test-split"  # selects the test split's data layer in train_test.prototxt


@dataclass(frozen=True)
class RunFolder:
    """The paths of a run; twin_name: of its ONNX twin, which alone may be there."""

    path: Path
    twin_name: str = TWIN

    @classmethod
    def at(cls, path: Path) -> Self:
        """Return the run of a folder, or the one whose twin a file is."""
        is_twin = path.suffix == Path(TWIN).suffix and not path.is_dir()
        return cls(path.parent, path.name) if is_twin else cls(path)

    @property
    def name(self) -> Path:
        """What at() takes: the folder, or a twin of another name than usual."""
        return self.path if self.twin_name == TWIN else self.twin

    @property
    def twin(self) -> Path:
        """The network as an ONNX model."""
        return self.path / self.twin_name

    @property
    def net(self) -> Path:
        """The net for training, validation and test."""
        return self.path / NET

    @property
    def solver(self) -> Path:
        """The solver."""
        return self.path / SOLVER

    @property
    def deploy(self) -> Path:
        """The net for scoring."""
        return self.path / DEPLOY

    @property
    def log(self) -> Path:
        """Caffe's whole log of the training."""
        return self.path / "train.log"

    @property
    def snapshots(self) -> Path:
        """The folder of snapshots."""
        return self.path / "snapshots"

    @property
    def best_weights(self) -> Path:
        """The weights of the lowest validation loss."""
        return self.path / "best.caffemodel"

    @property
    def best_json(self) -> Path:
        """What the best weights are: iteration, loss, hashes, versions."""
        return self.path / "best.json"

    @property
    def run_json(self) -> Path:
        """What was asked for, and how far it came."""
        return self.path / "run.json"

    @property
    def test_json(self) -> Path:
        """What `caffe test` said of the best weights."""
        return self.path / "test.json"

    def predictions(self, split: str) -> Path:
        """Return the path of the predictions over a split."""
        return self.path / f"predictions_{split}.csv"

    def contributions(self, split: str) -> Path:
        """Return the path of the slices' contributions over a split."""
        return self.path / f"contributions_{split}.csv"

    def snapshot(self, iteration: int, kind: str) -> Path:
        """Return the path of a snapshot; kind: caffemodel or solverstate."""
        return self.snapshots / f"{SNAPSHOT_PREFIX}_iter_{iteration}.{kind}"

    def layer_params(self, split: str) -> LayerParams:
        """Return what the data layer of a split is told."""
        for layer in read_net(self.net).layer:
            if layer.type == "Python":
                params = parse(layer.python_param.param_str)
                if params.split == split:
                    return params
        raise WeightsError(f"{self.net} has no data layer for split {split!r}")


def read_net(path: Path) -> "Message":
    """Parse a run's net into a protobuf message; WeightsError when it is damaged."""
    from google.protobuf import text_format  # comes with Caffe, which not every machine has

    try:
        return text_format.Parse(path.read_text(), caffe_messages().NetParameter())
    except (OSError, UnicodeDecodeError, text_format.ParseError) as error:
        raise WeightsError(f"{relative(path)} is no net: {error}; train again") from None
