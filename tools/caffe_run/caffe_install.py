"""The Caffe that `make setup` put into the virtual environment of this Python."""

import json
import os
import re
import sys
from pathlib import Path

from pylayers.errors import UsageError
from tools.caffe_run.gpu_count import gpu_count

LOG_LEVEL = "GLOG_minloglevel"  # read once, when the library is loaded
# A thread of OpenBLAS that has nothing to do sleeps after 2^4 cycles. By default it spins for 2^26,
# between Caffe's products, on a core that Caffe or the workers of the data layer need. Read when
# the library is loaded, here or in a child of ours; the results do not depend on it.
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")


def caffe_binary() -> Path:
    """Return the path of `caffe`; UsageError when it is not installed."""
    path = Path(sys.prefix) / "bin" / "caffe"
    if not path.exists():
        raise UsageError(f"there is no {path}; run `make setup`")
    return path


def build_info() -> dict:
    """Return what the build recorded of itself: version, commit, flags."""
    path = Path(sys.prefix) / "share" / "scan2num-caffe.json"
    return json.loads(path.read_text()) if path.exists() else {}


def import_caffe():
    """Import pycaffe with its log limited to what ends the process; children's logs stay whole.

    Its errors alone are those of a build for GPUs that finds none and computes on the CPU.
    """
    before = os.environ.get(LOG_LEVEL)
    os.environ[LOG_LEVEL] = before or "3"
    import caffe

    if before is None:
        del os.environ[LOG_LEVEL]
    return caffe


def caffe_messages():
    """Return the module of Caffe's protobuf messages: nets, solvers, snapshots."""
    return import_caffe().proto.caffe_pb2


def gpu_id(choice: str) -> int | None:
    """Return the GPU that `auto`, `none` or a number stands for; None is the CPU.

    Where a Caffe for GPUs finds none, `auto` is the CPU. Raises UsageError.
    """
    cuda = build_info().get("cuda", False)
    if choice == "none" or (choice == "auto" and not cuda):
        return None
    if re.fullmatch(r"\d+(,\d+)+", choice):
        raise UsageError(
            f"GPU {choice}: a training takes one GPU, since this Caffe is built without NCCL; "
            "give each GPU a training of its own, say one per target"
        )
    if choice != "auto" and not choice.isdecimal():
        raise UsageError(f"GPU {choice!r} is not auto, none or a number")
    if not cuda:
        raise UsageError(
            f"GPU {choice} was asked for, but this Caffe is built for the CPU only; "
            "`make setup CUDA=1` builds it for GPUs"
        )
    there = gpu_count()
    if choice == "auto" and there == 0:
        return None
    gpu = 0 if choice == "auto" else int(choice)
    if gpu >= there:
        has = f"GPU 0 to {there - 1}" if there else "none (containers: --gpus all)"
        raise UsageError(f"GPU {gpu} was asked for, but this machine has {has}")
    return gpu
