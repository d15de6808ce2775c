"""What every loader that is compared does, in its child process: one stack from a stored crop.

A job is a dict: path of the store (HDF5), indices of the slices, mirror (bool), angles_deg (one a
slice, counter-clockwise), side (pixels of the result), air_hu (outside), window (low, high, centre,
scale: clip to low..high, subtract the centre, divide by the scale).
"""

import time
from collections.abc import Callable

import numpy as np

from tools.bench.serve import serve


def stored_slices(job: dict) -> np.ndarray:
    """Read a job's slices as the rivals get them, int16 HU (slices, h, w)."""
    import h5py
    import hdf5plugin  # noqa: F401  registers zstd

    with h5py.File(job["path"]) as file:
        hu = file["hu"]
        return np.stack([hu[index] for index in job["indices"]])


def margins(shape: tuple[int, int], side: int) -> tuple[int, int, int, int]:
    """Return the air above, below, left and right of a centred plane."""
    top, left = (side - shape[0]) // 2, (side - shape[1]) // 2
    return top, side - shape[0] - top, left, side - shape[1] - left


def serve_maker(make: Callable[[dict], np.ndarray], version: str) -> None:
    """Serve make(job), which returns float32 (slices, 1, side, side) or that many numbers."""

    def timed(job: dict, count: int) -> tuple[float, float]:
        """CPU and wall seconds of a stack."""
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(count):
            make(job)
        return (time.process_time() - cpu) / count, (time.perf_counter() - wall) / count

    def made(job: dict) -> np.ndarray:
        """The stack itself."""
        shape = (len(job["indices"]), 1, job["side"], job["side"])
        return np.asarray(make(job), np.float32).reshape(shape)

    serve({"timed": timed, "made": made, "version": lambda: version})
