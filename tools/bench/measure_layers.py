"""Time per layer, by `caffe time`."""

import os
import re
import subprocess

from pylayers.batch.prefetch import WORKERS
from pylayers.child_process import end_with_parent
from pylayers.files.checkout import ROOT
from tools.bench.bench_run import BenchRun
from tools.bench.engine import threads_env
from tools.bench.settings import Settings
from tools.caffe_run.caffe_install import caffe_binary
from tools.caffe_run.caffe_log import last_error
from tools.training.run_folder import read_net

LINE = re.compile(r"\]\s+(\S+)\s+(forward|backward): (\S+) ms\.")
AVERAGES = "Average time per layer:"


def measure_layers(settings: Settings, run: BenchRun) -> dict:
    """Return layers: name, type, forward and backward in ms each, of a training step."""
    command = [
        str(caffe_binary()),
        "time",
        f"--model={run.run.net}",
        "--phase=TRAIN",
        f"--iterations={3 if settings.quick else 10}",
        *([] if settings.gpu is None else [f"--gpu={settings.gpu}"]),
    ]
    result = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ
        | threads_env(settings.threads)
        | {"GLOG_logtostderr": "1", WORKERS: str(settings.workers)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        preexec_fn=end_with_parent,
    )
    if result.returncode != 0:
        raise RuntimeError(f"`{' '.join(command)}` failed: {last_error(result.stdout)}")
    kinds = {layer.name: layer.type for layer in read_net(run.run.net).layer}
    return {
        "layers": [
            {"name": name, "type": kinds.get(name, ""), **times}
            for name, times in layer_times(result.stdout).items()
        ]
    }


def layer_times(log: str) -> dict[str, dict[str, float]]:
    """Return {layer: {"forward_ms", "backward_ms"}} from the log of `caffe time`."""
    found: dict[str, dict[str, float]] = {}
    for name, direction, ms in LINE.findall(log.partition(AVERAGES)[2]):
        found.setdefault(name, {})[f"{direction}_ms"] = float(ms)
    return found
