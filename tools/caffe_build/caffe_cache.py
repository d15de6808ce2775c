"""The machine's cache of builds: one folder per key, either complete or absent."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("caffe: this machine is already building the same Caffe; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def get_or_build(cache: Path, name: str, build: Callable[[Path, Path], None]) -> Path:
    """Return cache/name, calling `build(entry, scratch)` to fill it if it is missing.

    `entry` is renamed to its place once `build` has returned: a killed build leaves only a scratch
    folder, which the next one removes. Builds of the same name wait for each other.
    """
    entry = cache / name
    if entry.is_dir():
        return entry
    with _locked(cache / f"{name}.lock"):
        if entry.is_dir():  # the build we waited for has filled it
            return entry
        for stale in cache.glob(f"building-{name}-*"):
            shutil.rmtree(stale, ignore_errors=True)
        work = Path(tempfile.mkdtemp(dir=cache, prefix=f"building-{name}-"))
        try:
            (work / "scratch").mkdir()
            build(work / "entry", work / "scratch")
            os.replace(work / "entry", entry)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return entry


def install(entry: Path, prefix: Path, parts: tuple[str, ...]) -> None:
    """Copy entry/part to prefix/part for each part: a file, a link or a folder.

    Each is renamed into place, so a running process keeps the file it has mapped.
    """
    for part in parts:
        source, target = entry / part, prefix / part
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".caffe-") as scratch:
            fresh = Path(scratch) / target.name
            if source.is_dir():
                shutil.copytree(source, fresh, symlinks=True)
                if target.exists():
                    os.replace(target, Path(scratch) / "old")
            else:
                shutil.copy2(source, fresh, follow_symlinks=False)
            os.replace(fresh, target)
