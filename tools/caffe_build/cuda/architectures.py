"""The GPU generations that CUDA code is compiled for, as nvcc numbers them: 61 is sm_61."""

import re
import subprocess
from pathlib import Path

# GTX 1080, V100, Turing, A100, RTX 30, RTX 40, H100 and H200, B200, RTX 50. A toolkit that
# is too old or too new for some of them leaves those out.
DEFAULT = (61, 70, 75, 80, 86, 89, 90, 100, 120)


class ArchitectureError(Exception):
    """An architecture that cannot be compiled for; the message says what can."""


def known_to(nvcc: Path) -> list[int]:
    """Return the architectures that this nvcc compiles for, ascending."""
    listing = subprocess.run([nvcc, "--list-gpu-arch"], capture_output=True, text=True, check=True)
    return sorted({int(number) for number in re.findall(r"^compute_(\d+)$", listing.stdout, re.M)})


def choose(wanted: str, known: list[int]) -> list[int]:
    """Return the architectures to compile for, ascending.

    wanted: numbers as in CUDA_ARCHS, `61 90`, `6.1,9.0` or `sm_61`; empty for those of DEFAULT that
    are known. known: what known_to returns. Raises ArchitectureError when one is not a number or
    not known.
    """
    if not wanted.strip():
        return [number for number in DEFAULT if number in known]
    chosen = []
    for word in re.split(r"[\s,;]+", wanted.strip()):
        match = re.fullmatch(r"(?:sm_|compute_)?(\d+)\.?(\d)", word)
        if not match or int(match[1] + match[2]) not in known:
            raise ArchitectureError(
                f"CUDA_ARCHS: this nvcc does not compile for {word!r}; "
                f"it knows {' '.join(map(str, known))}"
            )
        chosen.append(int(match[1] + match[2]))
    return sorted(set(chosen))


def for_cmake(chosen: list[int]) -> str:
    """Return the value of CMAKE_CUDA_ARCHITECTURES: machine code for each, PTX of the newest.

    A GPU of a later generation compiles the PTX when Caffe first runs on it.
    """
    return ";".join([*(f"{number}-real" for number in chosen[:-1]), str(chosen[-1])])
