"""Prefetch: the batches of a loader in the order of their index, made ahead by worker processes.

Caffe holds Python's lock while it computes, so threads could not work beside it. Workers write each
scan straight into its place in shared memory; only labels pass through their connections. The
memory has no name, so nothing of it remains, however the processes end.
"""

import os
import pickle
import sys
from multiprocessing.connection import wait
from typing import Protocol

import numpy as np

from pylayers.batch.loader import Loader
from pylayers.batch.shared_slots import (
    BATCHES_AHEAD,
    Answer,
    shared_memory,
    slot_count,
    slots_in,
    stack_shape,
)
from pylayers.child_process import ChildProcess
from pylayers.errors import UsageError

WORKER = "pylayers.batch.prefetch_worker"
WORKERS = "SCAN2NUM_WORKERS"  # environment: how many
MOST_WORKERS = 64
STALL_S = 300.0  # a file system may come back; longer than that, it does not
POLL_S = 1.0


def worker_count(count: str | None = None) -> int:
    """Return how many workers a data layer starts: `count`, or $SCAN2NUM_WORKERS when it is None.

    Where that is blank: one per core but one, 1 to 8. Nets do not record the number, and weights do
    not depend on it. UsageError unless it is a number from 0 to 64.
    """
    source = WORKERS if count is None else "--workers"
    count = os.environ.get(WORKERS, "") if count is None else count
    if count == "":
        return min(8, max(1, len(os.sched_getaffinity(0)) - 1))
    if not count.isdecimal() or int(count) > MOST_WORKERS:
        raise UsageError(f"{source} {count!r} is not a number from 0 to {MOST_WORKERS}")
    return int(count)


class Batches(Protocol):
    """Batches in order. index: the number of the next one."""

    index: int

    def next(self, data: np.ndarray, label: np.ndarray, *beside: np.ndarray) -> None:
        """Write the next batch into float32 arrays of loader.shapes."""

    def close(self) -> None:
        """End the workers, if any."""


def open_batches(loader: Loader, first: int, workers: int) -> Batches:
    """Return the loader's batches from number `first` on; without workers they are made inline.

    The bytes are the same for any number of workers.
    """
    return Prefetched(loader, first, workers) if workers else Inline(loader, first)


class Inline:
    """Makes each batch when it is due."""

    def __init__(self, loader: Loader, first: int) -> None:
        self.loader, self.index = loader, first

    def next(self, data: np.ndarray, label: np.ndarray, *beside: np.ndarray) -> None:
        """Write the next batch."""
        self.loader.fill(self.index, data, label, *beside)
        self.index += 1

    def close(self) -> None:
        """Do nothing."""


class Prefetched:
    """Copies out what workers have made; each worker that dies is replaced once.

    Raises RuntimeError, which names a scan that cannot be read or says how a second worker died.
    """

    def __init__(self, loader: Loader, first: int, workers: int) -> None:
        self.loader, self.index = loader, first
        self.batch = loader.params.batch
        shape = (slot_count(loader), *stack_shape(loader))
        self.memory = shared_memory(4 * int(np.prod(shape)))
        self.slots = slots_in(self.memory, shape)
        self.answers: dict[int, Answer] = {}  # by sample, until its batch is due
        self.crew = [Worker(loader, self.memory) for _ in range(workers)]
        for ahead in range(BATCHES_AHEAD):
            self._order(first + ahead)

    def next(self, data: np.ndarray, label: np.ndarray, *beside: np.ndarray) -> None:
        """Write the next batch, waiting for it where it is not ready."""
        samples = range(self.index * self.batch, (self.index + 1) * self.batch)
        self._await(samples)
        answers = [self.answers.pop(sample) for sample in samples]
        for answer in answers:
            if answer.error:
                raise RuntimeError(answer.error)
        slot = samples[0] % len(self.slots)
        batch = self.slots[slot : slot + self.batch]
        np.copyto(data.reshape(batch.shape), batch)
        label[:, 0] = [answer.label for answer in answers]
        self.loader.fill_beside(self.index, *beside)
        self._order(self.index + BATCHES_AHEAD)
        self.index += 1

    def close(self) -> None:
        """End the workers."""
        for worker in self.crew:
            worker.kill()
        self.crew = []
        if self.memory is not None:
            os.close(self.memory)
            self.memory = self.slots = None

    def __del__(self) -> None:
        if hasattr(self, "crew"):
            self.close()

    def _order(self, index: int) -> None:
        """Share a batch out among the workers, more to those with less to do."""
        shares = {worker: [] for worker in self.crew}
        for sample in range(index * self.batch, (index + 1) * self.batch):
            least = min(self.crew, key=lambda worker: len(worker.pending) + len(shares[worker]))
            shares[least].append(sample)
        for worker, share in shares.items():
            worker.assign(share)

    def _await(self, samples: range) -> None:
        """Take answers until all samples are ready."""
        silent_s = 0.0  # counted, not read off a clock: a paused job is paused as a whole
        while not all(sample in self.answers for sample in samples):
            by_connection = {worker.connection: worker for worker in self.crew}
            ready = wait(list(by_connection), POLL_S)
            for connection in ready:
                self._take(by_connection[connection])
            silent_s = 0.0 if ready else silent_s + POLL_S
            if silent_s > STALL_S:
                late = next(sample for sample in samples if sample not in self.answers)
                raise RuntimeError(
                    f"no data for {STALL_S:g} s while scan {self.loader.scan_id(late)} is read; "
                    "is its file system reachable?"
                )

    def _take(self, worker: "Worker") -> None:
        answer = worker.answer()
        if answer is None:
            self._replace(worker)
            return
        worker.pending.discard(answer.sample)
        self.answers[answer.sample] = answer

    def _replace(self, worker: "Worker") -> None:
        how = worker.death()
        pending = sorted(worker.pending)
        place = f" (at scan {self.loader.scan_id(pending[0])})" if pending else ""
        death = f"a process that reads scans {how}{place}"
        if worker.is_second:
            raise RuntimeError(f"{death}, as did the one before it; is there enough memory?")
        print(f"{death}; another takes its place", file=sys.stderr, flush=True)
        second = Worker(self.loader, self.memory, is_second=True)
        self.crew[self.crew.index(worker)] = second
        second.assign(pending)


class Worker(ChildProcess):
    """One process. pending: the samples that it has yet to answer."""

    def __init__(self, loader: Loader, memory: int, is_second: bool = False) -> None:
        # a file rather than a message, whose sending would wait until the worker reads it
        loader_file = os.memfd_create("scan2num-loader")
        with open(loader_file, "wb") as file:
            pickle.dump(loader, file)
            file.flush()
            super().__init__(WORKER, files=(memory, loader_file))
        self.is_second = is_second
        self.pending: set[int] = set()

    def assign(self, samples: list[int]) -> None:
        """Have it make samples, in this order."""
        self.pending.update(samples)
        self.send(samples)
