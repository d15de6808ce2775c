"""A Dask scheduler and workers as processes on loopback, as users start them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
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
def dask_workers(file: Path, count: int, *options, env=()) -> Iterator[list[subprocess.Popen]]:
    """Start workers of a thread each at the scheduler of a file; yield their processes."""
    words = ("worker", "--nthreads", "1", "--no-nanny", "--memory-limit", "0")
    words += ("--scheduler-file", file, "--local-directory", file.parent, *options)
    with ExitStack() as stack:
        yield [stack.enter_context(_dask(*words, env=env)) for _ in range(count)]


@contextmanager
def _dask(*words, env=()) -> Iterator[subprocess.Popen]:
    """Run a command of Dask; it is killed at the end."""
    with subprocess.Popen(
        [str(word) for word in (DASK, *words, "--host", "127.0.0.1", "--no-dashboard")],
        env=os.environ | QUIET | dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield process
        finally:
            process.kill()
