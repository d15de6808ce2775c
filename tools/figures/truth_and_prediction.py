"""Pairs of truth and prediction as figures show them."""

import numpy as np
from numpy.typing import ArrayLike


def known_pairs(truth: ArrayLike, values: ArrayLike) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the pairs that are both numbers, float (n,) twice, and how many others there are."""
    truth, values = np.asarray(truth, float), np.asarray(values, float)
    known = np.isfinite(truth) & np.isfinite(values)
    return truth[known], values[known], int((~known).sum())


def count_text(shown: np.ndarray, left_out: int) -> str:
    """Return 'n = 195', and how many are not shown."""
    return f"n = {len(shown)}" + (f", {left_out} without a number" if left_out else "")
