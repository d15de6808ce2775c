"""Prefetch: the batches of a loader in the order of their index, made ahead by worker processes.

Caffe holds Python's lock while it computes, so threads could not work beside it. Workers write each
scan straight into its place in shared memory; only numbers pass through their connections. The
memory has no name: nothing is left of it, however the processes end.
"""

import mmap
import os
import pickle
import sys
from multiprocessing.connection import wait

import numpy as np

from pylayers.batch.loader import Loader
from pylayers.batch.stack import SIDE
from pylayers.child_process import ChildProcess
from pylayers.errors import UsageError

WORKER = "pylayers.batch.prefetch_worker"
WORKERS = "SCAN2NUM_WORKERS"  # environment: how many
MOST_WORKERS = 64
BATCHES_AHEAD = 2  # one being read while the other is ready
STALL_S = 300.0  # a file system may come back; longer than that, it does not
POLL_S = 1.0


def worker_count(asked: str | None = None) -> int:
    """Return how many workers a data layer starts: as asked, by default $SCAN2NUM_WORKERS.

    Else one per core but one, 1 to 8. It is not in the nets that are trained: weights do not depend
    on it. UsageError unless it is a number from 0 to 64.
    """
    where = WORKERS if asked is None else "--workers"
    asked = os.environ.get(WORKERS, "") if asked is None else asked
    if asked == "":
        return min(8, max(1, len(os.sched_getaffinity(0)) - 1))
    if not asked.isdecimal() or int(asked) > MOST_WORKERS:
        raise UsageError(f"{where} {asked!r} is not a number from 0 to {MOST_WORKERS}")
    return int(asked)


def open_batches(loader: Loader, first: int, workers: int):
    """Return the loader's batches from number `first` on; without workers they are made inline.

    The same bytes for any number of workers. `next(data, label)` writes a batch into float32 arrays
    of loader.shapes, `close()` ends the workers.
    """
    return Prefetched(loader, first, workers) if workers else Inline(loader, first)


class Inline:
    """Makes each batch when it is asked for."""

    def __init__(self, loader: Loader, first: int):
        self.loader, self.index = loader, first

    def next(self, data: np.ndarray, label: np.ndarray) -> None:
        """Write the next batch."""
        self.loader.fill(self.index, data, label)
        self.index += 1

    def close(self) -> None:
        """Do nothing."""


class Prefetched:
    """Copies out what workers have made; each worker that dies is replaced once.

    RuntimeError names a scan that cannot be read, or says how a worker died again.
    """

    def __init__(self, loader: Loader, first: int, workers: int):
        self.loader, self.index = loader, first
        self.batch = loader.params.batch
        shape = (slot_count(loader), *stack_shape(loader))
        self.memory = shared_memory(4 * int(np.prod(shape)))
        self.slots = slots_in(self.memory, shape)
        self.labels = {}  # of samples that are ready; a sentence where one cannot be read
        self.crew = [Worker(loader, self.memory) for _ in range(workers)]
        for ahead in range(BATCHES_AHEAD):
            self._order(first + ahead)

    def next(self, data: np.ndarray, label: np.ndarray) -> None:
        """Write the next batch, waiting for it where it is not ready."""
        samples = range(self.index * self.batch, (self.index + 1) * self.batch)
        self._await(samples)
        labels = [self.labels.pop(sample) for sample in samples]
        for unusable in filter(lambda label: isinstance(label, str), labels):
            raise RuntimeError(unusable)
        slot = samples[0] % len(self.slots)
        batch = self.slots[slot : slot + self.batch]
        np.copyto(data.reshape(batch.shape), batch)
        label[:, 0] = labels
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

    def __del__(self):
        if hasattr(self, "crew"):
            self.close()

    def _order(self, index: int) -> None:
        """Share a batch out among the workers, more to those with less to do."""
        shares = {worker: [] for worker in self.crew}
        for sample in range(index * self.batch, (index + 1) * self.batch):
            least = min(self.crew, key=lambda worker: len(worker.at) + len(shares[worker]))
            shares[least].append(sample)
        for worker, share in shares.items():
            worker.give(share)

    def _await(self, samples: range) -> None:
        """Take answers until all samples are ready."""
        silent_s = 0.0  # counted, not read off a clock: a paused job is paused as a whole
        while not all(sample in self.labels for sample in samples):
            by_connection = {worker.connection: worker for worker in self.crew}
            ready = wait(list(by_connection), POLL_S)
            for connection in ready:
                self._take(by_connection[connection])
            silent_s = 0.0 if ready else silent_s + POLL_S
            if silent_s > STALL_S:
                late = next(sample for sample in samples if sample not in self.labels)
                raise RuntimeError(
                    f"no data for {STALL_S:g} s while scan {self.loader.scan_id(late)} is read; "
                    "is its file system reachable?"
                )

    def _take(self, worker: "Worker") -> None:
        answer = worker.answer()
        if answer is None:
            self._replace(worker)
            return
        sample, label = answer
        worker.at.discard(sample)
        self.labels[sample] = label

    def _replace(self, worker: "Worker") -> None:
        how = worker.death()
        scans = ", ".join(self.loader.scan_id(sample) for sample in sorted(worker.at)[:1])
        what = f"a process that reads scans {how}{f' (at scan {scans})' if scans else ''}"
        if worker.is_second:
            raise RuntimeError(f"{what}, as did the one before it; is there enough memory?")
        print(f"{what}; another takes its place", file=sys.stderr, flush=True)
        second = Worker(self.loader, self.memory, is_second=True)
        self.crew[self.crew.index(worker)] = second
        second.give(sorted(worker.at))


class Worker(ChildProcess):
    """One process; at: the samples that it has been given and not answered."""

    def __init__(self, loader: Loader, memory: int, is_second: bool = False):
        # a file and no message: a long one would wait for the worker to read it
        told = os.memfd_create("scan2num-loader")
        with open(told, "wb") as file:
            pickle.dump(loader, file)
            file.flush()
            super().__init__(WORKER, files=(memory, told))
        self.is_second = is_second
        self.at = set()

    def give(self, samples: list[int]) -> None:
        """Let it make samples, in this order."""
        self.at.update(samples)
        self.send(samples)


def slot_count(loader: Loader) -> int:
    """Return how many scans the shared memory holds."""
    return BATCHES_AHEAD * loader.params.batch


def stack_shape(loader: Loader) -> tuple[int, ...]:
    """Return the shape of one scan's stack."""
    return loader.params.slices, 1, SIDE, SIDE


def shared_memory(size: int) -> int:
    """Return the descriptor of `size` bytes that processes can share; OSError when there are none.

    Not of /dev/shm, which containers limit to some megabytes.
    """
    descriptor = os.memfd_create("scan2num-batches")
    try:
        os.posix_fallocate(descriptor, 0, size)  # now, not by a crash when it is written to
    except OSError as error:
        os.close(descriptor)
        raise OSError(error.errno, f"no {size >> 20} MB of memory for batches") from None
    return descriptor


def slots_in(memory: int, shape: tuple[int, ...]) -> np.ndarray:
    """Return shared memory as a float32 array, one row a scan."""
    return np.frombuffer(mmap.mmap(memory, 0), np.float32).reshape(shape)
