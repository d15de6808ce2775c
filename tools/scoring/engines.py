"""Engines: what computes scores, genuine Caffe or ONNX Runtime with a run's twin; --engine."""

from argparse import ArgumentParser
from collections.abc import Sequence
from importlib.util import find_spec

import numpy as np

from pylayers.errors import UsageError
from pylayers.files.checkout import relative
from pylayers.lungs.crop import PREPROCESSING_VERSION
from tools.caffe_run.caffe_install import build_info
from tools.caffe_run.compute_engine import onednn_version
from tools.training.run_folder import RunFolder
from tools.training.trained_run import TrainedRun, load_trained
from tools.twin import onnx_network
from tools.twin.trained_twin import load_twin

CAFFE, ONNX = ENGINES = ("caffe", "onnx")


def add_engine(parser: ArgumentParser) -> None:
    """Give a command line the option --engine, for engine_of."""
    parser.add_argument(
        "--engine",
        choices=ENGINES,
        help="what computes: caffe, or ONNX Runtime with the model.onnx that `make export` wrote "
        "(default: caffe where it is installed and --weights is no twin alone)",
    )


def engine_of(choice: str | None, runs: Sequence[RunFolder], gpu: int | None) -> str:
    """Return the engine that --engine chooses, or the default for these runs.

    Raises UsageError when it is not installed or cannot compute on that GPU.
    """
    twins_alone = any(run.name == run.twin or only_twin(run) for run in runs)
    engine = choice or (ONNX if twins_alone or not find_spec("caffe") else CAFFE)
    needed = {CAFFE: "caffe", ONNX: "onnxruntime"}[engine]
    if not find_spec(needed):
        raise UsageError(
            f"--engine {engine}: this Python has no {needed}; `make setup` installs both engines, "
            "`pip install -r requirements-score.txt` the onnx engine"
        )
    if engine == ONNX and gpu is not None:
        raise UsageError("--device: the onnx engine computes on the CPU; --engine caffe on a GPU")
    return engine


def only_twin(run: RunFolder) -> bool:
    """Return whether a run's folder has a twin and no Caffe weights."""
    return run.twin.is_file() and not run.best_weights.is_file()


def load_runs(folders: Sequence[RunFolder], engine: str) -> list[TrainedRun]:
    """Load runs, each of another target, for an engine.

    Raises WeightsError, which says what is missing or damaged, and UsageError for two of a target.
    """
    load = load_twin if engine == ONNX else load_trained
    runs = [load(folder) for folder in folders]
    by_target = {run.target.name: run for run in runs}
    for run in runs:
        if by_target[run.target.name] is not run:
            both = (relative(one.folder.name) for one in (run, by_target[run.target.name]))
            raise UsageError(
                f"{' and '.join(both)} are two runs of one target, {run.target.name}; choose one "
                "with --weights"
            )
    return runs


def versions(engine: str, gpu: int | None) -> dict:
    """Return what a score depends on beside scan and weights; gpu is None on a CPU."""
    return {
        "preprocessing": PREPROCESSING_VERSION,
        **(caffe_versions(gpu) if engine == CAFFE else {"onnxruntime": onnx_network.version()}),
        "numpy": np.__version__,
    }


def caffe_versions(gpu: int | None) -> dict:
    """Return the versions of Caffe and of what computes in it."""
    build, onednn = build_info(), onednn_version() if gpu is None else None
    return {
        "caffe": build.get("caffe_version"),
        "caffe_commit": build.get("caffe_commit"),
        # only where it computes, so that older tables stay valid
        **({"onednn": onednn} if onednn else {}),
    }
