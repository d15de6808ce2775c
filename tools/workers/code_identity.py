"""What a process computes with: this checkout's code and the libraries that it loads."""

import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version

from pylayers.files.checkout import ROOT

CODE = "code of scan2num"
LIBRARIES = (  # those that numbers or messages depend on
    *("numpy", "scipy", "SimpleITK", "pydicom", "nibabel", "h5py", "opencv-python-headless"),
    "distributed",
)


def code_sha256() -> str:
    """Return the hash of every Python file of the checkout's library and tools."""
    digest = hashlib.sha256()
    for folder in ("pylayers", "tools"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            digest.update(f"{path.relative_to(ROOT)}:".encode() + path.read_bytes())
    return digest.hexdigest()


# when it is imported: a process that goes on while the checkout is changed has the old code
LOADED_CODE = code_sha256()


def identity() -> dict[str, str]:
    """Return the version of each part that this process computes with; blank for a missing one."""
    found = {CODE: LOADED_CODE, "Python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ""
    return found


def other_parts(theirs: dict[str, str], ours: dict[str, str]) -> list[str]:
    """Return in words which parts of another process differ from ours."""
    parts = []
    for name in ours:
        if theirs.get(name) != ours[name]:
            here = theirs.get(name) or "(none)"
            parts.append(f"other {name}" if name == CODE else f"{name} {here}, not {ours[name]}")
    return parts
