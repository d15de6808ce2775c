"""Agreement: engines are compared in speed only when they compute the same."""

import numpy as np

SCORE_TOLERANCE = 1e-4  # float32 sums in another order differ by some 1e-7
# MAX pooling sends a gradient to one of several values that are equal but for rounding, and engines
# round differently: a few 1e-4 below pool1 and pool2, some 1e-7 above.
GRADIENT_TOLERANCE = 5e-3


def relative_difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Return the length of the difference over the length of ours."""
    ours, theirs = (np.asarray(values, np.float64).ravel() for values in (ours, theirs))
    return float(np.linalg.norm(theirs - ours) / np.linalg.norm(ours))


def disagreement(differences: dict[str, float]) -> str | None:
    """Return which relative difference (score, gradient, forward) is too large, None for none."""
    for name, value in differences.items():
        limit = GRADIENT_TOLERANCE if name == "gradient" else SCORE_TOLERANCE
        if not value <= limit:  # NaN, too
            return f"another network: its {name} differs from Caffe's by {value:.3g} (relative)"
    return None
