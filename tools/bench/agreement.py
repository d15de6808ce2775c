"""Agreement: engines are compared in speed only when they compute the same."""

import numpy as np

TOLERANCE = 1e-4  # relative; float32 sums in another order differ by some 1e-6


def relative_difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Return the largest difference over the largest magnitude of ours."""
    ours, theirs = np.asarray(ours).ravel(), np.asarray(theirs).ravel()
    return float(np.abs(theirs - ours).max() / np.abs(ours).max())
