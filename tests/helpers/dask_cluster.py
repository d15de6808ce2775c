"""A Dask scheduler and workers as processes on loopback, as users start them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.helpers.processes import wait_for

DASK = Path(sys.executable).with_name("dask")
QUIET = {"DASK_LOGGING__DISTRIBUTED": "error"}


@contextmanager
def dask_scheduler(folder: Path) -> Iterator[Path]:
    """Start a scheduler on a free port; yield its scheduler file."""
    file = folder / "scheduler.json"
    with _dask("scheduler", "--port", "0", "--scheduler-file", file) as process:
        wait_for(lambda: file.exists() and file.read_text().strip().endswith("}"), process)
        yield file


@contextmanager
def dask_workers(file: Path, *names: str, nanny=False, env=()) -> Iterator[list[int]]:
    """Start workers of one thread with these names; yield the pids of their processes."""
    options = ("--nthreads", "1", "--memory-limit", "0", "--scheduler-file", file)
    options += ("--nanny" if nanny else "--no-nanny", "--local-directory", file.parent)
    workers = []
    try:
        for name in names:
            workers.append(_dask("worker", *options, "--name", name, env=env))
        yield [worker.pid for worker in workers]
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait()


def address_in(file: Path) -> str:
    """Return the address that a scheduler file holds."""
    return json.loads(file.read_text())["address"]


class _Ended(subprocess.Popen):
    """A process that is ended with the block."""

    def __exit__(self, *error) -> None:
        self.terminate()
        super().__exit__(*error)


def _dask(*words, env=()) -> subprocess.Popen:
    words = (DASK, *words, "--host", "127.0.0.1", "--no-dashboard")
    return _Ended(
        list(map(str, words)),
        env=os.environ | QUIET | dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
