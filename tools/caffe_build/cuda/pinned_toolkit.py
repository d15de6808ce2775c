"""A whole CUDA toolkit in the machine's cache, from pinned packages; nothing is installed."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from tools.caffe_build import cache_key, caffe_cache
from tools.caffe_build.cuda import toolkit
from tools.caffe_build.cuda.nvcc_package import unpack_nvcc

HERE = Path(__file__).parent
# nvidia/cu13/lib/x.so.13 and nvidia/cublas/lib/x.so.12, without the package's Python files
MEMBER = re.compile(r"nvidia/[^/]+/((?:bin|include|lib|nvvm)/.*[^/])(?<!\.py)")


def ensure(cache: Path, release: str) -> toolkit.Toolkit:
    """Return the toolkit of cuda<release>.txt, fetching it first where it is not in the cache.

    Raises toolkit.ToolkitError.
    """
    pin, nvcc_pin = HERE / f"cuda{release}.txt", HERE / f"nvcc{release}.txt"
    pins = [path.read_text(encoding="utf-8") for path in (pin, nvcc_pin) if path.exists()]

    def build(entry: Path, scratch: Path) -> None:
        print(f"cuda: fetching CUDA {release} and cuDNN, 1 to 2 GB, once on this machine")
        _unpack_wheels(_download(pin, scratch / "wheels"), entry)
        if nvcc_pin.exists():
            unpack_nvcc(nvcc_pin, entry, scratch)
        _complete(entry)

    name = f"cuda{release}-{cache_key.key_of({'pins': pins, 'code': _code()})}"
    return toolkit.at(caffe_cache.get_or_build(cache, name, build))


def _code() -> list[str]:
    return [Path(__file__).read_text(), (HERE / "nvcc_package.py").read_text()]


def _download(pin: Path, folder: Path) -> list[Path]:
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--quiet"]
    command += ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
    command += ["--dest", str(folder), "--requirement", str(pin)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise toolkit.ToolkitError(
            f"{done.stdout.strip()}\npip could not download what {pin.name} names (see above)"
        )
    return sorted(folder.iterdir())


def _unpack_wheels(wheels: list[Path], root: Path) -> None:
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for member in archive.namelist():
                match = MEMBER.fullmatch(member)
                if not match:
                    continue
                path = root / match[1]
                path.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as packed, path.open("wb") as out:
                    shutil.copyfileobj(packed, out)
                path.chmod(0o755 if "/bin/" in f"/{match[1]}" else 0o644)
        wheel.unlink()  # half of the disk that this needs


def _complete(root: Path) -> None:
    """Add the names that a linker and CMake look for and the packages leave out."""
    for library in (root / "lib").glob("lib*.so.*"):
        plain = library.with_name(library.name.partition(".so.")[0] + ".so")
        if not plain.exists():
            plain.symlink_to(library.name)
    os.symlink("lib", root / "lib64")
    # CMake tries its compiler with the static runtime, which CUDA 12's packages lack. Caffe links
    # the shared one and launches no kernel from a kernel, for which cudadevrt would be.
    static = root / "lib/libcudart_static.a"
    if not static.exists():
        static.write_text("INPUT(libcudart.so)\n")
        (root / "lib/libcudadevrt.a").write_bytes(b"!<arch>\n")
