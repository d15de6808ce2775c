"""The Dask worker's side of tools/workers/dask_pool.py: what it calls there.

Each thread of a Dask worker has a process of its own, which holds the nets for scan after scan: a
scan that crashes, hangs or takes all memory ends that process, as on one machine.
"""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tools.scan_lists.scan_table import ScanJob, source_key
from tools.workers.code_identity import identity, other_parts
from tools.workers.worker_pool import POLL_S, Lost, Setup, Unusable, Worker


class Order(NamedTuple):
    """What a run asks for. run: its name. limit_s: for a scan."""

    run: str
    setup: Setup
    limit_s: float


class Unfit(NamedTuple):
    """Stands for an answer: this Dask worker cannot take part, and why."""

    sentence: str


class Call:
    """A call that unpickling makes: in a Dask worker without our code, that alone fails.

    A task that it cannot even read would end it.
    """

    def __init__(self, function: Callable, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple:
        return self.call


# By thread: the run that its process works for, and the process. One per thread, so that runs that
# were killed leave no more than that; the next run ends it.
CREW: dict[int, tuple[str, Worker]] = {}


def welcome(ours: dict, token: str, samples: list[tuple[ScanJob, str]]) -> Unfit | None:
    """Return why this Dask worker must not work for a run; None when nothing is wrong.

    ours: identity of the run's own process. token: a file that it made beside its output. samples:
    some scans, with the key that each has where the run was started.
    """
    others = other_parts(identity(), ours)
    if others:
        return Unfit(f"it has {others}; start it anew from the same checkout")
    if not Path(token).is_file():
        folder = Path(token).parent.parent
        return Unfit(f"it does not see the folder {folder}, which all machines must share")
    for job, key in samples:
        if source_key(job) != key:
            return Unfit(f"it {_not_seen(job)}")
    return None


def present(job: ScanJob) -> tuple[bool, ...]:
    """Return whether a job's scan, mask and other scans are there: quick, unlike their key."""
    files = (job.scan, job.mask, *(scan for _, scan in job.seconds))
    return tuple(path is not None and os.path.exists(path) for path in files)


def answer(order: Order, job: ScanJob, there: tuple[bool, ...]) -> Any:
    """Return the answer of this thread's process to a job; Lost, or Unfit when none can begin.

    there: what is present where the run was started.
    """
    if present(job) != there:
        return Lost(f"the Dask worker {_not_seen(job)}")
    worker = _process(order)
    if not isinstance(worker, Worker):
        return worker
    worker.give(job)
    found = _wait(worker, order.limit_s)
    return Lost(_death(worker, order.limit_s)) if found is None else found


def end(run: str) -> None:
    """End a run's processes on this Dask worker, at work or not."""
    for its_run, worker in list(CREW.values()):
        if its_run == run:
            worker.process.kill()


def _process(order: Order) -> Worker | Unusable | Unfit:
    """Return this thread's process, which has begun."""
    run, worker = CREW.get(threading.get_ident(), (None, None))
    if run == order.run:
        return worker
    if worker is not None:
        worker.kill()
    worker = Worker(order.setup)
    CREW[threading.get_ident()] = order.run, worker
    ready = _wait(worker, order.limit_s)
    if ready is None:
        return Unfit(f"no process could start: {_death(worker, order.limit_s)}")
    if isinstance(ready, Unusable):
        _death(worker, order.limit_s)
        return ready
    return worker


def _wait(worker: Worker, limit_s: float) -> Any:
    """Return what a process sends; None when it is dead, as after the limit."""
    while not worker.connection.poll(POLL_S):
        worker.watch(limit_s)
    return worker.answer()


def _death(worker: Worker, limit_s: float) -> str:
    """Forget a process that has ended; return how it died."""
    del CREW[threading.get_ident()]
    return worker.sentence(limit_s)


def _not_seen(job: ScanJob) -> str:
    return f"does not see the files of {job.scan_id} as the machine does that started the run"
