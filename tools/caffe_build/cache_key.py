"""Names a build by everything that goes into it, so that a machine builds the same Caffe once."""

import hashlib
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

from tools.caffe_build import caffe_source

HERE = Path(__file__).parent
COMPILER = os.environ.get("CXX", "c++")
# No -march on purpose: the cache may be copied to a machine with another CPU. Nothing reads the
# floating-point exception flags, so GCC may raise spurious ones; that lets it vectorise ReLU
# backward, with the same bits.
OPTIMISATION = "-O3 -DNDEBUG -fno-trapping-math"


def cache_folder() -> Path:
    """Return $SCAN2NUM_CACHE, else scan2num/ in the user's cache folder, created if missing."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(os.environ.get("SCAN2NUM_CACHE") or Path(base) / "scan2num").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else f"missing: {command[0]}"


def package_versions(*lists: Path) -> list[str]:
    """Return 'package version' for each package of the list files, sorted."""
    lines = [line.split("#")[0].strip() for path in lists for line in path.read_text().splitlines()]
    names = sorted(line for line in lines if line)
    return _output("dpkg-query", "-W", "-f", "${Package} ${Version}\n", *names).splitlines()


def caffe_inputs() -> dict:
    """Return everything that libcaffe, bin/caffe and _caffe.so depend on."""
    import numpy

    return {
        "sdist_sha256": caffe_source.read_pin()[0],
        "files": {
            name: caffe_source.sha256_of(HERE / name)
            for name in ("CMakeLists.txt", "embedded_python.cpp")
        },
        "optimisation": OPTIMISATION,
        "compiler": _output(COMPILER, "--version").partition("\n")[0],
        "packages": package_versions(HERE / "debian-packages.txt"),
        "python": platform.python_version(),
        "python_cache_tag": sys.implementation.cache_tag,
        "numpy": numpy.__version__,
        "machine": platform.machine(),
    }


def key_of(inputs: dict) -> str:
    """Return the first 16 hex digits of the sha256 of the inputs as JSON."""
    text = json.dumps(inputs, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
