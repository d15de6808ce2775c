"""Ridge regression whose penalty is chosen on the validation split."""

from typing import NamedTuple

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

# Penalties on standardised columns, from next to none to little more than the mean.
ALPHAS = tuple(10.0**power for power in range(-3, 6))


class Chosen(NamedTuple):
    """A fitted model, its mean squared error on the validation split, and what was chosen."""

    model: Pipeline
    val_error: float
    settings: dict[str, float]


def mean_squared_error(truth: np.ndarray, prediction: np.ndarray) -> float:
    """Return the mean squared error of predictions, (n,) each."""
    return float(np.mean((prediction - truth) ** 2))


def chosen_ridge(
    train_x: np.ndarray, train_y: np.ndarray, val_x: np.ndarray, val_y: np.ndarray
) -> Chosen:
    """Return the ridge regression of the lowest validation error, the first of equal ones.

    x: (n, features), standardised on the training scans. y: (n,).
    """
    best = None
    for alpha in ALPHAS:
        model = make_pipeline(StandardScaler(), Ridge(alpha, solver="svd")).fit(train_x, train_y)
        error = mean_squared_error(val_y, model.predict(val_x))
        if best is None or error < best.val_error:
            best = Chosen(model, error, {"alpha": alpha})
    return best
