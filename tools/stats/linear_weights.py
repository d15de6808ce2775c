"""Several predictions of one number combined linearly, with weights that are fitted once."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import nnls


@dataclass(frozen=True)
class LinearWeights:
    """intercept: in the number's unit. weights: of each prediction, (k,), none below 0."""

    intercept: float
    weights: tuple[float, ...]

    def __call__(self, predictions: ArrayLike) -> np.ndarray:
        """Return the combination of predictions (n, k), float64 (n,)."""
        return np.asarray(predictions, float) @ self.weights + self.intercept

    @classmethod
    def equal(cls, count: int) -> Self:
        """Return the weights of a mean over so many predictions."""
        return cls(0.0, (1 / count,) * count)


def fit_weights(truth: ArrayLike, predictions: ArrayLike) -> LinearWeights:
    """Return the weights by which predictions (n, k) come closest to truth (n,).

    Least squares with an intercept and no weight below 0. Predictions of one number are alike, and
    without the bound some get large weights of opposite signs that hold for no other scans: Breiman
    1996, Stacked regressions, doi 10.1007/BF00117832.
    """
    truth, predictions = np.asarray(truth, float), np.asarray(predictions, float)
    means = predictions.mean(axis=0)
    weights, _ = nnls(predictions - means, truth - truth.mean())
    return LinearWeights(float(truth.mean() - means @ weights), tuple(map(float, weights)))
