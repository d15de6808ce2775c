"""Scans given to the workers of a Dask cluster, which may come and go while they work.

The same contract as tools/workers/worker_pool.py. tools/workers/dask_side.py is the other end. A
scan is given to one Dask worker at a time by name, and not to Dask's queue, so that it is always
known which scans a dead one had.
"""

import logging
import pickle
import sys
import time
import uuid
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

from distributed import CancelledError, Client, Future, KilledWorker
from tqdm import tqdm

from pylayers.errors import UsageError, WeightsError
from tools.scan_lists.scan_table import ScanJob, absolute, source_key
from tools.workers.code_identity import identity, other_parts
from tools.workers.dask_address import CONNECT_S
from tools.workers.dask_side import Call, Order, Unfit, answer, end, present, welcome
from tools.workers.worker_pool import POLL_S, Lost, NoWorkers, Setup, Unusable, tried_twice

NO_WORKER_S = 60.0  # that a cluster may be without workers, as while they are started
RESULT_S = 30.0  # for a result to come over; its worker may just have died
LOST = Lost("the Dask worker that had it was lost")
GONE = "the Dask scheduler is gone"
SAME_CODE = "start it anew with .venv/bin/dask of this checkout"


def answers(
    jobs: list[ScanJob], setup: Setup, address: str, limit_s: float
) -> Iterator[tuple[ScanJob, Any]]:
    """Yield (job, answer) as they come; an answer is what setup.module sends, or Lost.

    A scan that is lost with its process or its Dask worker is tried once more after all others,
    alone in a Dask worker. Dask workers that cannot take part are named on stderr and left out.
    Raises UsageError or WeightsError when none can, and NoWorkers when none is there any more.
    """
    if not jobs:
        return
    with _connected(address) as client:
        cluster = Cluster(client, jobs, setup, limit_s)
        try:
            yield from tried_twice(jobs, cluster.answers)
        finally:
            cluster.end()


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters, we say ourselves
    try:
        client = Client(address, timeout=CONNECT_S, set_as_default=False, name="scan2num")
    except OSError:
        raise NoWorkers(GONE) from None
    try:
        yield client
    finally:
        client.close(timeout=CONNECT_S)


class Task(NamedTuple):
    """What a Dask worker is at; job: None while it is asked whether it can take part."""

    future: Future
    worker: str
    job: ScanJob | None


class Cluster:
    """The Dask workers of a run, by address, and what they are at.

    known: all that the scheduler has, and their threads. threads: of those that take part. unfit:
    those that cannot, and why. seen: when one last took part.
    """

    def __init__(self, client: Client, jobs: list[ScanJob], setup: Setup, limit_s: float) -> None:
        self.client, self.done = client, SimpleQueue()
        self.order = Order(uuid.uuid4().hex, setup, limit_s)
        token = Path(setup.scratch, f"run-{self.order.run}")
        token.touch()
        some = map(absolute, (jobs[0], jobs[len(jobs) // 2], jobs[-1]))
        ours = identity()
        samples = [(job, source_key(job)) for job in some]
        self.welcome = pickle.dumps(Call(welcome, ours, str(token), samples))
        self.queue: deque[ScanJob] = deque()
        self.tasks: dict[str, Task] = {}
        self.threads: dict[str, int] = {}
        self.known: dict[str, int] = {}
        self.unfit: dict[str, Unfit | Unusable] = {}
        self.looked, self.seen = 0.0, time.monotonic()
        self._check_scheduler(ours)

    def answers(self, jobs: list[ScanJob], alone: bool) -> Iterator[tuple[ScanJob, Any]]:
        """Give every job to a Dask worker once and yield (job, answer); alone: each gets one."""
        self.queue = deque(jobs)
        while self.queue or any(task.job for task in self.tasks.values()):
            answered = self._look()
            with suppress(Empty):
                task = self.tasks.pop(self.done.get(timeout=POLL_S).key, None)
                if task is not None:  # else its worker was lost
                    answered += self._take(task)
            self._give(alone)
            yield from answered

    def end(self) -> None:
        """Stop what is at work; a cluster that is gone has ended, and none is waited for."""
        with suppress(OSError, RuntimeError, CancelledError):
            self.client.cancel([task.future for task in self.tasks.values()], force=True)
            run = self.order.run
            self.client.run(end, run, on_error="ignore", callback_timeout=CONNECT_S)

    def _check_scheduler(self, ours: dict) -> None:
        """Raise UsageError when the scheduler, through which all goes, has other code."""
        try:
            others = other_parts(self.client.run_on_scheduler(identity), ours)
        except Exception as error:  # whatever comes of other code
            others = f"no code like this ({type(error).__name__})"
        if others:
            raise UsageError(f"the Dask scheduler has {others}; {SAME_CODE}")

    def _look(self) -> list[tuple[ScanJob, Lost]]:
        """See who came and who is gone, now and then; return the scans that are lost."""
        if time.monotonic() - self.looked < POLL_S:
            return []
        self.looked = time.monotonic()
        if self.client.status != "running":
            raise NoWorkers(GONE)
        try:
            before, self.known = self.known, self.client.nthreads()
        except (OSError, RuntimeError):  # the status will tell
            return []
        lost = []
        for worker in before.keys() - self.known.keys():
            self.threads.pop(worker, None)
            self.unfit.pop(worker, None)
            for task in [task for task in self.tasks.values() if task.worker == worker]:
                del self.tasks[task.future.key]
                self.client.cancel([task.future], force=True)
                if task.job is not None:
                    lost.append((task.job, LOST))
        for worker in self.known.keys() - before.keys():
            self._submit(worker, None, pickle.loads, self.welcome)
        if self.threads:
            self.seen = time.monotonic()
        elif time.monotonic() - self.seen > NO_WORKER_S:
            raise NoWorkers(f"no Dask worker could take part for {NO_WORKER_S:g} s")
        return lost

    def _give(self, alone: bool) -> None:
        busy = Counter(task.worker for task in self.tasks.values())
        for worker, threads in self.threads.items():
            for _ in range((1 if alone else threads) - busy[worker]):
                if self.queue:
                    job = self.queue.popleft()
                    self._submit(worker, job, answer, self.order, absolute(job), present(job))

    def _submit(self, worker: str, job: ScanJob | None, *call: Any) -> None:
        future = self.client.submit(*call, workers=[worker], pure=False)
        self.tasks[future.key] = Task(future, worker, job)
        future.add_done_callback(self.done.put)

    def _take(self, task: Task) -> list[tuple[ScanJob, Any]]:
        """Return the answer to a job, if it is one; or let a Dask worker take part, or not."""
        try:
            found = task.future.result(timeout=RESULT_S)
        except CancelledError:
            raise NoWorkers(GONE) from None
        except (TimeoutError, KilledWorker):  # the Dask worker died with it
            found = LOST
        except Exception as error:  # whatever comes of other code
            why = f"it cannot run this code ({type(error).__name__}); {SAME_CODE}"
            found = Unfit(why) if task.job is None else Lost(f"on a Dask worker: {why}")
        if isinstance(found, Unfit | Unusable):
            self._leave_out(task, found)
        elif task.job is not None:
            return [(task.job, found)]
        elif found is None:
            self.threads[task.worker] = self.known[task.worker]
        return []

    def _leave_out(self, task: Task, why: Unfit | Unusable) -> None:
        """Do without a Dask worker; raise UsageError or WeightsError when it was the last."""
        if task.job is not None:
            self.queue.appendleft(task.job)
        self.threads.pop(task.worker, None)
        line = f"the Dask worker {task.worker} cannot take part: {why.sentence}"
        said = why in self.unfit.values()  # once of many alike
        self.unfit[task.worker] = why
        if self.unfit.keys() >= self.known.keys():
            raise (WeightsError if isinstance(why, Unusable) else UsageError)(line)
        if not said:
            tqdm.write(f"left out: {line}", file=sys.stderr)
