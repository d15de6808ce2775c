"""Check on a GPU that Caffe computes there what it computes on the CPU, and how fast.

For a machine with an NVIDIA GPU and a Caffe that was built for it (`make setup CUDA=1`). It runs
Caffe's own tests of the layers in use on the GPU, trains on the phantoms, compares the outputs and
gradients of the trained net on GPU and CPU, times every layer of a training step of 16 scans x 16
slices, and shows the memory that a training with such batches takes, whole and in parts. `make
bench GPU=0` then compares its speed with PyTorch's. It was written and rehearsed (--rehearse) on
machines without a GPU; it has not yet run on one.
"""

import argparse
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from pylayers.command_line.exit_codes import run
from pylayers.command_line.path_argument import given_path
from pylayers.errors import UsageError
from pylayers.files.checkout import ROOT
from tools.bench.caffe_time import time_layers
from tools.bench.gpu_differences import pass_through, worst
from tools.bench.gpu_memory import Peak, used_mib
from tools.bench.machine import gpu_name
from tools.bench.timed_net import write_timed_net
from tools.caffe_run.caffe_install import build_info, gpu_id
from tools.training.run_folder import RunFolder
from tools.training.train_request import TrainRequest
from tools.training.train_run import train

TARGET = "fev1fvc"
OUTPUTS_APART = 1e-4  # of the tops' norm
GRADIENTS_APART = 1e-3  # where two maxima are nearly equal, MAX pooling may send it elsewhere


class Disagreement(Exception):
    """GPU and CPU differ by more than rounding, or a test failed; the message says where."""


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("--cohort", type=given_path, required=True, help="prepared cohort to train on")
    p.add_argument("--gpu", default="auto", help="auto or a GPU's number (default: %(default)s)")
    p.add_argument("--iterations", type=int, default=2000, help="to train (default: %(default)s)")
    p.add_argument(
        "--folder",
        type=given_path,
        default=ROOT / "build/gpu-check",
        help="for runs and nets (default: build/gpu-check)",
    )
    p.add_argument(
        "--rehearse",
        action="store_true",
        help="run everything on the CPU, small and without Caffe's own tests",
    )
    return p


def check(args: argparse.Namespace) -> None:
    """Do one step after the other; each prints its result."""
    gpu = None if args.rehearse else wanted_gpu(args.gpu)
    slices, batch = (2, 2) if args.rehearse else (16, 16)
    if gpu is not None:
        run_own_tests(gpu)
    small = {"slices": slices, "batch": batch} if args.rehearse else {}
    folder = train_on(args, gpu, "demo", args.iterations, **small)
    compare(folder, gpu)
    report_times(args.folder, gpu, slices, batch)
    for parts in (1, 2):
        with Peak(gpu) as peak:
            train_on(args, gpu, "paper", 2, slices=slices, batch=batch, split_batch=parts)
        memory = "no GPU" if peak.mib is None else f"at most {peak.mib} MiB of GPU memory"
        print(f"  {batch} scans x {slices} slices in {parts} part(s): {memory}", flush=True)
    print("rehearsed on the CPU" if gpu is None else "gpu-check: GPU and CPU agree")


def wanted_gpu(choice: str) -> int:
    """Return the GPU to check, after printing what it and Caffe are; UsageError without one."""
    gpu, info = gpu_id(choice), build_info()
    if not info.get("cuda"):
        raise UsageError("this Caffe is built for the CPU only; `make setup CUDA=1` builds another")
    if gpu is None:
        raise UsageError("there is no GPU here to check")
    archs = " ".join(map(str, info["cuda_archs"]))
    print(f"GPU {gpu}: {gpu_name(gpu)}; {used_mib(gpu)} MiB in use before")
    print(f"Caffe: CUDA {info['cuda_toolkit']}, cuDNN {info['cudnn']}, sm_ {archs}", flush=True)
    return gpu


def run_own_tests(gpu: int) -> None:
    """Run Caffe's own tests, those of the GPU among them."""
    program = ROOT / "tools/caffe_build/run_gtests.py"
    if subprocess.run([sys.executable, str(program), str(gpu)]).returncode != 0:
        raise Disagreement("Caffe's own tests fail on this GPU (see above)")


def train_on(
    args: argparse.Namespace, gpu: int | None, schedule: str, count: int, **size: int
) -> RunFolder:
    """Train for `count` iterations, with a validation after the last, and return the run."""
    start = time.monotonic()
    path = args.folder / f"run_{schedule}"
    shutil.rmtree(path, ignore_errors=True)
    request = TrainRequest(TARGET, args.cohort, schedule, path, iterations=count, interval=count)
    train(replace(request, gpu="none" if gpu is None else str(gpu), **size))
    print(f"trained {count} iterations in {time.monotonic() - start:.0f} s", flush=True)
    return RunFolder(path)


def compare(folder: RunFolder, gpu: int | None) -> None:
    """Print how far GPU and CPU lie apart; Disagreement when too far."""
    tops, gradients = pass_through(folder, None)
    tops_there, gradients_there = pass_through(folder, gpu)
    for what, ours, theirs, limit in (
        ("outputs", tops, tops_there, OUTPUTS_APART),
        ("gradients", gradients, gradients_there, GRADIENTS_APART),
    ):
        name, apart = worst(ours, theirs)
        print(f"{what}: at most {apart:.1e} apart ({name}), {limit:.0e} allowed", flush=True)
        if apart > limit:
            raise Disagreement(f"{what} of GPU and CPU differ by {apart:.1e} at {name}")


def report_times(folder: Path, gpu: int | None, slices: int, batch: int) -> None:
    """Print the time of each layer and the memory of one training step."""
    net = folder / f"timed_{batch}x{slices}.prototxt"
    write_timed_net(net, slices, batch)
    with Peak(gpu) as peak:
        layers = time_layers(net, gpu, iterations=10)
    print(f"caffe time, {batch} scans x {slices} slices, ms   forward  backward")
    for name, times in layers.items():
        print(f"  {name:39} {times['forward_ms']:8.2f}  {times['backward_ms']:8.2f}")
    if peak.mib is not None:
        print(f"GPU memory in use meanwhile: {peak.mib} MiB (the TRAIN net alone)", flush=True)


def main(argv: list[str] | None = None) -> int | None:
    """Run the program."""
    try:
        return check(parser().parse_args(argv))
    except Disagreement as error:
        print(f"gpu-check: FAILED: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(run(main))
