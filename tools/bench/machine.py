"""Machine: what the numbers were measured on and with."""

import os
import subprocess
from importlib.metadata import version
from pathlib import Path

from tools.caffe_run.caffe_install import build_info
from tools.caffe_run.compute_engine import onednn_version

PACKAGES = ("numpy", "opencv-python-headless", "h5py", "hdf5plugin")


def machine() -> dict:
    """Return CPU name, cores (of the machine and ours to use), memory in GiB and load."""
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "cpu": names[0] if names else "unknown",
        "cores": os.cpu_count(),
        "cores_usable": len(os.sched_getaffinity(0)),
        "memory_gib": round(pages / 2**30, 1),
        "load_before": os.getloadavg()[0],
    }


def gpu_name(gpu: int | None) -> str | None:
    """Return the name of a GPU, None for the CPU or where nvidia-smi does not tell."""
    if gpu is None:
        return None
    command = [
        "nvidia-smi",
        f"--id={gpu}",
        "--query-gpu=name,driver_version",
        "--format=csv,noheader",
    ]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def versions() -> dict:
    """Return the versions of Caffe, how it was built, of oneDNN, and of what our loader uses."""
    info = build_info()
    return {
        "caffe": f"{info.get('caffe_version')} ({info.get('caffe_commit', '')[:12]})",
        "caffe_flags": info.get("inputs", {}).get("optimisation"),
        "caffe_key": info.get("key"),
        "onednn": onednn_version(),
        **{name: version(name) for name in PACKAGES},
    }
