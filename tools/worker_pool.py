"""Worker processes that score scans one at a time and may die without harm to the others.

Each loads the nets once and has a connection of its own, so the parent always knows which scan a
dead worker had.
"""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from multiprocessing.connection import wait
from typing import NamedTuple

from pylayers.child_process import ChildProcess
from pylayers.errors import WeightsError
from tools.scan_table import ScanJob

WORKER = "tools.score_worker"
POLL_S = 1.0


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
    resample: bool = False


class Unusable(NamedTuple):
    """What a worker says instead of an answer when it cannot load the nets."""

    sentence: str


class Lost(NamedTuple):
    """Stands for the answer to a scan that could not be scored: a bug, or a worker that died."""

    sentence: str


class NoWorkers(Exception):
    """No worker process could be kept alive; the message says why."""


class Worker(ChildProcess):
    """One process; job: what it is at, None while it loads the nets."""

    def __init__(self, setup: Setup):
        super().__init__(WORKER, env={"TMPDIR": setup.scratch})
        self.overdue = False
        self.give(setup)
        self.job = None

    def give(self, job) -> None:
        """Send a job."""
        self.job, self.since = job, time.monotonic()
        self.send(job)

    def watch(self, limit_s: float) -> None:
        """Kill the worker when it has been at its job for too long."""
        if not self.overdue and time.monotonic() - self.since > limit_s:
            self.overdue = True
            self.process.kill()

    def sentence(self, limit_s: float) -> str:
        """Return, once the worker is dead, how it died."""
        how = self.death()
        return f"no answer within {limit_s:g} s" if self.overdue else f"the worker process {how}"


def answers(jobs: list[ScanJob], setup: Setup, workers: int, limit_s: float) -> Iterator[tuple]:
    """Yield (job, answer) as they come; an answer is what score_worker sends, or Lost.

    A scan that is lost is tried once more after all others, alone on the machine.
    Raises NoWorkers, and WeightsError when the nets are unusable.
    """
    again = []
    # closed by name: Python 3.12 lets go of a closed generator's own generators only later
    with closing(_pass(jobs, setup, workers, limit_s)) as first:
        for job, answer in first:
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
                    how = worker.sentence(limit_s)
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
