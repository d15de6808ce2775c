"""Worker processes that take scans one at a time and may die without harm to the others.

Each begins once, as by loading nets, and has a connection of its own, so the parent always knows
which scan a dead worker had. tools/workers/worker_side.py is the other end.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from multiprocessing.connection import wait
from typing import NamedTuple

from pylayers.child_process import ChildProcess
from pylayers.errors import WeightsError
from tools.scan_lists.scan_table import ScanJob
from tools.workers.worker_setup import FeatureSetup, PrepareSetup, ScoreSetup

POLL_S = 1.0
BEGIN_S = 300.0  # at least, whatever the limit for a scan: a busy machine loads for long
Setup = ScoreSetup | PrepareSetup | FeatureSetup


class Unusable(NamedTuple):
    """What a worker says instead of an answer when it cannot begin: the nets are unusable."""

    sentence: str


class Lost(NamedTuple):
    """Stands for the answer to a scan: a bug, the machine's failure or a worker that died."""

    sentence: str


class NoWorkers(Exception):
    """No worker process could be kept alive; the message says why."""


class Worker(ChildProcess):
    """One process; job: what it is at, None while it begins."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup.module, env={"TMPDIR": setup.scratch})
        self.overdue = False
        self.give(setup)
        self.job = None

    def give(self, job: object) -> None:
        """Send a job."""
        self.job, self.since = job, time.monotonic()
        self.send(job)

    def watch(self, limit_s: float) -> None:
        """Kill the worker when it has been at its job for too long."""
        if not self.overdue and time.monotonic() - self.since > self._limit_s(limit_s):
            self.overdue = True
            self.process.kill()

    def sentence(self, limit_s: float) -> str:
        """Return, once the worker is dead, how it died."""
        how = self.death()
        late = f"no answer within {self._limit_s(limit_s):g} s"
        return late if self.overdue else f"the worker process {how}"

    def _limit_s(self, limit_s: float) -> float:
        return limit_s if self.job is not None else max(limit_s, BEGIN_S)


def answers(jobs: list[ScanJob], setup: Setup, workers: int, limit_s: float) -> Iterator[tuple]:
    """Yield (job, answer) as they come; an answer is what setup.module sends, or Lost.

    A scan that is lost is tried once more after all others, alone on the machine.
    Raises NoWorkers, and WeightsError when the nets are unusable.
    """
    yield from tried_twice(jobs, partial(_pass, setup=setup, workers=workers, limit_s=limit_s))


def tried_twice(jobs: list[ScanJob], try_once: Callable[..., Iterator[tuple]]) -> Iterator[tuple]:
    """Yield (job, answer); Lost only for a job that is lost a second time, after all others.

    try_once: generator of (job, answer) from jobs and whether each must have its workers alone.
    """
    again = []
    # closed by name: Python 3.12 lets go of a closed generator's own generators only later
    with closing(try_once(jobs, alone=False)) as first:
        for job, answer in first:
            if isinstance(answer, Lost):
                again.append(job)
            else:
                yield job, answer
    yield from try_once(again, alone=True)


def _pass(
    jobs: list[ScanJob], setup: Setup, workers: int, limit_s: float, alone: bool
) -> Iterator[tuple]:
    """Give every job to a worker once; a dead worker is replaced while there is work."""
    queue = deque(jobs)
    workers = 1 if alone else workers
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
                        raise NoWorkers(f"no worker process could start: {how}")
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
