"""Weights to score with: those that Caffe's fillers draw, and their ONNX twin.

Speed does not depend on what a network has learnt, and so no training is needed.
"""

import subprocess
import sys

from pylayers.files.checkout import ROOT
from pylayers.files.file_hash import sha256
from pylayers.files.whole_file import write_json
from pylayers.lungs.crop import PREPROCESSING_VERSION
from tools.bench.bench_run import BenchRun
from tools.bench.engine import Engine, EngineFailed
from tools.bench.settings import SEED, TARGET
from tools.training.run_folder import RunFolder


def write_weights(run: BenchRun) -> RunFolder:
    """Make a run one that both engines can score with, and return it.

    EngineFailed when the twin cannot be made, as where its scores are not Caffe's.
    """
    folder = run.run
    if folder.twin.is_file():
        return folder
    with Engine("caffe_engine", 1) as caffe:
        caffe.ask("draw", net=str(run.check), weights=str(folder.best_weights), seed=SEED)
    write_json(
        folder.best_json,
        {
            "target": TARGET,
            "weights_sha256": sha256(folder.best_weights),
            "phantom": True,  # they say nothing about a patient
            "preprocessing_version": PREPROCESSING_VERSION,
        },
    )
    export = [sys.executable, ROOT / "tools" / "export_onnx.py", TARGET, "--run", folder.path]
    done = subprocess.run(export, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise EngineFailed(done.stderr.strip() or "tools/export_onnx.py failed without a word")
    return folder
