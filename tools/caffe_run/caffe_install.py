"""The Caffe that `make setup` put into the virtual environment of this Python."""

import json
import os
import re
import sys
from pathlib import Path
from types import ModuleType

from pylayers.errors import UsageError
from tools.caffe_run.gpu_count import gpu_count

LOG_LEVEL = "GLOG_minloglevel"  # read once, when the library is loaded
# An idle thread of OpenBLAS sleeps after 2^4 cycles. By default it spins for 2^26 between Caffe's
# products, on a core that Caffe or the workers of the data layer need. Read when the library is
# loaded, here or in a child process; results do not depend on it.
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")


def caffe_binary() -> Path:
    """Return the path of `caffe`; UsageError when it is not installed."""
    path = Path(sys.prefix) / "bin" / "caffe"
    if not path.exists():
        raise UsageError(f"there is no {path}; run `make setup`")
    return path


def build_info() -> dict:
    """Return what the build recorded: version, commit, flags; empty when it recorded nothing."""
    path = Path(sys.prefix) / "share" / "scan2num-caffe.json"
    return json.loads(path.read_text()) if path.exists() else {}


def import_caffe() -> ModuleType:
    """Import pycaffe with its log limited to fatal errors; children's logs stay whole.

    Its other errors only say that a build for GPUs finds none and computes on the CPU.
    """
    before = os.environ.get(LOG_LEVEL)
    os.environ[LOG_LEVEL] = before or "3"
    import caffe

    if before is None:
        del os.environ[LOG_LEVEL]
    return caffe


def caffe_messages() -> ModuleType:
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
    count = gpu_count()
    if choice == "auto" and count == 0:
        return None
    gpu = 0 if choice == "auto" else int(choice)
    if gpu >= count:
        gpus = f"GPU 0 to {count - 1}" if count else "none (containers: --gpus all)"
        raise UsageError(f"GPU {gpu} was asked for, but this machine has {gpus}")
    return gpu
