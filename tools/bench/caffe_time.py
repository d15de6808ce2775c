"""`caffe time`: the mean time of each layer, forward and backward."""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from pylayers.child_process import end_with_parent
from pylayers.files.checkout import ROOT
from tools.caffe_run.caffe_install import caffe_binary
from tools.caffe_run.caffe_log import last_error

LINE = re.compile(r"\]\s+(\S+)\s+(forward|backward): (\S+) ms\.")
AVERAGES = "Average time per layer:"


def time_layers(
    net: Path, gpu: int | None, iterations: int, env: Mapping[str, str] | None = None
) -> dict[str, dict[str, float]]:
    """Return {layer: {"forward_ms", "backward_ms"}} of a TRAIN net, means over the iterations.

    gpu: its number, None for the CPU. env: added to our environment. Raises RuntimeError when
    `caffe time` fails, of a lack of memory for instance.
    """
    device = [] if gpu is None else [f"--gpu={gpu}"]
    command = [str(caffe_binary()), "time", f"--model={net}", "--phase=TRAIN"]
    command += [f"--iterations={iterations}", *device]
    result = subprocess.run(
        command,
        cwd=ROOT,  # the paths in a net are relative to it
        env=os.environ | {"GLOG_logtostderr": "1"} | (env or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        preexec_fn=end_with_parent,
    )
    if result.returncode != 0:
        raise RuntimeError(f"`{' '.join(command)}` failed: {last_error(result.stdout)}")
    return layer_times(result.stdout)


def layer_times(log: str) -> dict[str, dict[str, float]]:
    """Return {layer: {"forward_ms", "backward_ms"}} from the log of `caffe time`."""
    times: dict[str, dict[str, float]] = {}
    for name, direction, ms in LINE.findall(log.partition(AVERAGES)[2]):
        times.setdefault(name, {})[f"{direction}_ms"] = float(ms)
    return times
