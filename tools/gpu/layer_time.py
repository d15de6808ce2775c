"""`caffe time` of a training step, and the GPU's memory while it runs."""

import os
import subprocess
from pathlib import Path

from google.protobuf import text_format

from pylayers.files.checkout import ROOT
from pylayers.files.whole_file import write_whole
from tools.bench.measure_layers import layer_times
from tools.caffe_run.caffe_install import caffe_binary, caffe_messages
from tools.caffe_run.caffe_log import last_error
from tools.gpu.memory import Peak
from tools.training.run_folder import NET, read_net

EDGE = 512  # pixels


def write_timed_net(path: Path, slices: int, batch: int) -> None:
    """Write the hand-written TRAIN net with made-up data in place of scans."""
    net = read_net(ROOT / "prototxt" / NET)
    timed = caffe_messages().NetParameter(name=net.name)
    data = timed.layer.add(name="data", type="DummyData", top=["data", "label"])
    for shape in ((batch * slices, 1, EDGE, EDGE), (batch, 1)):
        data.dummy_data_param.shape.add(dim=shape)
        data.dummy_data_param.data_filler.add(type="gaussian", std=0.3)
    for layer in net.layer:
        if layer.type == "Python":
            continue
        if layer.name == "slices":
            layer.reshape_param.shape.dim[2] = slices
        if layer.name == "sum":
            layer.pooling_param.kernel_h = slices
        timed.layer.add().CopyFrom(layer)
    write_whole(path, text_format.MessageToString(timed))


def time_layers(net: Path, gpu: int | None, iterations: int) -> tuple[dict, int | None]:
    """Return ({layer: {"forward_ms", "backward_ms"}}, MiB at most on the GPU).

    The memory is what nvidia-smi shows of the whole GPU; None on the CPU. Raises RuntimeError when
    `caffe time` fails, of a lack of memory for instance.
    """
    device = [] if gpu is None else [f"--gpu={gpu}"]
    command = [str(caffe_binary()), "time", f"--model={net}", f"--iterations={iterations}", *device]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | {"GLOG_logtostderr": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process, Peak(gpu) as peak:
        log = process.stdout.read()
    if process.returncode != 0:
        raise RuntimeError(f"`{' '.join(command)}` failed: {last_error(log)}")
    return layer_times(log), peak.mib
