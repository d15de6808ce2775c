"""The nvcc of CUDA 12: unpacked from Debian's package, since PyPI has none of that release."""

import shutil
import subprocess
from pathlib import Path

from tools.caffe_build.cuda import toolkit

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
SUITE = "trixie"  # Debian 13, whose CUDA is 12.4; what we take of it runs on Debian 12
TOOLS = ("cudafe++", "ptxas", "fatbinary", "nvlink", "bin2c", "cuobjdump")
# Where nvcc finds its parts, relative to itself; Debian's own names fixed folders of the system.
PROFILE = """\
TOP = $(_HERE_)/..
CICC_PATH = $(TOP)/nvvm/bin
NVVMIR_LIBRARY_DIR = $(TOP)/nvvm/libdevice
PATH += $(CICC_PATH):$(_HERE_):
INCLUDES += "-I$(TOP)/include" $(_SPACE_)
LIBRARIES =+ $(_SPACE_) "-L$(TOP)/lib"
"""


def unpack_nvcc(pin: Path, root: Path, scratch: Path) -> None:
    """Put bin/nvcc and its parts under `root`, of the package that `pin` names."""
    lines = pin.read_text(encoding="utf-8").splitlines()
    (package,) = (line for line in lines if line and not line.startswith("#"))
    unpacked = scratch / "unpacked"
    _run(["dpkg", "-x", _download(package, scratch / "apt"), unpacked])

    (root / "bin").mkdir(parents=True, exist_ok=True)
    parts = unpacked / "usr/lib/nvidia-cuda-toolkit/bin"
    for tool in (*(unpacked / "usr/bin" / name for name in TOOLS), parts / "nvcc"):
        shutil.copy2(tool, root / "bin")
    shutil.copytree(parts / "crt", root / "bin/crt")
    (root / "nvvm/bin").mkdir(parents=True, exist_ok=True)
    shutil.copy2(parts / "cicc", root / "nvvm/bin")
    (root / "bin/nvcc.profile").write_text(PROFILE)


def _download(package: str, folder: Path) -> Path:
    """Download a package of Debian 13 with lists and settings of its own; the system's stay."""
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    (folder / "sources.list").write_text(
        f"deb [signed-by={KEYRING}] {_mirror()} {SUITE} non-free\n", encoding="utf-8"
    )
    options = {
        "Dir::Etc::sourcelist": folder / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::lists": folder / "lists",
        "Dir::State::status": "/dev/null",
        "Dir::Cache": folder / "cache",
        "APT::Sandbox::User": "root",  # the folder is not of the user that apt would change to
    }
    apt = ["apt-get", "-q", *(f"-o{name}={value}" for name, value in options.items())]
    _run([*apt, "update"])
    _run([*apt, "download", package], folder)
    (path,) = folder.glob("*.deb")
    return path


def _mirror() -> str:
    """Return the address of the Debian archive that this machine uses."""
    fields = "$(REPO_URI) $(SUITE) $(COMPONENT) $(ORIGIN) $(LABEL)"
    targets = _run(["apt-get", "indextargets", "--format", fields, "Created-By: Packages"])
    for line in targets.splitlines():
        address, _, component, origin, label = (*line.split(" "), "", "", "", "")[:5]
        if component == "main" and origin == label == "Debian":
            return address
    raise toolkit.ToolkitError(
        "apt knows no Debian archive here; run `apt-get update`, or install CUDA 12 by hand and "
        "use `make setup CUDA=1`"
    )


def _run(command: list[object], folder: Path | None = None) -> str:
    text = [str(part) for part in command]
    try:
        done = subprocess.run(
            text, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
    except FileNotFoundError:
        raise toolkit.ToolkitError(
            f"CUDA 12 comes from Debian's packages, and {text[0]} is not here: use the machine's "
            "own toolkit (`make setup CUDA=1`)"
        ) from None
    if done.returncode != 0:
        raise toolkit.ToolkitError(f"{done.stdout.strip()}\n`{' '.join(text)}` failed (see above)")
    return done.stdout
