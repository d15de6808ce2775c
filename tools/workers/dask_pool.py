"""Scans given to the workers of a Dask cluster, which may come and go while they work.

The same contract as tools/workers/worker_pool.py. tools/workers/dask_side.py is the other end.
"""

import logging
import time
import uuid
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue

from distributed import CancelledError, Client, Future, KilledWorker
from distributed.comm import CommClosedError

from pylayers.errors import UsageError, WeightsError
from tools.scan_lists.scan_table import ScanJob, absolute, source_key
from tools.workers.code_identity import identity
from tools.workers.dask_address import CONNECT_S, scheduler_address
from tools.workers.dask_order import Order, Outcome, Unfit
from tools.workers.dask_side import begin, end, outcome_of
from tools.workers.try_notes import MOST_TRIES
from tools.workers.worker_pool import POLL_S, Lost, NoWorkers, Setup, Unusable

NO_WORKER_S = 60.0  # that a cluster may be without workers, as while they are started
RESULT_S = 30.0  # for a result to come over; its worker may just have died
AT_ONCE = 2000  # scans that the scheduler knows of
GONE = "the Dask scheduler is gone"


@contextmanager
def connected(address: str) -> Iterator[Client]:
    """Yield a client of the scheduler at an address; UsageError when none answers in time."""
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters, we say ourselves
    client = Client(
        scheduler_address(address), timeout=CONNECT_S, set_as_default=False, name="scan2num"
    )
    try:
        yield client
    finally:
        client.close(timeout=CONNECT_S)


def answers(
    jobs: list[ScanJob], setup: Setup, client: Client, limit_s: float
) -> Iterator[tuple[ScanJob, object]]:
    """Yield (job, answer) as they come; an answer is what setup.module sends, or Lost.

    A scan that is lost with its process is tried once more after all others; one whose Dask worker
    is lost, at once by another. Raises UsageError when a Dask worker must not or cannot take part,
    NoWorkers when that shows later or all are gone, and WeightsError when the nets are unusable.
    """
    if not jobs:
        return
    order = order_of(jobs, setup, limit_s)
    try:
        begin_everywhere(client, order)
        again = []
        with closing(_pass(client, order, jobs, AT_ONCE)) as first:
            for job, outcome in first:
                if isinstance(outcome.answer, Lost) and outcome.tries < MOST_TRIES:
                    again.append(job)
                else:
                    yield job, outcome.answer
        for job, outcome in _pass(client, order, again, 1):
            yield job, outcome.answer
    finally:
        with suppress(OSError, RuntimeError, ValueError):  # a cluster that is gone has ended
            client.run(end, order.run, wait=False, on_error="ignore")


def order_of(jobs: list[ScanJob], setup: Setup, limit_s: float) -> Order:
    """Return what a run tells every Dask worker; makes the file that proves a shared disk."""
    run = uuid.uuid4().hex
    token = f"run-{run}"
    Path(setup.scratch, token).touch()
    some = [jobs[0], jobs[len(jobs) // 2], jobs[-1]]
    samples = tuple((absolute(job), source_key(job)) for job in some)
    return Order(run, setup.module, setup, limit_s, identity(), token, samples)


def begin_everywhere(client: Client, order: Order) -> None:
    """Let every Dask worker begin; UsageError for the first that cannot, WeightsError for nets."""
    where = client.scheduler.address
    try:
        client.wait_for_workers(1, timeout=NO_WORKER_S)
    except TimeoutError:
        raise UsageError(f"no worker has joined the Dask scheduler at {where}") from None
    for worker, problem in client.run(begin, order, on_error="return").items():
        if isinstance(problem, ImportError | AttributeError):
            problem = Unfit(
                "it does not have this code; start it with .venv/bin/dask of this checkout"
            )
        if isinstance(problem, Unusable):
            raise WeightsError(f"the Dask worker {worker}: {problem.sentence}")
        if isinstance(problem, Unfit | Lost):
            raise UsageError(f"the Dask worker {worker} cannot take part: {problem.sentence}")
        if isinstance(problem, Exception) and not isinstance(problem, CommClosedError | OSError):
            raise UsageError(
                f"the Dask worker {worker} cannot take part: {type(problem).__name__}"
            ) from problem


def _pass(
    client: Client, order: Order, jobs: list[ScanJob], at_once: int
) -> Iterator[tuple[ScanJob, Outcome]]:
    """Have every job answered; Dask gives those of a dead worker to another."""
    queue, done = deque(jobs), SimpleQueue()
    at_work: dict[str, tuple[Future, ScanJob]] = {}
    try:
        while queue or at_work:
            while queue and len(at_work) < at_once:
                job = queue.popleft()
                future = client.submit(outcome_of, order, absolute(job), pure=False)
                at_work[future.key] = future, job
                future.add_done_callback(done.put)
            future = _next_done(client, done)
            outcome = _outcome(future)
            if outcome is None:  # lost on its way: Dask has it made again
                future.add_done_callback(done.put)
                continue
            job = at_work.pop(future.key)[1]
            yield job, _checked(outcome, job)
    finally:
        with suppress(OSError, RuntimeError, CancelledError):
            client.cancel([future for future, _ in at_work.values()], force=True)


def _next_done(client: Client, done: SimpleQueue) -> Future:
    """Wait for a scan; NoWorkers when nobody is there any more who could finish one."""
    alone_since = None
    while True:
        with suppress(Empty):
            return done.get(timeout=POLL_S)
        if client.status == "closed":
            raise NoWorkers(GONE)
        try:
            workers = client.nthreads()
        except (OSError, RuntimeError):  # it is about to be found out
            continue
        alone_since = None if workers else alone_since or time.monotonic()
        if alone_since is not None and time.monotonic() - alone_since > NO_WORKER_S:
            raise NoWorkers("no Dask worker is left")


def _outcome(future: Future) -> Outcome | None:
    """Return what a finished future holds; None when it does not come over."""
    try:
        return future.result(timeout=RESULT_S)
    except TimeoutError:
        return None
    except KilledWorker:  # Dask's distributed.scheduler.allowed-failures were not enough
        return Outcome(Lost("the Dask workers at it were lost"), "", 0)
    except CancelledError:
        raise NoWorkers(GONE) from None


def _checked(outcome: Outcome, job: ScanJob) -> Outcome:
    """Return an outcome; Lost when other files were read than are here."""
    answer = outcome.answer
    if isinstance(answer, Unfit):
        raise NoWorkers(f"a Dask worker that joined cannot take part: {answer.sentence}")
    if isinstance(answer, Unusable):
        raise WeightsError(f"on a Dask worker: {answer.sentence}")
    if not isinstance(answer, Lost) and outcome.key != source_key(job):
        other = Lost("the Dask worker does not see its files as this machine does")
        return outcome._replace(answer=other)
    return outcome
