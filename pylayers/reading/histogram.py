"""Histogram: how often each int16 number occurs, in the time of reading them once."""

import numpy as np

LOWEST = -(1 << 15)
PIECE = 1 << 17  # numbers whose copies as int64, which numpy counts by, fit the cache


def histogram(values: np.ndarray) -> np.ndarray:
    """Return how many of int16 values, 1D, are -32768, -32767, ... 32767: int64 (65536,)."""
    counts = np.zeros(1 << 16, np.int64)
    for start in range(0, len(values), PIECE):
        piece = np.ascontiguousarray(values[start : start + PIECE]).view(np.uint16)
        counts += np.bincount(piece, minlength=1 << 16)
    return np.roll(counts, LOWEST)
