"""Worker processes that score scans one at a time and may die without harm to the others.

Each is a fresh Python that loads the nets once. It hangs on a socket of its own, so the parent
always knows which scan a dead worker had; and it never outlives the parent.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from multiprocessing.connection import Pipe, wait
from typing import NamedTuple

from pylayers.errors import WeightsError
from tools.caffe_install import ROOT
from tools.caffe_process import PR_SET_PDEATHSIG
from tools.scan_table import ScanJob

WORKER = "tools.score_worker"
POLL_S = 1.0
END_S = 10.0  # for a process to end that was told to
# Every worker has one thread: the cores are busy with the others.
ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS": "1",
}


class Setup(NamedTuple):
    """What a worker is told first.

    runs: absolute paths of the run folders. gpu: None is the CPU. scratch: absolute path of a
    folder for what it unpacks, which dead workers leave.
    """

    runs: tuple[str, ...]
    gpu: int | None
    allow_uneven: bool
    contributions: bool
    scratch: str
    offsets: int = 1


class Unusable(NamedTuple):
    """What a worker says instead of an answer when it cannot load the nets."""

    sentence: str


class Lost(NamedTuple):
    """Stands for the answer to a scan that could not be scored: a bug, or a worker that died."""

    sentence: str


class NoWorkers(Exception):
    """No worker process could be kept alive; the message says why."""


class Worker:
    """One process; job: what it is at, None while it loads the nets."""

    def __init__(self, setup: Setup):
        self.connection, its_end = Pipe()
        self.process = subprocess.Popen(
            [sys.executable, "-m", WORKER, str(its_end.fileno())],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=2,
            pass_fds=[its_end.fileno()],
            env=os.environ | ONE_THREAD | {"TMPDIR": setup.scratch},
            process_group=0,  # Ctrl-C of the terminal reaches us alone
        )
        its_end.close()
        self.overdue = False
        self.give(setup)
        self.job = None

    def give(self, job) -> None:
        """Send a job; that the worker is dead shows when its answer is awaited."""
        self.job, self.since = job, time.monotonic()
        with contextlib.suppress(OSError):
            self.connection.send(job)

    def answer(self):
        """Return what the worker sent; None when it is dead."""
        try:
            return self.connection.recv()
        except (EOFError, OSError):
            return None

    def watch(self, limit_s: float) -> None:
        """Kill the worker when it has been at its job for too long."""
        if not self.overdue and time.monotonic() - self.since > limit_s:
            self.overdue = True
            self.process.kill()

    def end(self) -> None:
        """Close the connection, which ends an idle worker, and see that it ends."""
        self.connection.close()
        try:
            self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the process at once."""
        self.connection.close()
        self.process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):  # it may hang in a dead file system
            self.process.wait(END_S)

    def death(self, limit_s: float) -> str:
        """Return, once the worker is dead, how it died."""
        self.end()
        code = self.process.returncode
        if self.overdue:
            return f"no answer within {limit_s:g} s"
        if code == -signal.SIGKILL:
            return "the worker process was killed, as when memory runs out"
        if code is not None and code < 0:
            return f"the worker process crashed ({signal.Signals(-code).name})"
        return f"the worker process ended with code {code}"


def end_with_parent() -> None:
    """In a worker: be killed when the parent dies, even by kill -9 and in the middle of a scan."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def answers(jobs: list[ScanJob], setup: Setup, workers: int, limit_s: float) -> Iterator[tuple]:
    """Yield (job, answer) as they come; an answer is what score_worker sends, or Lost.

    A scan that is lost is tried once more after all others, alone on the machine.
    Raises NoWorkers, and WeightsError when the nets are unusable.
    """
    again = []
    for job, answer in _pass(jobs, setup, workers, limit_s):
        if isinstance(answer, Lost):
            again.append(job)
        else:
            yield job, answer
    yield from _pass(again, setup, 1, limit_s)


def _pass(jobs, setup, workers, limit_s) -> Iterator[tuple]:
    """Give every job to a worker once; a dead worker is replaced while there is work."""
    queue = deque(jobs)
    crew = []
    try:
        crew += [Worker(setup) for _ in range(min(workers, len(queue)))]
        while crew:
            at = {worker.connection: worker for worker in crew}
            for connection in wait(list(at), timeout=POLL_S):
                worker = at[connection]
                job, answer = worker.job, worker.answer()
                if isinstance(answer, Unusable):
                    raise WeightsError(answer.sentence)
                if answer is None:
                    crew.remove(worker)
                    how = worker.death(limit_s)
                    if job is not None:
                        yield job, Lost(how)
                        crew += [Worker(setup)] if queue else []
                    elif not crew and queue:  # else: go on with those that could start
                        raise NoWorkers(f"no worker could load the nets: {how}")
                    continue
                if queue:
                    worker.give(queue.popleft())
                else:
                    crew.remove(worker)
                    worker.end()
                if job is not None:
                    yield job, answer
            for worker in crew:
                worker.watch(limit_s)
    finally:
        for worker in crew:
            worker.kill()
