"""Checks, on a machine without a GPU, that Caffe builds with CUDA and cuDNN.

For each release of CUDA: fetches the pinned toolkit, compiles and links all of Caffe into a folder
of its own, as `make setup CUDA=...` does; runs it from there in CPU mode with an almost empty
environment; and reads from the binary that it has code for every architecture. A build in the cache
is used again. Only a GPU can tell whether the code computes the right numbers: `make gpu-check`.
"""

import argparse
import json
import re
import subprocess
import sys
import sysconfig
import time
import venv
from pathlib import Path

from tools.caffe_build import onednn_plugin
from tools.caffe_build.cuda import binary_check, toolkit

BUILD = Path(__file__).resolve().parent.parent

RECORD = "share/scan2num-caffe.json"
SITE = Path(sysconfig.get_path("purelib"))


class CheckError(Exception):
    """A step failed after reporting the reason."""


def make_prefix(folder: Path) -> Path:
    """Return the Python of a venv in `folder`, made if missing, that sees this venv's packages."""
    python = folder / "bin/python"
    if not python.exists():
        venv.create(folder, symlinks=True)
    own = folder / SITE.relative_to(sys.prefix)
    # The folder's own `caffe` comes before this venv's.
    (own / "packages.pth").write_text(f"{SITE}\n{BUILD.parent.parent}\n", encoding="utf-8")
    return python


def run_step(*command: object) -> None:
    """Run one step of set-up; CheckError when it fails, after it has reported the reason."""
    if subprocess.run([str(part) for part in command]).returncode != 0:
        raise CheckError(f"`{' '.join(map(str, command))}` failed")


def own_tests(python: Path) -> int:
    """Build Caffe's own test programs and return how many tests they list; none is run."""
    print("caffe: linking Caffe's own tests", flush=True)
    command = [str(python), str(BUILD / "run_gtests.py"), "--gtest_list_tests"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    count = len(re.findall(r"^  \S", done.stdout, re.MULTILINE))
    if done.returncode != 0 or count == 0:
        raise CheckError(f"{done.stdout}\nCaffe's own tests do not build or start (see above)")
    return count


def sources_compiled(log: Path) -> tuple[int, int]:
    """Return how many .cu and how many C++ files the build's log shows."""
    text = log.read_text(encoding="utf-8")
    return text.count("Building CUDA object"), text.count("Building CXX object")


def check(release: str, archs: str, folder: Path) -> dict[str, str]:
    """Build with a release of CUDA, inspect the result and return its column of the table."""
    start = time.monotonic()
    python = make_prefix(folder)
    run_step(python, BUILD / "build_caffe.py", "--cuda", release, "--archs", archs)
    run_step(python, BUILD / "self_check.py")
    tests = own_tests(python)
    record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    libcaffe = (folder / "lib/libcaffe.so").resolve()
    _caffe = folder / SITE.relative_to(sys.prefix) / "caffe/_caffe.so"

    root = Path(record["inputs"]["toolkit"])
    code = binary_check.check_machine_code(root / "bin/cuobjdump", libcaffe, record["cuda_archs"])
    plugin = folder / onednn_plugin.LIBRARY
    for binary in (libcaffe, folder / "bin/caffe", _caffe, *([plugin] if plugin.exists() else [])):
        binary_check.check_loading(binary)

    cu, cpp = sources_compiled(root.parent / f"caffe-{record['key']}.log")  # in the cache
    return {
        "CUDA": record["cuda_toolkit"],
        "cuDNN": record["cudnn"],
        "architectures": " ".join(map(str, record["cuda_archs"])),
        "engine on a CPU": onednn_plugin.of_record(record),
        "by nvcc": f"{cu} .cu",
        f"by {record['inputs']['compiler']}": f"{cpp} C++",
        "code in libcaffe": code,
        "Caffe's own tests": f"{tests} linked, for make gpu-check",
        "libcaffe": f"{libcaffe.stat().st_size / 1e6:.0f} MB",
        "toolkit on disk": f"{size_of(root) / 1e9:.1f} GB",
        "compiling took": f"{record['compile_minutes']} minutes",
        "this check took": f"{(time.monotonic() - start) / 60:.1f} minutes",
    }


def size_of(folder: Path) -> int:
    """Return the bytes of the files below a folder."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files)


def show(columns: list[dict[str, str]]) -> str:
    """Return the table, one column per release, and what it means."""
    wide = max(len(title) for title in columns[0])
    widths = [max(map(len, column.values())) for column in columns]
    lines = [
        "  ".join([title.ljust(wide), *map(str.ljust, cells, widths)]).rstrip()
        for title, *cells in zip(columns[0], *(c.values() for c in columns), strict=True)
    ]
    return "\n".join(
        [
            *lines,
            "Each ran in CPU mode, with an almost empty environment: `caffe --version`,",
            "`import caffe` and a training with a Python layer. Nothing is linked to libcuda.",
            "No GPU was used: only `make gpu-check` can tell whether the numbers are right.",
        ]
    )


def main(argv: list[str] | None = None) -> int:
    """Check the releases; return 0, or 1 when one does not build or run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("releases", nargs="*", help="of CUDA: 12, 13 (default: both)")
    parser.add_argument("--archs", default="", help="GPU architectures (default: all known ones)")
    parser.add_argument("--folder", type=Path, default=Path("build/cuda-check"))
    args = parser.parse_args(argv)
    unknown = set(args.releases) - set(toolkit.PINNED)
    if unknown:
        parser.error(f"CUDA {' '.join(sorted(unknown))} is not one of {' '.join(toolkit.PINNED)}")
    columns = []
    try:
        for release in args.releases or toolkit.PINNED:
            columns.append(check(release, args.archs, (args.folder / release).absolute()))
    except (CheckError, binary_check.BinaryError) as error:
        print(f"cuda-check: FAILED: {error}", file=sys.stderr)
        return 1
    print(show(columns))
    return 0


if __name__ == "__main__":
    sys.exit(main())
