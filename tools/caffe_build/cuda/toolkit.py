"""A CUDA toolkit with cuDNN, and where this machine has one."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

PINNED = ("12", "13")
HEADERS = {"cublas_v2.h": "cuBLAS", "curand.h": "cuRAND", "cudnn_version.h": "cuDNN"}
USUAL = Path("/usr/local/cuda")


class ToolkitError(Exception):
    """No usable toolkit; the message says what is missing and what to do."""


@dataclass(frozen=True)
class Toolkit:
    """root holds bin/nvcc, include/ and the libraries; cudnn_include holds cudnn.h."""

    root: Path
    cudnn_include: Path

    @property
    def nvcc(self) -> Path:
        """The compiler."""
        return self.root / "bin/nvcc"

    def cuda_version(self) -> str:
        """Return nvcc's version: 13.0.88."""
        output = subprocess.run(
            [self.nvcc, "--version"], capture_output=True, text=True, check=True
        )
        return re.search(r"\bV([\d.]+)", output.stdout)[1]

    def cudnn_version(self) -> str:
        """Return cuDNN's version from its header: 9.13.0."""
        text = (self.cudnn_include / "cudnn_version.h").read_text()
        parts = (
            re.search(rf"^#define CUDNN_{part}\s+(\d+)", text, re.MULTILINE)[1]
            for part in ("MAJOR", "MINOR", "PATCHLEVEL")
        )
        return ".".join(parts)


def at(root: Path) -> Toolkit:
    """Return the toolkit under `root`, with cuDNN there or among the system's headers.

    Raises ToolkitError that names what is missing.
    """
    folders = [root / "include", Path("/usr/include"), Path("/usr/include/x86_64-linux-gnu")]
    where = {
        header: next((folder for folder in folders if (folder / header).exists()), None)
        for header in HEADERS
    }
    missing = [HEADERS[header] for header, folder in where.items() if folder is None]
    if missing:
        raise ToolkitError(
            f"the CUDA toolkit in {root} lacks {', '.join(missing)}: install "
            f"{'its' if len(missing) == 1 else 'their'} development packages, or let "
            "`make setup CUDA=12` (GTX 1080 to H200) or `make setup CUDA=13` fetch all there is"
        )
    return Toolkit(root, where["cudnn_version.h"])


def of_this_machine() -> Toolkit:
    """Return the toolkit of $CUDA_HOME, of the nvcc on PATH or of /usr/local/cuda.

    Raises ToolkitError when none of them has one.
    """
    on_path = shutil.which("nvcc")
    candidates = [
        Path(os.environ["CUDA_HOME"]) if os.environ.get("CUDA_HOME") else None,
        Path(on_path).resolve().parent.parent if on_path else None,
        USUAL,
    ]
    for root in candidates:
        # an nvcc without headers beside it is a script that calls another
        if root and (root / "bin/nvcc").exists() and (root / "include/cuda_runtime.h").exists():
            return at(root)
    raise ToolkitError(
        "no CUDA toolkit: nvcc is neither in $CUDA_HOME/bin nor on PATH nor in "
        f"{USUAL}/bin. `make setup CUDA=12` (GTX 1080 to H200) or `make setup CUDA=13` "
        "(RTX 20 and later) fetches one, without touching the system"
    )
