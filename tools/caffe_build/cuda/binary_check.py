"""Reads from a CUDA build's files what they contain and load; no GPU is needed."""

import re
import subprocess
from collections import Counter
from pathlib import Path


class BinaryError(Exception):
    """A binary lacks code, a library or a search path; the message says which."""


def _output(*command: object) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise BinaryError(f"`{' '.join(map(str, command))}` failed: {done.stderr.strip()}")
    return done.stdout


def machine_code(cuobjdump: Path, library: Path) -> tuple[Counter, Counter]:
    """Return, per architecture, the number of sources with machine code and with PTX."""
    listed = (
        re.findall(r"\.sm_(\d+)a?\.", _output(cuobjdump, f"--list-{kind}", library))
        for kind in ("elf", "ptx")
    )
    elf, ptx = (Counter(map(int, numbers)) for numbers in listed)
    return elf, ptx


def check_machine_code(cuobjdump: Path, library: Path, architectures: list[int]) -> str:
    """Return a summary; BinaryError unless every architecture has the code of every source."""
    elf, ptx = machine_code(cuobjdump, library)
    if sorted(elf) != architectures or len(set(elf.values())) != 1:
        raise BinaryError(f"{library.name}: machine code for {dict(elf)}, not for {architectures}")
    if set(ptx) != {architectures[-1]}:
        raise BinaryError(f"{library.name}: PTX for {dict(ptx)}, not for {architectures[-1]}")
    return f"{elf[architectures[0]]} sources' code for each, and PTX of {architectures[-1]}"


def check_loading(binary: Path) -> list[str]:
    """Return the folders where the loader finds CUDA's libraries with an empty environment.

    Raises BinaryError when a library is not found, or when one of ours is linked to libcuda, which
    only a GPU's driver installs: CUDA's runtime opens it by itself if it exists.
    """
    if "libcuda.so" in _output("readelf", "--dynamic", binary):
        raise BinaryError(
            f"{binary.name} is linked to libcuda, which only machines with a GPU have"
        )
    done = subprocess.run(["ldd", str(binary)], env={}, capture_output=True, text=True)
    lost = re.findall(r"(\S+) => not found", done.stdout)
    if done.returncode != 0 or lost:
        raise BinaryError(f"{binary.name}: the loader cannot find {' '.join(lost) or 'it'}")
    libraries = dict(
        re.findall(r"(lib(?:cudart|cublas|curand|cudnn)\.so\S*) => (\S+)", done.stdout)
    )
    if len(libraries) != 4:
        raise BinaryError(
            f"{binary.name} should load four libraries of CUDA, not {sorted(libraries)}"
        )
    return sorted({str(Path(path).parent) for path in libraries.values()})
