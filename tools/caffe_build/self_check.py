"""Checks that the Caffe in this venv works: as a program, as a module, and with Python layers."""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.caffe_build import onednn_plugin

HERE = Path(__file__).parent
PREFIX = Path(sys.prefix)
CAFFE = PREFIX / "bin/caffe"
ITERATIONS = 2
SOLVER = f"""\
net: "{{net}}"
base_lr: 0.01  lr_policy: "fixed"  max_iter: {ITERATIONS}  display: 1
snapshot_prefix: "probe"  solver_mode: CPU  random_seed: 1
"""

# For a Python that has imported Caffe: prints the version of oneDNN, or nothing.
ASK_PLUGIN = f"""\
import ctypes, os
plugin = ctypes.CDLL({str(PREFIX / onednn_plugin.LIBRARY)!r}, mode=os.RTLD_NOLOAD)
plugin.scan2num_onednn_version.restype = ctypes.c_char_p
print(plugin.scan2num_onednn_version().decode())
"""
BY_ONEDNN = re.compile(r"Convolution by oneDNN (\S+)")


class CheckFailed(Exception):
    """The installed Caffe does not work; the message holds its output."""


def run_clean(command: list[object], cwd: Path) -> str:
    """Run with an almost empty environment and return all output; CheckFailed when it fails."""
    env = {"PATH": "/usr/bin:/bin", "HOME": os.environ.get("HOME", "/")}
    env["TMPDIR"] = str(cwd)  # where Caffe leaves its log files
    text = [str(part) for part in command]
    done = subprocess.run(
        text, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode != 0:
        raise CheckFailed(f"{done.stdout}\n`{' '.join(text)}` ended with {done.returncode}")
    return done.stdout


def train_probe(folder: Path) -> tuple[dict, str]:
    """Train the probe net in `folder` with bin/caffe.

    Returns what its Python layer reported, and the log. Raises CheckFailed.
    """
    solver = folder / "solver.prototxt"
    solver.write_text(SOLVER.format(net=HERE / "probe_net.prototxt"), encoding="utf-8")
    log = run_clean([CAFFE, "train", "--solver", solver.name], folder)
    weights = folder / f"probe_iter_{ITERATIONS}.caffemodel"
    if not weights.exists():
        raise CheckFailed(f"{log}\n`caffe train` ended without {weights.name}")
    return json.loads((folder / "probe.json").read_text(encoding="utf-8")), log


def engine(record: dict, log: str, folder: Path) -> str:
    """Return whose layers compute, having seen that program and module use those that were built.

    log: of the program's training. Raises CheckFailed.
    """
    found = BY_ONEDNN.search(log)
    if onednn_plugin.of_record(record) == onednn_plugin.CAFFE:
        if found:
            raise CheckFailed(f"{log}\n`caffe train` uses oneDNN, which was to be left out")
        return "Caffe's own layers"
    module = run_clean([PREFIX / "bin/python", "-c", f"import caffe\n{ASK_PLUGIN}"], folder).strip()
    if not found or found[1] != module:
        raise CheckFailed(f"{log}\n`caffe train` does not use oneDNN {module} (see its log above)")
    return f"layers of oneDNN {module} on a CPU"


def check(folder: Path) -> str:
    """Run every check, in `folder` where files are needed; return a line that sums up the results.

    Raises CheckFailed.
    """
    record = json.loads((PREFIX / "share/scan2num-caffe.json").read_text(encoding="utf-8"))
    version = run_clean([CAFFE, "--version"], folder).strip()
    if version != f"caffe version {record['caffe_version']}":
        raise CheckFailed(f"`caffe --version` says {version!r}, not {record['caffe_version']}")
    code = "import caffe, h5py; print(caffe.__version__)"
    module = run_clean([PREFIX / "bin/python", "-c", code], folder).strip()
    if module != record["caffe_version"]:
        raise CheckFailed(f"`import caffe` gives version {module!r}")
    report, log = train_probe(folder)
    if report["prefix"] != str(PREFIX) or report["passes"] < ITERATIONS:
        raise CheckFailed(f"the layer in `caffe train` ran outside {PREFIX}: {report}")
    return (
        f"Caffe {record['caffe_version']}, BVLC commit {record['caffe_commit'][:7]}: program, "
        f"module and Python layers work (HDF5 {report['hdf5']} in `caffe train`); "
        f"{engine(record, log, folder)}"
    )


def main(argv: list[str] | None = None) -> int:
    """Print one line; return 0, or 1 when something does not work."""
    argparse.ArgumentParser(description=__doc__).parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="scan2num-check-") as folder:
        try:
            print(f"caffe: {check(Path(folder))}")
        except CheckFailed as error:
            print(f"caffe: self-check failed.\n{error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
