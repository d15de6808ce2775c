"""What a process computes with: this checkout's code and the libraries that it pins."""

import hashlib
import platform
import re
from importlib.metadata import PackageNotFoundError, version

from pylayers.files.checkout import ROOT

CODE = "code of scan2num"


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
    for name in re.findall(r"^([\w-]+)==", (ROOT / "requirements.txt").read_text(), re.MULTILINE):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ""
    return found


def other_parts(theirs: dict[str, str], ours: dict[str, str]) -> str:
    """Return in words which parts of another process differ from ours; blank when none do."""
    parts = []
    for name in ours:
        if theirs.get(name) != ours[name]:
            versions = f"{name} {theirs.get(name) or '(none)'}, not {ours[name] or '(none)'}"
            parts.append(f"other {name}" if name == CODE else versions)
    return ", ".join(parts)
