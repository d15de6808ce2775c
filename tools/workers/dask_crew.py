"""The processes that work for a run in one Dask worker; each holds the nets, for scan after scan.

Processes rather than threads of the Dask worker: a scan that crashes, hangs or takes all memory
ends its process, as on one machine, and Caffe's nets are in one thread each.
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

from tools.scan_lists.scan_table import ScanJob
from tools.workers.dask_order import Order, Unfit, unfit
from tools.workers.worker_pool import Lost, Unusable, Worker

PAUSE_S = 10.0  # where no process can start: a broken machine must not be the quickest to answer
IDLE_S = 600.0  # after which a run that did not end its processes may be dead
ENDED = Lost("the run has ended")


class Crew:
    """One run's processes in this Dask worker: as many as it has threads at work."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.idle: list[Worker] = []
        self.busy: list[Worker] = []
        self.has_ended = False
        self.used = time.monotonic()

    @cached_property
    def unfit(self) -> Unfit | None:
        """Why this Dask worker must not work for the run."""
        return unfit(self.order)

    def start(self) -> Unfit | Unusable | Lost | None:
        """Start a process ahead of the first scan; return why that cannot be."""
        worker = self.unfit or self._take()
        if not isinstance(worker, Worker):
            return worker
        self._put(worker)
        return None

    def answer(self, job: ScanJob) -> object:
        """Return a process's answer to a job; Lost, or Unusable when no process can begin."""
        worker = self._take()
        if not isinstance(worker, Worker):
            if isinstance(worker, Lost) and not self.has_ended:
                time.sleep(PAUSE_S)
            return worker
        worker.give(job)
        answer = worker.wait(self.order.limit_s)
        if answer is None:
            return Lost(self._lost(worker))
        self._put(worker)
        return answer

    def dismiss(self) -> None:
        """End the processes that have nothing to do."""
        with LOCK:
            idle, self.idle = self.idle, []
        for worker in idle:
            worker.process.kill()
            worker.end()

    def end(self) -> None:
        """End all processes, at work or not, for good."""
        with LOCK:
            self.has_ended = True
            for worker in self.busy:
                worker.process.kill()  # who waits for its answer clears it away
        self.dismiss()

    def _take(self) -> Worker | Unusable | Lost:
        with LOCK:
            if self.has_ended:
                return ENDED
            self.used = time.monotonic()
            if self.idle:
                self.busy.append(self.idle.pop())
                return self.busy[-1]
        worker = STARTER.submit(Worker, self.order.setup, self.order.module).result()
        with LOCK:
            self.busy.append(worker)
            if self.has_ended:
                worker.process.kill()
        ready = worker.wait(self.order.limit_s)
        if ready is None:
            return Lost(f"no worker process could start: {self._lost(worker)}")
        if isinstance(ready, Unusable):
            self._lost(worker)
            return ready
        return worker

    def _put(self, worker: Worker) -> None:
        with LOCK:
            self.used = time.monotonic()
            self.busy.remove(worker)
            self.idle.append(worker)
        if self.has_ended:
            self.dismiss()

    def _lost(self, worker: Worker) -> str:
        with LOCK:
            self.busy.remove(worker)
        return worker.sentence(self.order.limit_s)


LOCK = threading.Lock()
CREWS: dict[str, Crew] = {}  # by run
# A process dies with the thread that started it: this one does nothing else and never ends.
STARTER = ThreadPoolExecutor(1, "scan2num")


def crew_of(order: Order) -> Crew:
    """Return a run's crew; processes that a killed run left idle are ended."""
    with LOCK:
        crew = CREWS.setdefault(order.run, Crew(order))
        others = [each for each in CREWS.values() if each is not crew]
    for other in others:
        if other.used < time.monotonic() - IDLE_S:
            other.dismiss()
    return crew
