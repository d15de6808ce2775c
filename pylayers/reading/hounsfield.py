"""Hounsfield: stored numbers to int16, and what later checks need to know of the numbers.

Values between 32768 and 65535 are negative numbers that a writer stored as unsigned (a padding of
-2000 reads as 63536): they are turned back. A scan full of them has a wrong header; `Numbers`
counts, pylayers.reading.acceptance decides.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

Piece = tuple[np.ndarray, float, float]  # numbers as stored (1D), slope, intercept
INT16 = np.iinfo(np.int16)
SAMPLE = 1 << 20  # numbers kept as stored, to judge their type by
MOST_WRAPPED = 16  # distinct ones that are counted


@dataclass
class Numbers:
    """What is known of a volume's numbers before they became HU.

    not_finite: NaN and infinities. wrapped: distinct values of 32768..65535, the first few.
    wrapped_count: how many voxels had one. sample: numbers as stored, evenly spread, 1D.
    """

    not_finite: int = 0
    wrapped: set = field(default_factory=set)
    wrapped_count: int = 0
    sample: np.ndarray = field(default_factory=lambda: np.empty(0, np.int16))


def to_hu(pieces: Iterable[Piece], count: int) -> tuple[np.ndarray, Numbers]:
    """Return HU = slope * number + intercept, int16 (count,), rounded; and their Numbers.

    pieces: (numbers 1D, slope, intercept) that follow each other, `count` numbers in all.
    """
    hu = np.empty(count, np.int16)
    numbers, samples, step, position = Numbers(), [], max(1, count // SAMPLE), 0
    for piece, slope, intercept in pieces:
        samples.append(piece[-position % step :: step].copy())
        convert(piece, slope, intercept, hu[position : position + len(piece)], numbers)
        position += len(piece)
    if samples:
        numbers.sample = np.concatenate(samples)
    return hu, numbers


def convert(
    piece: np.ndarray, slope: float, intercept: float, out: np.ndarray, numbers: Numbers
) -> None:
    """Write one piece as HU into `out` and count what is unusual in `numbers`."""
    if (
        slope == 1
        and abs(intercept) < 1 << 20
        and intercept == int(intercept)
        and piece.dtype.kind in "iu"
    ):
        if intercept == 0 and piece.dtype.kind == "i" and piece.dtype.itemsize <= 2:
            out[...] = piece
            return
        if piece.dtype.itemsize == 8:  # int64 cannot hold all of uint64, float64 all that counts
            piece = piece.astype(np.float64) + intercept
        else:
            wide = np.int32 if piece.dtype.itemsize <= 2 else np.int64
            piece = piece.astype(wide) + wide(intercept)
    else:
        with np.errstate(over="ignore", invalid="ignore"):
            piece = np.rint(piece.astype(np.float64) * slope + intercept)
        finite = np.isfinite(piece)
        if not finite.all():
            numbers.not_finite += int(np.count_nonzero(~finite))
            piece = np.where(finite, piece, 0)
    wrapped = (piece > INT16.max) & (piece < 1 << 16)
    if wrapped.any():
        numbers.wrapped_count += int(np.count_nonzero(wrapped))
        if len(numbers.wrapped) < MOST_WRAPPED:
            numbers.wrapped.update(np.unique(piece[wrapped])[:MOST_WRAPPED].astype(int).tolist())
        piece = np.where(wrapped, piece - (1 << 16), piece)
    out[...] = np.clip(piece, INT16.min, INT16.max)
