"""What the data layer shares with its workers: the memory of batches, and the form of an answer."""

import mmap
import os
from typing import NamedTuple

import numpy as np

from pylayers.batch.loader import Loader
from pylayers.batch.stack import SIDE

BATCHES_AHEAD = 2  # one being read while the other is ready


class Answer(NamedTuple):
    """A worker's answer for one sample: its label in the network's unit, or why it has none."""

    sample: int
    label: float
    error: str = ""


def slot_count(loader: Loader) -> int:
    """Return how many scans the shared memory holds."""
    return BATCHES_AHEAD * loader.params.batch


def stack_shape(loader: Loader) -> tuple[int, int, int, int]:
    """Return the shape of one scan's stack: slices, also of a second scan, 1, SIDE, SIDE."""
    return loader.stack_slices, 1, SIDE, SIDE


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
    """Return shared memory as a float32 array of that shape, one row a scan."""
    return np.frombuffer(mmap.mmap(memory, 0), np.float32).reshape(shape)
