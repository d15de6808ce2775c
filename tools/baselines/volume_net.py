"""The 3D network on a coarse scan, trained by `caffe train` on a CPU.

After Oakden-Rayner et al. (2017), Scientific Reports 7, doi 10.1038/s41598-017-01931-w, whose 3D
network takes strongly down-sampled chest CTs.
"""

import json
import math
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from google.protobuf import text_format

from pylayers.batch.stack import window
from pylayers.child_process import ONE_THREAD
from pylayers.errors import MachineError
from tools.baselines.feature_kinds import VOLUME
from tools.baselines.fitted import Fitted
from tools.baselines.split_features import LabelledFeatures, ScanFeatures
from tools.caffe_run.caffe_device import caffe_on
from tools.caffe_run.caffe_install import caffe_messages
from tools.caffe_run.caffe_log import LogReader, last_error
from tools.caffe_run.caffe_process import CaffeProcess
from tools.training.run_prototxt import HAND_WRITTEN, read_prototxt, whole_batch

NET, SOLVER = "baseline_3d.prototxt", "baseline_3d_solver.prototxt"
FIRST_LAYER, SCORE = "conv1", "fc6"


def fit_volume_net(train: LabelledFeatures, val: LabelledFeatures, seed: int) -> Fitted:
    """Return the network of the lowest validation loss; labels are standardised for it.

    Raises MachineError when Caffe ends before its time.
    """
    mean, sd = float(train.labels.mean()), float(train.labels.std()) or 1.0
    with TemporaryDirectory(prefix="scan2num-") as name:
        folder = Path(name)
        for split, of in (("train", train), ("val", val)):
            np.savez(
                folder / f"{split}.npz",
                volumes=volumes(of.features),
                labels=np.float32((of.labels - mean) / sd),
            )
        write_prototxts(folder, len(val.features), seed)
        iteration, loss = trained(folder)
        net = caffe_on(None).Net(
            str(folder / NET), caffe_on(None).TEST, weights=str(weights(folder, iteration))
        )

    def predict(scans: ScanFeatures) -> np.ndarray:
        scores = []
        for volume in volumes(scans):
            net.blobs["data"].reshape(1, 1, *volume.shape)
            window(volume, net.blobs["data"].data[0, 0])
            net.forward(start=FIRST_LAYER, end=SCORE)
            scores.append(float(net.blobs[SCORE].data[0, 0]))
        return mean + sd * np.array(scores)

    return Fitted(predict, {"iteration": iteration, "val_loss": loss})


def volumes(scans: ScanFeatures) -> np.ndarray:
    """Return the coarse volumes of scans, int16 (n, z, y, x)."""
    return np.stack([features["volume"] for features in scans.each(VOLUME)])


def write_prototxts(folder: Path, val_scans: int, seed: int) -> None:
    """Write net and solver with this training's files, validation scans and seed."""
    net = read_prototxt(HAND_WRITTEN / NET, caffe_messages().NetParameter())
    for layer in net.layer:
        if layer.type == "Python":
            params = json.loads(layer.python_param.param_str)
            batch = params["batch"] if params["file"] == "train.npz" else whole_batch(val_scans)
            params |= {"file": str(folder / params["file"]), "batch": batch, "seed": seed}
            layer.python_param.param_str = json.dumps(params)
    (folder / NET).write_text(text_format.MessageToString(net))
    solver = read_prototxt(HAND_WRITTEN / SOLVER, caffe_messages().SolverParameter())
    solver.net, solver.random_seed = str(folder / NET), seed
    solver.snapshot_prefix = str(folder / "net")
    solver.test_iter[0] = val_scans // whole_batch(val_scans)
    (folder / SOLVER).write_text(text_format.MessageToString(solver))


def trained(folder: Path) -> tuple[int, float]:
    """Train, and return the iteration of the lowest validation loss, and that loss.

    One thread, so that the same training gives the same bytes.
    """
    caffe = CaffeProcess(
        ["train", f"--solver={folder / SOLVER}"], folder / "train.log", dict(ONE_THREAD)
    )
    reader, best = LogReader(), None
    with caffe.stopped_by_signals():
        for line in caffe.lines():
            event = reader.event(line)
            if not event or event.kind != "validated" or not math.isfinite(event.loss):
                continue
            if best is None or event.loss < best[1]:
                best = event.iteration, event.loss
    if caffe.stopping:
        raise KeyboardInterrupt
    if caffe.process.returncode or best is None:
        said = last_error(caffe.added())
        raise MachineError(f"caffe train of the 3D network ended early: {said}")
    return best


def weights(folder: Path, iteration: int) -> Path:
    """Return the snapshot of an iteration."""
    return folder / f"net_iter_{iteration}.caffemodel"
