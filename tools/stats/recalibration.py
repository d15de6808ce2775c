"""Maps from a continuous prediction to a better one, or to a probability of COPD.

Each is fitted on the validation split and applied to another: fitted on the scans it is judged by,
it would look better than it is.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from tools.stats.estimate import columns, constant, two_classes
from tools.stats.fits import linear_fit


@dataclass(frozen=True)
class LinearMap:
    """intercept + slope * prediction, in the label's unit; NaN for the reason `why`."""

    intercept: float
    slope: float
    why: str = ""

    def __call__(self, prediction: ArrayLike) -> np.ndarray:
        """Return the mapped predictions, any shape."""
        return self.intercept + self.slope * np.asarray(prediction, float)


@dataclass(frozen=True)
class IsotonicMap:
    """A rising curve through knots, straight between and flat beyond them; none: `why` says why."""

    predictions: tuple[float, ...]
    values: tuple[float, ...]
    why: str = ""

    def __call__(self, prediction: ArrayLike) -> np.ndarray:
        """Return the mapped predictions, any shape; NaN for NaN, or without a map."""
        prediction = np.asarray(prediction, float)
        if self.why:
            return np.full(prediction.shape, np.nan)
        return np.interp(prediction, self.predictions, self.values)


@dataclass(frozen=True)
class LogisticMap:
    """1 / (1 + exp(-(intercept + slope * prediction))), 0..1; NaN for the reason `why`."""

    intercept: float
    slope: float
    why: str = ""

    def __call__(self, prediction: ArrayLike) -> np.ndarray:
        """Return the probability of each prediction, any shape."""
        return 0.5 * (1 + np.tanh((self.intercept + self.slope * np.asarray(prediction)) / 2))


def fit_linear(validation_prediction: ArrayLike, validation_truth: ArrayLike) -> LinearMap:
    """Return the least-squares line from the validation split's predictions to its labels, (n,)."""
    fit = linear_fit(validation_prediction, validation_truth)
    return LinearMap(*fit.coefficients, "" if np.isfinite(fit.coefficients[0]) else fit.why)


def fit_isotonic(validation_prediction: ArrayLike, validation_truth: ArrayLike) -> IsotonicMap:
    """Return the closest rising curve from the validation split's predictions to its labels, (n,).

    Pool adjacent violators, as scikit-learn has it; ties in the prediction share a knot.
    """
    (prediction, truth), why = columns(prediction=validation_prediction, truth=validation_truth)
    why = why or constant(prediction=prediction)
    if why:
        return IsotonicMap((), (), why)
    fitted = IsotonicRegression(out_of_bounds="clip").fit(prediction, truth)
    return IsotonicMap(
        tuple(map(float, fitted.X_thresholds_)), tuple(map(float, fitted.y_thresholds_))
    )


def fit_probability(
    validation_prediction: ArrayLike, validation_positive: ArrayLike
) -> LogisticMap:
    """Return the logistic regression of the validation split's classes 0 and 1 on its predictions.

    (n,) each. Maximum likelihood, without a penalty: Platt (1999), "Probabilistic outputs for
    support vector machines", without his smoothed targets. Where a threshold separates the classes
    there is no finite maximum.
    """
    (prediction, positive), why = columns(
        prediction=validation_prediction, positive=validation_positive
    )
    why = why or two_classes(positive) or constant(prediction=prediction)
    if not why:
        high, low = prediction[positive == 1], prediction[positive == 0]
        if high.min() >= low.max() or high.max() <= low.min():
            why = "a threshold separates the classes of the validation split"
    if why:
        return LogisticMap(math.nan, math.nan, why)
    # standardised, or lbfgs stops early for predictions of 0.001 or 1000
    mean, sd = prediction.mean(), prediction.std()
    fitted = LogisticRegression(C=math.inf, tol=1e-10, max_iter=1000)
    fitted.fit(((prediction - mean) / sd)[:, None], positive)
    slope = float(fitted.coef_[0, 0] / sd)
    return LogisticMap(float(fitted.intercept_[0] - slope * mean), slope)
